"""The stage indictrans2_translation, in this process and through the wire."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.harness import Context
from indicsubs_contract.messages import (
    Artifact,
    Manifest,
    ModelFolder,
    Progress,
    Result,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript, Translation
from indicsubs_contract.wire import decode_answer
from indicsubs_indictrans2 import indictrans2_translation, translator

Sentences = list[tuple[str, str, str]]


def model(folder: Path) -> ModelFolder:
    return ModelFolder(name=folder.name, folder=str(folder), fingerprint="")


def put_transcript(job: Path, texts: list[str], language: str = "hi") -> Artifact:
    transcript = Transcript(
        language=language,
        segments=tuple(
            Segment(start_ms=k * 2000, end_ms=k * 2000 + 1500, text=text)
            for k, text in enumerate(texts)
        ),
    )
    data = msgspec.json.encode(transcript)
    (job / "sentences.json").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Artifact(path="sentences.json", kind="transcript", sha256=digest, bytes=len(data))


def run(job: Path, request: TranslationRequest) -> tuple[TranslationResult, list[Progress]]:
    answers = io.BytesIO()
    context = Context(StageName.INDICTRANS2_TRANSLATION, job, "out", answers)
    context.folder.mkdir(exist_ok=True)
    result = indictrans2_translation.run(request, context)
    progress = [decode_answer(line) for line in answers.getvalue().splitlines()]
    return result, [p for p in progress if isinstance(p, Progress)]


def read(job: Path, artifact: Artifact) -> Translation:
    return msgspec.json.decode((job / artifact.path).read_bytes(), type=Translation)


def test_all_demo_sentences_into_three_languages_at_once(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loads: list[str] = []
    load = translator.Translator.load
    monkeypatch.setattr(
        translator.Translator,
        "load",
        lambda folder, *args: loads.append(folder.name) or load(folder, *args),
    )
    english, indic = (model(demo_translators[name]) for name in ("indic-en", "indic-indic"))
    result, progress = run(
        tmp_path,
        TranslationRequest(
            transcript=put_transcript(tmp_path, [row[0] for row in demo_sentences]),
            targets=(
                TranslationTarget(language="en", model=english),
                TranslationTarget(language="ta", model=indic),
                TranslationTarget(language="hi", model=None),
                TranslationTarget(language="en", model=english),
            ),
            device="cpu",
        ),
    )
    made = [read(tmp_path, artifact) for artifact in result.translations]
    assert [translation.language for translation in made] == ["en", "ta", "hi", "en"]
    for translation, column in zip(made, (1, 2, 0, 1), strict=True):
        assert list(translation.texts) == [row[column] for row in demo_sentences]
        assert translation.source_language == "hi"
    assert result.translations[1].path == "out/translation.ta.json"
    assert result.translations[1].language == "ta"
    assert result.warnings == ()
    assert sorted(loads) == ["indic-en", "indic-indic"]
    counted = [p.done for p in progress if p.total]
    assert counted == sorted(counted)
    assert counted[-1] == 4 * len(demo_sentences)
    assert {p.total for p in progress if p.total} == {4 * len(demo_sentences)}


def test_an_empty_transcript_needs_no_model(tmp_path: Path) -> None:
    absent = ModelFolder(name="absent", folder="/nowhere", fingerprint="")
    result, _ = run(
        tmp_path,
        TranslationRequest(
            transcript=put_transcript(tmp_path, []),
            targets=(TranslationTarget(language="en", model=absent),),
            device="cpu",
        ),
    )
    assert read(tmp_path, result.translations[0]).texts == ()


def test_a_doubtful_line_is_named_with_its_time(
    tmp_path: Path, demo_translators: dict[str, Path]
) -> None:
    result, _ = run(
        tmp_path,
        TranslationRequest(
            transcript=put_transcript(tmp_path, ["", "दरवाज़ा <b>बंद</b> कर दो।"]),
            targets=(TranslationTarget(language="en", model=model(demo_translators["indic-en"])),),
            device="cpu",
        ),
    )
    assert result.warnings == ("en, line 2 at 0:00:02: markup inside the line is lost.",)


@pytest.mark.parametrize(
    ("target", "folder", "code", "part"),
    [
        ("en", None, FailureCode.BAD_REQUEST, "No model is given for Hindi to English"),
        ("klingon", "indic-en", FailureCode.BAD_INPUT, "'klingon' is no language"),
        ("mr", "indic-indic", FailureCode.BAD_INPUT, "no tag for mar_Deva"),
        ("ta", "/nowhere", FailureCode.MISSING_MODEL, "/nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    target: str,
    folder: str | None,
    code: FailureCode,
    part: str,
) -> None:
    named = None if folder is None else model(demo_translators.get(folder, Path(folder)))
    request = TranslationRequest(
        transcript=put_transcript(tmp_path, ["एक"]),
        targets=(TranslationTarget(language=target, model=named),),
        device="cpu",
    )
    with pytest.raises(StageError) as caught:
        run(tmp_path, request)
    assert caught.value.code is code
    assert part in caught.value.message


@pytest.mark.parametrize("seed", ["random", "7"])
def test_the_stage_answers_over_the_wire_with_fixed_hashes(
    tmp_path: Path, demo_translators: dict[str, Path], seed: str
) -> None:
    request = TranslationRequest(
        transcript=put_transcript(tmp_path, ["दरवाज़ा बंद कर दो।", "10:30 से 11:45 तक"]),
        targets=(TranslationTarget(language="en", model=model(demo_translators["indic-en"])),),
        device="cpu",
        compute_type="bfloat16",
    )
    manifest = Manifest(job=str(tmp_path), output="out", request=request)
    environment: dict[str, Any] = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-m", "indicsubs_indictrans2"],
        input=msgspec.json.encode(manifest) + b"\n",
        capture_output=True,
        check=False,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    *progress, last = (decode_answer(line) for line in done.stdout.splitlines())
    assert all(isinstance(message, Progress) for message in progress)
    assert isinstance(last, Result)
    assert isinstance(last.result, TranslationResult)
    assert read(tmp_path, last.result.translations[0]).texts[0] == "Close the door."
