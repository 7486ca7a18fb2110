"""The stage indictrans2_translation, in this process and through the wire."""

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from stage_context import stage_context

from indicsubs_contract.context import Context
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.loaded_models import LOADED_MODELS
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.load_transcript import EditBaseline, LoadTranscriptRequest
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.translation import (
    GlossaryTerm,
    LanguageRoute,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import QualityIssue, Segment, Transcript, Translation
from indicsubs_contract.wire import decode_answer
from indicsubs_indictrans2 import indictrans2_translation, load_transcript, torch_engine, translator
from indicsubs_indictrans2.network import Network
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files import subrip
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_translation.engine import BeamSearch, Rendering

Sentences = list[tuple[str, str, str]]


def model(folder: Path) -> ModelFolder:
    return ModelFolder(name=folder.name, folder=str(folder), fingerprint="")


def put_transcript(
    job: Path,
    texts: list[str],
    language: str = "hi",
    languages: Sequence[str | None] | None = None,
) -> Artifact:
    """Writes a transcript; ``languages`` are those of its segments."""
    transcript = Transcript(
        language=language,
        segments=tuple(
            Segment(start_ms=k * 2000, end_ms=k * 2000 + 1500, text=text, language=tag)
            for k, (text, tag) in enumerate(
                zip(texts, languages or [None] * len(texts), strict=True)
            )
        ),
    )
    data = msgspec.json.encode(transcript)
    (job / "sentences.json").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Artifact(path="sentences.json", kind="transcript", sha256=digest, bytes=len(data))


def with_cache(job: Path) -> Context:
    stage = StageName.INDICTRANS2_TRANSLATION
    return stage_context(stage, job, film_cache="cache/translation")


def translation_request(**fields: object) -> TranslationRequest:
    """A request for torch, with all languages of IndicTrans2."""
    defaults = {"languages": ENGINES["torch"].languages, "engine": "torch"}
    return TranslationRequest(**{**defaults, **fields})


def run(job: Path, request: TranslationRequest) -> tuple[TranslationResult, list[Progress]]:
    progress: list[Progress] = []
    context = stage_context(StageName.INDICTRANS2_TRANSLATION, job, progress=progress)
    return indictrans2_translation.run(request, context), progress


def read(job: Path, artifact: Artifact) -> Translation:
    return msgspec.json.decode((job / artifact.path).read_bytes(), type=Translation)


def test_all_demo_sentences_into_three_languages_at_once(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Mock(wraps=translator.IndicTrans2.load)
    monkeypatch.setattr(translator.IndicTrans2, "load", load)
    english, indic = (model(demo_translators[name]) for name in ("indic-en", "indic-indic"))
    result, progress = run(
        tmp_path,
        translation_request(
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
    written = [read(tmp_path, artifact) for artifact in result.translations]
    assert [translation.language for translation in written] == ["en", "ta", "hi", "en"]
    for translation, column in zip(written, (1, 2, 0, 1), strict=True):
        assert list(translation.texts) == [row[column] for row in demo_sentences]
        assert translation.source_language == "hi"
    assert result.translations[1].path == "out/translation.ta.json"
    assert result.translations[1].language == "ta"
    assert result.warnings == ()
    loaded = sorted(call.args[0].name for call in load.call_args_list)
    assert loaded == ["indic-en", "indic-indic"]
    counted = [p.done for p in progress if p.total]
    assert counted == sorted(counted)
    assert counted[-1] == 4 * len(demo_sentences)
    assert {p.total for p in progress if p.total} == {4 * len(demo_sentences)}


@pytest.mark.parametrize(
    ("changes", "loads"),
    [({}, 1), ({"compute_type": "bfloat16"}, 2)],
)
def test_the_network_that_was_prepared_is_taken_if_it_is_the_right_one(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    loads: int,
) -> None:
    loaded: list[str] = []
    load = torch_engine.load_network

    def counted(folder: Path, *how: object) -> Network:
        loaded.append(folder.name)
        return load(folder, *how)

    monkeypatch.setattr(torch_engine, "load_network", counted)
    english = model(demo_translators["indic-en"])
    known = Preparation(prepare=StageName.INDICTRANS2_TRANSLATION, model=english, engine="torch")
    known = msgspec.structs.replace(known, **changes)
    indictrans2_translation.prepare(known)
    indictrans2_translation.prepare(known)
    assert loaded == ["indic-en"]
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, ["दरवाज़ा बंद कर दो।"]),
            targets=(TranslationTarget(language="en", model=english),),
            device="cpu",
        ),
    )
    assert len(read(tmp_path, result.translations[0]).texts) == 1
    assert loaded == ["indic-en"] * loads


def test_with_no_model_known_the_engine_is_imported_alone() -> None:
    known = Preparation(prepare=StageName.INDICTRANS2_TRANSLATION, engine="ctranslate2")
    indictrans2_translation.prepare(known)
    assert not LOADED_MODELS._loaded
    assert "indicsubs_indictrans2.ctranslate2_engine" in sys.modules


def test_an_empty_transcript_needs_no_model(tmp_path: Path) -> None:
    absent = ModelFolder(name="absent", folder="/nowhere", fingerprint="")
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, []),
            targets=(TranslationTarget(language="en", model=absent),),
            device="cpu",
        ),
    )
    assert read(tmp_path, result.translations[0]).texts == ()


def test_a_line_that_lost_markup_is_named_with_its_time(
    tmp_path: Path, demo_translators: dict[str, Path]
) -> None:
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, ["", "दरवाज़ा <b>बंद</b> कर दो।"]),
            targets=(TranslationTarget(language="en", model=model(demo_translators["indic-en"])),),
            device="cpu",
        ),
    )
    assert result.warnings == ("en, line 2 at 0:00:02: markup inside the line is lost.",)


class TableEngine:
    """A ``TranslationEngine`` with an answer for each sentence and number of beams.

    It counts what it is asked, and cuts its translation of a sentence with a 5 after as many tokens
    as it had beams.
    """

    longest = 100

    def __init__(self, answers: dict[tuple[str, int], str]) -> None:
        self.answers = answers
        self.asked: list[tuple[list[str], int]] = []

    def check_languages(self, source: str, target: str) -> None:
        assert (source, target) == ("hin_Deva", "eng_Latn")

    def fits(self, sentence: str, source: str, target: str) -> bool:
        return True

    def translate(
        self,
        sentences: list[str],
        source: str,
        target: str,
        search: BeamSearch,
        done: Callable[[list[int]], None],
    ) -> list[list[Rendering]]:
        assert (source, target) == ("hin_Deva", "eng_Latn")
        beam_size = search.beam_size
        assert (search.hypotheses, search.batch_tokens) == (beam_size, 77)
        self.asked.append((list(sentences), beam_size))
        for index in range(len(sentences)):
            done([index])
        return [
            [Rendering(self.answers[sentence, beam_size], beam_size, complete="5" not in sentence)]
            for sentence in sentences
        ]


def test_failing_lines_are_translated_again_and_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    five, seven, go = "5 बजे आओ।", "7 बजे आओ।", "चलो।"
    table = TableEngine(
        {
            (five, 5): "Come at 6.",
            (five, 10): "Come at 5.",
            (seven, 5): "Come.",
            (seven, 10): "Come at 8.",
            (seven, 1): "At 17.",
            (go, 5): "Let's go.",
        }
    )
    monkeypatch.setattr(translator.IndicTrans2, "load", lambda *_: table)
    result, progress = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, [go, five, seven, go, seven]),
            targets=(TranslationTarget(language="en", model=model(tmp_path)),),
            device="cpu",
            batch_tokens=77,
        ),
    )
    written = read(tmp_path, result.translations[0])
    assert written.texts == ("Let's go.", "Come at 5.", "Come.", "Let's go.", "Come.")
    assert written.issues == tuple(
        QualityIssue(index=index, reason="numbers", detail="7 missing") for index in (2, 4)
    )
    assert result.warnings == (
        "en, line 2 at 0:00:02: cut by the model after 10 tokens; check its end.",
        "en: 2 lines fail a check (numbers 2), the first at 0:00:04; see translation.en.json.",
    )
    assert table.asked == [([go, five, seven], 5), ([five, seven], 10), ([seven], 1)]
    counted = [p.done for p in progress]
    assert counted == sorted(counted)
    assert counted[-1] == 5
    assert "English, translating 2 line(s) again" in {p.note for p in progress}


def test_lines_beyond_the_model_are_flagged_in_the_file_and_never_lost(
    tmp_path: Path, demo_translators: dict[str, Path]
) -> None:
    lines = [
        "दरवाज़ा बंद कर दो।",
        "♪ ❤️ ♫",
        "मुझे 47 रुपये दो।",
        "Where did you hide the money?",
        "दरवाज़ा बंद कर दो।",
    ]
    result, progress = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, lines),
            targets=(
                TranslationTarget(language="en", model=model(demo_translators["indic-en"])),
                TranslationTarget(language="hi", model=None),
            ),
            device="cpu",
        ),
    )
    english, copied = (read(tmp_path, artifact) for artifact in result.translations)
    assert english.texts[0] == english.texts[4] == "Close the door."
    assert english.texts[1] == lines[1]
    assert len(english.texts) == len(lines)
    assert {issue.index for issue in english.issues} == {2, 3}
    found = {(issue.index, issue.reason) for issue in english.issues}
    assert {(2, "numbers"), (3, "source")} <= found
    assert "en: 2 lines fail a check" in result.warnings[-1]
    assert "the first at 0:00:04; see translation.en.json" in result.warnings[-1]
    assert copied.texts == tuple(lines)
    assert copied.issues == ()
    assert progress[-1].done == progress[-1].total == 2 * len(lines)


@pytest.mark.parametrize(
    ("target", "folder", "code", "part"),
    [
        ("en", None, FailureCode.BAD_REQUEST, "No model is given for Hindi to English"),
        ("klingon", "indic-en", FailureCode.BAD_INPUT, "'klingon' is not a language"),
        ("mr", "indic-indic", FailureCode.BAD_INPUT, "no tag for mar_Deva"),
        ("ta", "/nowhere", FailureCode.MISSING_MODEL, "/nowhere"),
    ],
)
def test_an_impossible_request_is_an_error(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    target: str,
    folder: str | None,
    code: FailureCode,
    part: str,
) -> None:
    named = None if folder is None else model(demo_translators.get(folder, Path(folder)))
    request = translation_request(
        transcript=put_transcript(tmp_path, ["एक"]),
        targets=(TranslationTarget(language=target, model=named),),
        device="cpu",
    )
    with pytest.raises(IndicsubsError) as caught:
        run(tmp_path, request)
    assert caught.value.code is code
    assert part in caught.value.message


@pytest.mark.parametrize("seed", ["random", "7"])
def test_the_stage_answers_over_the_wire_with_fixed_hashes(
    tmp_path: Path, demo_translators: dict[str, Path], seed: str
) -> None:
    request = translation_request(
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


def test_a_glossary_changes_exactly_the_lines_that_use_it(
    tmp_path: Path, demo_translators: dict[str, Path], demo_sentences: Sentences
) -> None:
    lines = [row[0] for row in demo_sentences]

    def film(*terms: GlossaryTerm) -> Translation:
        result, _ = run(
            tmp_path,
            translation_request(
                transcript=put_transcript(tmp_path, lines),
                targets=(
                    TranslationTarget(language="en", model=model(demo_translators["indic-en"])),
                ),
                device="cpu",
                glossary=terms,
            ),
        )
        assert result.warnings == ()
        return read(tmp_path, result.translations[0])

    plain = film()
    police = film(GlossaryTerm(source="पुलिस", targets={"en": "constables"}))
    kept = film(GlossaryTerm(source="पुलिस", keep=True))
    assert list(plain.texts) == [row[1] for row in demo_sentences]
    using = [k for k, line in enumerate(lines) if "पुलिस" in line]
    assert using
    for one, word in ((police, "constables"), (kept, "पुलिस")):
        differing = [
            k for k, (a, b) in enumerate(zip(plain.texts, one.texts, strict=True)) if a != b
        ]
        assert differing == using
        assert one.texts[using[0]] == f"The {word} are chasing us."
        assert one.issues == ()


def test_two_indian_languages_through_english(
    tmp_path: Path, demo_translators: dict[str, Path], demo_sentences: Sentences
) -> None:
    to_english, from_english = (model(demo_translators[n]) for n in ("indic-en", "en-indic"))
    lines = [*(row[0] for row in demo_sentences), "मुझे 47 रुपये दो।"]
    result, progress = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, lines),
            targets=(
                TranslationTarget(language="ta", model=from_english, pivot=to_english),
                TranslationTarget(language="en", model=to_english),
            ),
            device="cpu",
            glossary=(GlossaryTerm(source="पुलिस", targets={"ta": "காவலர்கள்"}),),
        ),
    )
    tamil, english = (read(tmp_path, artifact) for artifact in result.translations)
    wanted = [
        "காவலர்கள் எங்களைத் துரத்துகிறது." if "पुलिस" in row[0] else row[2] for row in demo_sentences
    ]
    assert list(tamil.texts[:-1]) == wanted
    assert list(english.texts[:-1]) == [row[1] for row in demo_sentences]
    assert tamil.source_language == "hi"
    issue = next(issue for issue in tamil.issues if issue.index == len(lines) - 1)
    assert issue.detail.startswith("in English: 47 missing")
    assert progress[-1].done == progress[-1].total == 3 * len(lines)
    assert "English first" in {p.note for p in progress}


def test_the_same_words_in_another_script_need_no_model(
    tmp_path: Path, demo_translators: dict[str, Path]
) -> None:
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, ["♪ दरवाज़ा बंद कर दो। ♪"]),
            targets=(
                TranslationTarget(language="hi", script="Latn", model=None),
                TranslationTarget(
                    language="ta", script="Latn", model=model(demo_translators["indic-indic"])
                ),
            ),
            device="cpu",
        ),
    )
    assert [artifact.path for artifact in result.translations] == [
        "out/translation.hi-Latn.json",
        "out/translation.ta-Latn.json",
    ]
    hindi, tamil = (read(tmp_path, artifact) for artifact in result.translations)
    assert (hindi.language, hindi.texts) == ("hi-Latn", ("♪ darvaza band kar do. ♪",))
    assert (tamil.language, tamil.texts) == ("ta-Latn", ("♪ kadhavai moodu. ♪",))


@pytest.mark.parametrize("romanised", ["transliterate", "flag"])
def test_romanised_and_english_lines_of_a_hindi_film(
    tmp_path: Path, demo_translators: dict[str, Path], romanised: Any
) -> None:
    lines = ["दरवाज़ा बंद कर दो।", "darwaza band kar do", "where are you going"]
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, lines),
            targets=(
                TranslationTarget(language="en", model=model(demo_translators["indic-en"])),
                TranslationTarget(language="hi", model=None),
            ),
            device="cpu",
            romanised=romanised,
        ),
    )
    english, copied = (read(tmp_path, artifact) for artifact in result.translations)
    assert copied.texts == tuple(lines)
    flagged = {issue.index: issue.detail for issue in english.issues if issue.reason == "source"}
    assert 2 in flagged
    assert (1 in flagged) == (romanised == "flag")
    assert any("Romanised" in w for w in result.warnings) == (romanised == "transliterate")
    if romanised == "transliterate":
        assert english.texts[1].rstrip(".") == "Close the door"


def test_of_close_hypotheses_one_that_can_be_read_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TwoHypotheses(TableEngine):
        def translate(self, sentences: list[str], *_: Any, **__: Any) -> list[list[Rendering]]:
            texts = ("He has gone away.", "He went.")
            return [[Rendering(text, 4, complete=True) for text in texts] for _ in sentences]

    monkeypatch.setattr(translator.IndicTrans2, "load", lambda *_: TwoHypotheses({}))
    transcript = put_transcript(tmp_path, ["वह गया।"])  # 1.5 s, and half a second to linger
    for speed, wanted in ((None, "He has gone away."), (10, "He has gone away."), (5, "He went.")):
        target = TranslationTarget(
            language="en", model=model(tmp_path), characters_per_second=speed and speed * 1.0
        )
        request = translation_request(transcript=transcript, targets=(target,), device="cpu")
        result, _ = run(tmp_path, request)
        assert read(tmp_path, result.translations[0]).texts == (wanted,)


def test_hypotheses_are_cached_from_one_run_to_the_next(
    tmp_path: Path, demo_translators: dict[str, Path], demo_sentences: Sentences
) -> None:
    lines = [row[0] for row in demo_sentences]
    request = translation_request(
        transcript=put_transcript(tmp_path, lines),
        targets=(TranslationTarget(language="en", model=model(demo_translators["indic-en"])),),
        device="cpu",
    )
    context = with_cache(tmp_path)
    cache = context.film_cache_file(indictrans2_translation.CACHE)
    assert cache is not None
    results = [indictrans2_translation.run(request, context)]
    assert cache.is_file()
    (demo_translators["indic-en"] / "model.safetensors").rename(tmp_path / "away")
    try:
        results.append(indictrans2_translation.run(request, context))
    finally:
        (tmp_path / "away").rename(demo_translators["indic-en"] / "model.safetensors")
    assert results[0] == results[1], "the weights were not needed again"


def test_of_edited_subtitles_only_the_edited_sentence_reaches_the_network(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    *rows, new = demo_sentences
    sources: list[int] = []
    search = torch_engine.TorchGenerator.search
    monkeypatch.setattr(
        torch_engine.TorchGenerator,
        "search",
        lambda self, batch, *rest: sources.append(len(batch)) or search(self, batch, *rest),
    )
    context = with_cache(tmp_path)

    def translate(transcript: Artifact) -> tuple[str, ...]:
        sources.clear()
        target = TranslationTarget(language="en", model=model(demo_translators["indic-en"]))
        request = translation_request(transcript=transcript, targets=(target,), device="cpu")
        result = indictrans2_translation.run(request, context)
        return read(tmp_path, result.translations[0]).texts

    written = put_transcript(tmp_path, [row[0] for row in rows])
    assert translate(written) == tuple(row[1] for row in rows)
    assert sum(sources) == len(rows)

    spoken = msgspec.json.decode((tmp_path / written.path).read_bytes(), type=Transcript).segments
    cues = subrip.write(
        [
            Cue(start_ms=segment.start_ms, end_ms=segment.end_ms + 300, lines=(segment.text,))
            for segment in spoken
        ],
        FileStyle(language=find_language("hi")),
    )
    edited = context.write("mine.srt", cues.replace(rows[5][0], new[0]).encode(), "srt", "hi")
    baseline = EditBaseline(
        transcript=written, cues=context.write("made.srt", cues.encode(), "srt")
    )
    loaded = load_transcript.run(
        LoadTranscriptRequest(source=edited, language="hi", baseline=baseline), context
    )
    assert translate(loaded.transcript) == tuple(
        new[1] if index == 5 else row[1] for index, row in enumerate(rows)
    )
    assert sources == [1], "the new sentence alone"
    again = msgspec.json.decode((tmp_path / loaded.transcript.path).read_bytes(), type=Transcript)
    assert again.segments[:5] + again.segments[6:] == spoken[:5] + spoken[6:]


def test_an_english_sentence_in_a_hindi_film_is_translated_from_english(
    tmp_path: Path,
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load = Mock(wraps=translator.IndicTrans2.load)
    monkeypatch.setattr(translator.IndicTrans2, "load", load)
    into_english, from_english, direct = (
        model(demo_translators[name]) for name in ("indic-en", "en-indic", "indic-indic")
    )
    spoken = [demo_sentences[0][0], demo_sentences[1][1], demo_sentences[2][0], "آؤ۔"]
    languages = [None, "en", None, "ur"]
    in_english = LanguageRoute(source="en", model=from_english)
    missing = LanguageRoute(source="ur", model=None, unavailable="Fetch it with: just models")
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(tmp_path, spoken, languages=languages),
            targets=(
                TranslationTarget(language="en", model=into_english, routes=(missing,)),
                TranslationTarget(language="ta", model=direct, routes=(in_english, missing)),
                TranslationTarget(language="hi", model=None, routes=(in_english, missing)),
            ),
            device="cpu",
        ),
    )
    english, tamil, hindi = (read(tmp_path, artifact) for artifact in result.translations)
    rows = demo_sentences[:3]
    assert english.texts == (*(row[1] for row in rows), "آؤ۔")
    assert tamil.texts == (*(row[2] for row in rows), "آؤ۔")
    assert hindi.texts == (*(row[0] for row in rows), "آؤ۔")
    for translation in (english, tamil, hindi):
        assert [(issue.index, issue.reason) for issue in translation.issues] == [(3, "language")]
    (warning,) = [warning for warning in result.warnings if "just models" in warning]
    assert "into English, Tamil, Hindi" in warning
    loaded = sorted(call.args[0].name for call in load.call_args_list)
    assert loaded == ["en-indic", "indic-en", "indic-indic"]


def test_a_language_that_the_checkpoint_lacks_is_shown_as_it_is(
    tmp_path: Path, demo_translators: dict[str, Path], demo_sentences: Sentences
) -> None:
    english = model(demo_translators["indic-en"])
    urdu = LanguageRoute(source="ur", model=english)
    result, _ = run(
        tmp_path,
        translation_request(
            transcript=put_transcript(
                tmp_path, [demo_sentences[0][0], "آؤ۔"], languages=[None, "ur"]
            ),
            targets=(TranslationTarget(language="en", model=english, routes=(urdu,)),),
            device="cpu",
        ),
    )
    (translation,) = (read(tmp_path, artifact) for artifact in result.translations)
    assert translation.texts == (demo_sentences[0][1], "آؤ۔")
    assert any("no tag for urd_Arab" in warning for warning in result.warnings)


def test_the_cache_keeps_equal_lines_of_two_languages_apart(
    tmp_path: Path, checkpoint: Callable[..., Path]
) -> None:
    """Hindi and Tamil: the random checkpoint knows no two languages of one script."""
    context = with_cache(tmp_path)
    engine = translator.IndicTrans2.load(
        checkpoint(), "cpu", "float32", "torch", "", context.film_cache_file("translations.sqlite")
    )
    search = BeamSearch(beam_size=1, hypotheses=1, batch_tokens=None)
    alone: dict[str, list[list[Rendering]]] = {}
    for source in ("hin_Deva", "tam_Taml", "hin_Deva"):
        found = engine.translate(["मैं तुम"], source, "eng_Latn", search, lambda _: None)
        assert alone.setdefault(source, found) == found
    cached = sqlite3.connect(context.film_cache_file("translations.sqlite"))
    assert cached.execute("SELECT count(*) FROM hypotheses").fetchone() == (2,)
