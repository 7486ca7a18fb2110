"""Stage asr by the demo IndicConformer, in its environment: words and their times."""

import subprocess
from pathlib import Path

import imageio_ffmpeg
import msgspec
import pytest
from demo_runs import DEMO, ROOT, edit_distance, reference
from recognisers import spans, write_wav
from stage_context import stage_context

from indicsubs.machine.environments import EnvironmentManager
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Speech, Transcript
from indicsubs_contract.wire import decode_answer

MARGIN_MS = 250
"""A region begins and ends this long before and after its words, as those of stage demux do."""
MARKS = dict.fromkeys(map(ord, "।.?!,"))


def transcribed(job: Path, film: str, language: str, decoding: str) -> Transcript:
    """Runs the stage over the lines of a film of the demo."""
    context = stage_context(StageName.DEMUX, job, ".")
    write_wav(job / "audio.wav", sound(DEMO / film))
    lines = [line["words"] for line in reference(film)["lines"]]
    speech = Speech(
        regions=spans(
            *(
                (max(0, words[0]["start_ms"] - MARGIN_MS), words[-1]["end_ms"] + MARGIN_MS)
                for words in lines
            )
        )
    )
    request = AsrRequest(
        audio=context.artifact("audio.wav", "audio"),
        speech=context.write_document("speech.json", speech, "speech"),
        audio_start_ms=0,
        model=ModelFolder(
            name="demo/indicconformer",
            folder=str(ROOT / "models" / "demo" / "indicconformer"),
            fingerprint="",
        ),
        device="cpu",
        compute_type="float32",
        languages=ENGINES["indicconformer"].languages,
        language=language,
        decoding=decoding,
    )
    (job / "out").mkdir()
    manager = EnvironmentManager(ROOT)
    done = subprocess.run(
        manager.stage_command("indicconformer"),
        cwd=ROOT,
        env=manager.process_variables("indicconformer"),
        input=msgspec.json.encode(Manifest(job=str(job), output="out", request=request)) + b"\n",
        capture_output=True,
        check=True,
    )
    answer = decode_answer(done.stdout.splitlines()[-1])
    assert isinstance(answer, Result)
    assert isinstance(answer.result, AsrResult)
    assert answer.result.language == language
    data = (job / answer.result.transcript.path).read_bytes()
    return msgspec.json.decode(data, type=Transcript)


def sound(film: Path) -> bytes:
    """The 16 kHz mono 16-bit samples of a film."""
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    command = [ffmpeg, "-v", "error", "-i", film, "-ac", "1", "-ar", "16000", "-f", "s16le", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


@pytest.mark.parametrize("decoding", ["ctc", "rnnt"])
@pytest.mark.parametrize(
    ("film", "language"), [("clip.mp4", "hi"), ("clip-ta.m4a", "ta"), ("clip-or.m4a", "or")]
)
def test_every_word_is_right_and_on_time(
    film: str, language: str, decoding: str, tmp_path: Path
) -> None:
    transcript = transcribed(tmp_path, film, language, decoding)
    expected = [word for line in reference(film)["lines"] for word in line["words"]]
    heard = [word for segment in transcript.segments for word in segment.words]
    texts = [word.text.translate(MARKS) for word in heard]
    assert edit_distance([word["text"].translate(MARKS) for word in expected], texts) == 0
    starts = [abs(h.start_ms - e["start_ms"]) for h, e in zip(heard, expected, strict=True)]
    ends = [abs(h.end_ms - e["end_ms"]) for h, e in zip(heard, expected, strict=True)]
    found = f"starts {sum(starts) / len(starts):.1f} ms, ends {sum(ends) / len(ends):.1f} ms"
    print(f"\n{film} by {decoding}: {found}")
    assert sum(starts) / len(starts) < 40
    # The transducer emits a piece in a single frame, which says little about its end.
    assert sum(ends) / len(ends) < (50 if decoding == "ctc" else 180)


def test_sentences_end_where_the_lines_end(tmp_path: Path) -> None:
    """Pauses and question words give the full stops and question marks of the reference."""
    transcript = transcribed(tmp_path, "clip.mp4", "hi", "ctc")
    expected = [word["text"] for line in reference("clip")["lines"] for word in line["words"]]
    heard = [word.text for segment in transcript.segments for word in segment.words]
    for right, found in zip(expected, heard, strict=True):
        if right[-1] in "।?":
            assert found == right
        else:
            assert found[-1] not in "।?,"
