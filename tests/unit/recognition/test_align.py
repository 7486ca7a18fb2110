"""Stage alignment with a fake engine: timed words, segments that cannot be aligned, warnings."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from recognisers import artifact, write_wav
from stage_context import stage_context

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Timing, Transcript
from indicsubs_recognition.align import LEAST_SCORE, align
from indicsubs_recognition.spelling import read_vocabulary
from indicsubs_recognition.word_times import TokenSpan

AUDIO_START_MS = 500
MODEL = ModelFolder(name="fake", folder="nowhere", fingerprint="")


class FakeAligner:
    """Finds each column in every second frame; all with one probability."""

    vocabulary = read_vocabulary({"<pad>": 0, "|": 1, "क": 2, "म": 3, "ल": 4}, "|", 0, 5)
    frame_ms = 20.0

    def __init__(self, probability: float = 0.5) -> None:
        self.probability = probability
        self.calls: list[tuple[int, list[int]]] = []
        """The value of the first sample, and the columns."""

    def frames(self, samples: int) -> int:
        return samples // 320

    def align(self, data: bytes, columns: Sequence[int]) -> list[TokenSpan]:
        self.calls.append((int.from_bytes(data[:2], "little"), [*columns]))
        return [
            TokenSpan(start=2 * k, end=2 * k + 1, probability=self.probability)
            for k in range(len(columns))
        ]


Run = Callable[..., tuple[AlignmentResult, Transcript]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the stage over 20 s of audio; each sample is the second it lies in."""

    def run_stage(
        engine: FakeAligner | None, *segments: Segment, model: ModelFolder | None = MODEL
    ) -> tuple[AlignmentResult, Transcript]:
        def load(named: ModelFolder) -> FakeAligner:
            assert named is MODEL
            assert engine is not None, "the engine must not be loaded"
            return engine

        run_stage.progress = []
        context = stage_context(StageName.ALIGNMENT, tmp_path, progress=run_stage.progress)
        seconds = (second.to_bytes(2, "little") * 16_000 for second in range(20))
        write_wav(tmp_path / "audio.wav", b"".join(seconds))
        heard = Transcript(language="hi", language_probability=0.8, segments=segments)
        (tmp_path / "heard.json").write_bytes(msgspec.json.encode(heard))
        request = AlignmentRequest(
            audio=artifact("audio.wav"),
            audio_start_ms=AUDIO_START_MS,
            transcript=artifact("heard.json"),
            model=model,
            device="cpu",
        )
        result = align(request, context, load)
        data = (tmp_path / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript)

    return run_stage


def spoken(start_ms: int, end_ms: int, text: str, note: str | None = None) -> Segment:
    return Segment(
        start_ms=start_ms, end_ms=end_ms, text=text, confidence=0.9, no_speech=0.1, note=note
    )


def test_sentences_have_timed_words(run: Run) -> None:
    engine = FakeAligner()
    result, transcript = run(engine, spoken(3500, 5500, "कम ल। 5 क"), spoken(7500, 9500, "मल"))
    assert (transcript.language, transcript.language_probability) == ("hi", 0.8)
    assert [segment.text for segment in transcript.segments] == ["कम ल।", "5 क", "मल"]
    words = [word for segment in transcript.segments for word in segment.words]
    # Each character has a frame of 20 ms, each 40 ms after the one before; a word ends where its
    # delimiter begins. The digit is a star, which has no score.
    assert [(word.text, word.start_ms, word.end_ms, word.score) for word in words] == [
        ("कम", 3500, 3580, 0.5),
        ("ल।", 3620, 3660, 0.5),
        ("5", 3700, 3740, None),
        ("क", 3780, 3820, 0.5),
        ("मल", 7500, 7580, 0.5),
    ]
    for segment in transcript.segments:
        assert segment.timing is Timing.ALIGNED
        assert segment.start_ms == segment.words[0].start_ms
        assert segment.end_ms == segment.words[-1].end_ms
        assert (segment.confidence, segment.no_speech, segment.note) == (0.9, 0.1, None)
    assert (result.aligned, result.unaligned, result.warnings) == (3, 0, ())


def test_each_segment_is_aligned_with_its_own_audio(run: Run) -> None:
    engine = FakeAligner()
    run(engine, spoken(3500, 5500, "कम ल"), spoken(7500, 9500, "मल 7"))
    star = engine.vocabulary.star
    # The audio begins at 500 ms of the film's clock.
    assert engine.calls == [(3, [2, 3, 1, 4, 1]), (7, [3, 4, 1, star, 1])]


def test_progress_is_in_milliseconds_of_the_film(run: Run) -> None:
    run(FakeAligner(), spoken(1000, 3000, "क"), spoken(5000, 5500, "zoo"), spoken(6000, 9000, "म"))
    steps = [step for step in run.progress if isinstance(step, Progress)]
    assert [(step.done, step.total, step.unit) for step in steps] == [
        (2000, 5500, "film_ms"),
        (2500, 5500, "film_ms"),
        (5500, 5500, "film_ms"),
    ]


@pytest.mark.parametrize(
    ("segment", "probability", "reason"),
    [
        (spoken(1000, 4000, "Hello 123!"), 0.5, "the aligner knows none of its letters"),
        (spoken(1000, 4000, "— …"), 0.5, "the aligner knows none of its letters"),
        (spoken(1000, 1060, "कम। लक"), 0.5, "too short for so much text"),
        (spoken(60_000, 62_000, "कम। लक"), 0.5, "too short for so much text"),
        (spoken(1000, 4000, "कम। लक"), 0.193, "the text fits the sound badly (0.19)"),
        (spoken(1000, 4000, "कम। लक"), float("nan"), "the text fits the sound badly (nan)"),
    ],
)
def test_a_segment_that_cannot_be_aligned_keeps_its_times(
    segment: Segment, probability: float, reason: str, run: Run
) -> None:
    result, transcript = run(FakeAligner(probability), segment)
    sentences = transcript.segments
    assert (result.aligned, result.unaligned) == (0, len(sentences))
    assert " ".join(sentence.text for sentence in sentences) == segment.text
    assert (sentences[0].start_ms, sentences[-1].end_ms) == (segment.start_ms, segment.end_ms)
    for sentence in sentences:
        assert (sentence.timing, sentence.words) == (Timing.ASR, ())
        assert sentence.note == f"not aligned: {reason}"
    (warning,) = result.warnings
    assert warning == (
        f"{len(sentences)} of {len(sentences)} sentences could not be aligned and keep the times of"
        " the stretch of speech they are in; their notes say why."
    )


def test_the_least_score_is_enough(run: Run) -> None:
    result, _ = run(FakeAligner(LEAST_SCORE), spoken(1000, 4000, "क"))
    assert (result.aligned, result.unaligned) == (1, 0)


def test_earlier_notes_are_kept(run: Run) -> None:
    _, transcript = run(
        FakeAligner(), spoken(1000, 4000, "क।", "unsure"), spoken(5000, 7000, "zoo", "unsure")
    )
    assert [segment.note for segment in transcript.segments] == [
        "unsure",
        "unsure; not aligned: the aligner knows none of its letters",
    ]


def test_a_segment_that_cannot_be_aligned_does_not_stop_the_others(run: Run) -> None:
    result, transcript = run(
        FakeAligner(), spoken(1000, 4000, "क"), spoken(5000, 6000, "zoo"), spoken(7000, 9000, "म")
    )
    assert [segment.timing for segment in transcript.segments] == [
        Timing.ALIGNED,
        Timing.ASR,
        Timing.ALIGNED,
    ]
    assert (result.aligned, result.unaligned) == (2, 1)
    assert result.warnings[0].startswith("1 of 3 sentences could not be aligned")


def test_without_an_aligner_sentences_share_the_time_of_their_segment(run: Run) -> None:
    result, transcript = run(None, spoken(1000, 5000, "मैं आया। तुम गया।", "unsure"), model=None)
    assert [(s.start_ms, s.end_ms, s.text, s.note) for s in transcript.segments] == [
        (1000, 3000, "मैं आया।", "unsure; no aligner for the language"),
        (3000, 5000, "तुम गया।", "unsure; no aligner for the language"),
    ]
    assert (result.aligned, result.unaligned) == (0, 2)
    (warning,) = result.warnings
    assert warning == (
        "There is no aligner for the language hi: sentences have the times of the stretches of"
        " speech they are in."
    )


def test_no_engine_is_loaded_where_there_is_nothing_to_align(run: Run) -> None:
    result, transcript = run(None)
    assert transcript.segments == ()
    assert (result.aligned, result.unaligned, result.warnings) == (0, 0, ())


def test_a_full_device_is_reported_with_advice(run: Run) -> None:
    class Full(FakeAligner):
        def align(self, data: bytes, columns: Sequence[int]) -> list[TokenSpan]:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    with pytest.raises(IndicsubsError, match=r"memory ran out.*--device cpu") as caught:
        run(Full(), spoken(1000, 4000, "क"))
    assert caught.value.code is FailureCode.OUT_OF_MEMORY


def test_a_transcript_that_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "heard.json").write_text('{"segments": 3}')
    request = AlignmentRequest(
        audio=artifact("audio.wav"),
        audio_start_ms=0,
        transcript=artifact("heard.json"),
        model=MODEL,
        device="cpu",
    )
    context = stage_context(StageName.ALIGNMENT, tmp_path)
    with pytest.raises(IndicsubsError, match=r"heard\.json is not a Transcript") as caught:
        align(request, context, lambda _: FakeAligner())
    assert caught.value.code is FailureCode.BAD_INPUT
    with pytest.raises(IndicsubsError, match="missing") as caught:
        align(
            msgspec.structs.replace(request, transcript=artifact("missing.json")),
            context,
            lambda _: FakeAligner(),
        )
    assert caught.value.code is FailureCode.NO_INPUT
