"""Stage alignment by IndicConformer's CTC head, with random weights."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from recognisers import artifact, write_wav
from stage_context import stage_context

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Timing, Transcript
from indicsubs_indicconformer import alignment
from indicsubs_indicconformer.indic_conformer import FRAME_MS, IndicConformer

NOISE = np.random.default_rng(0).integers(-3000, 3000, 20 * 16_000).astype("<i2")
Align = Callable[..., tuple[AlignmentResult, tuple[Segment, ...]]]


@pytest.fixture
def align(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Align:
    """Runs the stage on noise. Every score is enough: random weights score badly."""
    monkeypatch.setattr("indicsubs_recognition.align.LEAST_SCORE", 0.0)

    def run(
        folder: Path, *segments: Segment, language: str | None = "hi"
    ) -> tuple[AlignmentResult, tuple[Segment, ...]]:
        job = tmp_path / "job"
        context = stage_context(StageName.ALIGNMENT, job)
        write_wav(job / "audio.wav", NOISE.tobytes())
        heard = Transcript(language="hi", segments=segments)
        (job / "heard.json").write_bytes(msgspec.json.encode(heard))
        request = AlignmentRequest(
            audio=artifact("audio.wav"),
            audio_start_ms=500,
            transcript=artifact("heard.json"),
            model=ModelFolder(name="test", folder=str(folder), fingerprint=""),
            engine="indicconformer",
            device="cpu",
            language=language,
        )
        result = alignment.run(request, context)
        data = (job / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run


def spoken(start_ms: int, end_ms: int, text: str, **fields: object) -> Segment:
    return Segment(start_ms=start_ms, end_ms=end_ms, text=text, **fields)


@pytest.mark.parametrize("layout", ["official", "small"])
def test_what_it_recognised_lies_where_it_recognised_it(
    layout: str, model: IndicConformer, align: Align, request: pytest.FixtureRequest
) -> None:
    """The best path of all gives the text, so no path of that text is better."""
    chunk = NOISE[16 * 2000 : 16 * 5000].tobytes()
    (decoded,) = model.decode([chunk], "hi", "ctc")
    result, segments = align(request.getfixturevalue(layout), spoken(2500, 5500, decoded.text))
    assert {count.method for count in result.timings} == {"indicconformer"}
    words = [word for segment in segments for word in segment.words]
    assert " ".join(word.text for word in words) == decoded.text
    if layout == "official":
        for word, heard in zip(words, decoded.words, strict=True):
            assert abs(word.start_ms - 2500 - heard.start_ms) <= FRAME_MS
    for one, two in pairwise(words):
        assert 2500 <= one.start_ms < one.end_ms <= two.start_ms < two.end_ms <= 5500 + FRAME_MS
    assert all(segment.timing is Timing.ALIGNED for segment in segments)
    assert all(0 <= (segment.timing_confidence or -1) <= 1 for segment in segments)


def known_word(model: IndicConformer) -> str:
    """A word that the model writes in noise."""
    (decoded,) = model.decode([NOISE[16 * 2000 : 16 * 5000].tobytes()], "hi", "ctc")
    return decoded.words[0].text


def test_foreign_letters_take_any_sound(
    official: Path, model: IndicConformer, align: Align
) -> None:
    word = known_word(model)
    _, (segment,) = align(official, spoken(2500, 9500, f"{word} Жук {word}"))
    assert [heard.text for heard in segment.words] == [word, "Жук", word]
    assert [heard.score is None for heard in segment.words] == [False, True, False]


def test_its_own_words_keep_their_times(
    official: Path, model: IndicConformer, align: Align
) -> None:
    """The model is not even loaded: it may be absent."""
    text = known_word(model)
    _, (aligned,) = align(official, spoken(2500, 5500, text))
    assert len(aligned.words) == 1
    own = spoken(2500, 5500, text, words=aligned.words, timed_by="indicconformer")
    _, (kept,) = align(official / "absent", own)
    assert (kept.words, kept.timing) == (aligned.words, Timing.RECOGNISER)


@pytest.mark.parametrize("language", [None, "klingon"])
def test_a_language_that_the_model_does_not_know(
    language: str | None, official: Path, align: Align
) -> None:
    with pytest.raises(IndicsubsError, match=r"does not know the language.*--alignment-model") as e:
        align(official, spoken(2500, 5500, "कल"), language=language)
    assert e.value.code is FailureCode.BAD_INPUT
