"""Stage alignment with a fake engine: timed words, segments that cannot be aligned, warnings."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from recognisers import artifact, write_wav
from stage_context import stage_context

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import (
    SecondHearing,
    Segment,
    Timing,
    Transcript,
    Word,
)
from indicsubs_recognition.align import LEAST_SCORE, align
from indicsubs_recognition.ctc_path import Scores
from indicsubs_recognition.spelling import read_vocabulary

AUDIO_START_MS = 500
MODEL = ModelFolder(name="fake", folder="nowhere", fingerprint="")


class FakeAligner:
    """Hears क, म, ल and a pause in turn, each for 40 ms, with one probability.

    Frames last 20 ms; every fifth is a blank.
    """

    vocabulary = read_vocabulary({"<pad>": 0, "|": 1, "क": 2, "म": 3, "ल": 4}, "|", 0, 5)
    frame_ms = 20.0
    least_samples = 320

    def __init__(self, probability: float = 0.6) -> None:
        self.probability = probability
        self.batches: list[list[tuple[int, int]]] = []
        """The value of the first sample and the length in ms of each chunk, by batch."""

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        self.batches.append(
            [(int.from_bytes(data[:2], "little"), len(data) // 32) for data in chunks]
        )
        return [self._scores(len(data) // 640) for data in chunks]

    def _scores(self, frames: int) -> Scores:
        scores = np.full((frames, 5), 0.01, np.float32)
        for frame in range(frames):
            scores[frame, (2, 3, 4, 1, 0)[frame // 2 % 5]] = self.probability
        return np.log(scores)


HEARD_TWICE = SecondHearing(engine="indicconformer", text="कमल", agreement=0.7)
Run = Callable[..., tuple[AlignmentResult, Transcript]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the stage over 20 s of audio; each sample is the second it lies in."""

    def run_stage(
        engine: FakeAligner | None,
        *segments: Segment,
        model: ModelFolder | None = MODEL,
        batch_size: int = 4,
        digest: str | None = None,
    ) -> tuple[AlignmentResult, Transcript]:
        def load(named: ModelFolder) -> FakeAligner:
            assert named is MODEL
            assert engine is not None, "the engine must not be loaded"
            return engine

        run_stage.progress = []
        context = stage_context(
            StageName.ALIGNMENT, tmp_path, cache="cache", digest=digest, progress=run_stage.progress
        )
        seconds = (second.to_bytes(2, "little") * 16_000 for second in range(20))
        write_wav(tmp_path / "audio.wav", b"".join(seconds))
        heard = Transcript(language="hi", language_probability=0.8, segments=segments)
        (tmp_path / "heard.json").write_bytes(msgspec.json.encode(heard))
        request = AlignmentRequest(
            audio=artifact("audio.wav"),
            audio_start_ms=AUDIO_START_MS,
            transcript=artifact("heard.json"),
            model=model,
            engine="wav2vec2",
            device="cpu",
            batch_size=batch_size,
        )
        result = align(request, context, load)
        data = (tmp_path / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript)

    return run_stage


def spoken(start_ms: int, end_ms: int, text: str, note: str | None = None) -> Segment:
    return Segment(
        start_ms=start_ms, end_ms=end_ms, text=text, confidence=0.9, no_speech=0.1, note=note
    )


def counts(result: AlignmentResult) -> dict[str, int]:
    return {count.method: count.sentences for count in result.timings}


def test_sentences_have_timed_words(run: Run) -> None:
    result, transcript = run(FakeAligner(), spoken(3500, 3900, "कमल। 5"), spoken(7500, 7700, "कमल"))
    assert (transcript.language, transcript.language_probability) == ("hi", 0.8)
    assert [segment.text for segment in transcript.segments] == ["कमल।", "5", "कमल"]
    words = [word for segment in transcript.segments for word in segment.words]
    # The word ends where its delimiter begins. Any sound fits the digit, which has no score.
    assert (words[0].text, words[0].start_ms, words[0].end_ms) == ("कमल।", 3500, 3620)
    assert words[0].score == pytest.approx(0.6)
    assert (words[1].text, words[1].score) == ("5", None)
    assert 3620 < words[1].start_ms < words[1].end_ms <= 3900
    assert (words[2].text, words[2].start_ms, words[2].end_ms) == ("कमल", 7500, 7620)
    for segment in transcript.segments:
        assert (segment.timing, segment.timed_by) == (Timing.ALIGNED, "wav2vec2")
        assert segment.start_ms == segment.words[0].start_ms
        assert segment.end_ms == segment.words[-1].end_ms
        assert (segment.confidence, segment.no_speech, segment.note) == (0.9, 0.1, None)
    assert transcript.segments[0].timing_confidence == pytest.approx(0.6)
    assert (counts(result), result.warnings) == ({"wav2vec2": 3}, ())


def test_each_segment_is_aligned_with_its_own_audio(run: Run) -> None:
    """The audio begins at 500 ms of the film's clock."""
    engine = FakeAligner()
    run(engine, spoken(3500, 5500, "कम ल"), spoken(7500, 9500, "कमल 7"))
    assert engine.batches == [[(3, 2000), (7, 2000)]]


def test_segments_of_similar_length_share_a_batch(run: Run) -> None:
    engine = FakeAligner()
    lengths = [4000, 1000, 1200, 3000, 500]
    segments = [spoken(500 + 4000 * k, 500 + 4000 * k + ms, "क") for k, ms in enumerate(lengths)]
    _, transcript = run(engine, *segments, batch_size=2)
    assert [[ms for _, ms in batch] for batch in engine.batches] == [
        [500],
        [1000, 1200],
        [3000],
        [4000],
    ]
    for sentence, segment in zip(transcript.segments, segments, strict=True):
        assert segment.start_ms <= sentence.start_ms < sentence.end_ms <= segment.end_ms


def test_progress_is_in_milliseconds_of_the_film(run: Run) -> None:
    run(
        FakeAligner(),
        spoken(1000, 3000, "क"),
        spoken(5000, 5500, "zoo"),
        timed_by("wav2vec2", 6000, 9000, "म"),
        batch_size=1,
    )
    steps = [step for step in run.progress if isinstance(step, Progress)]
    assert [(step.done, step.total, step.unit) for step in steps] == [
        (3500, 5500, "film_ms"),
        (5500, 5500, "film_ms"),
    ]


@pytest.mark.parametrize(
    ("segment", "probability", "reason"),
    [
        (spoken(1000, 4000, "Hello 123!"), 0.6, "the aligner knows none of its letters"),
        (spoken(1000, 4000, "— …"), 0.6, "the aligner knows none of its letters"),
        (spoken(1000, 1060, "कम। लक"), 0.6, "too short for so much text"),
        (spoken(60_000, 62_000, "कम। लक"), 0.6, "too short for so much text"),
        (spoken(1000, 4000, "कमल। कमल"), 0.19, "the text fits the sound badly (0.18)"),
        (spoken(1000, 4000, "कम। लक"), float("nan"), "the aligner computed no numbers"),
    ],
)
def test_a_segment_that_cannot_be_aligned_keeps_its_times(
    segment: Segment, probability: float, reason: str, run: Run
) -> None:
    result, transcript = run(FakeAligner(probability), segment)
    sentences = transcript.segments
    assert counts(result) == {"characters": len(sentences)}
    assert " ".join(sentence.text for sentence in sentences) == segment.text
    assert (sentences[0].start_ms, sentences[-1].end_ms) == (segment.start_ms, segment.end_ms)
    for sentence in sentences:
        assert (sentence.timing, sentence.words, sentence.timed_by) == (Timing.ASR, (), None)
        assert sentence.note == f"not aligned: {reason}"
    (warning,) = result.warnings
    assert warning == (
        f"{len(sentences)} of {len(sentences)} sentences have no word times: they share the time of"
        " the stretch of speech they are in, by their length."
    )


@pytest.mark.parametrize(
    ("changes", "quarantined"),
    [
        ({}, None),
        ({"no_speech": 0.9}, True),
        ({"note": "unsure"}, True),
        ({"note": "unsure", "second_hearing": HEARD_TWICE}, None),
    ],
)
def test_a_doubtful_text_that_the_aligner_does_not_find_is_quarantined(
    changes: dict[str, object], quarantined: bool | None, run: Run
) -> None:
    segment = msgspec.structs.replace(spoken(1000, 4000, "कमल। कमल"), **changes)
    _, transcript = run(FakeAligner(0.19), segment)
    for sentence in transcript.segments:
        assert bool(sentence.quarantined) == bool(quarantined)
        if sentence.quarantined:
            assert sentence.quarantined.startswith("the text fits the sound badly (0.18); ")


def test_the_least_score_is_enough(run: Run) -> None:
    result, _ = run(FakeAligner(LEAST_SCORE + 0.001), spoken(1000, 1040, "क"))
    assert counts(result) == {"wav2vec2": 1}


def test_earlier_notes_are_kept(run: Run) -> None:
    _, transcript = run(
        FakeAligner(), spoken(1000, 4000, "क।", "unsure"), spoken(5000, 7000, "zoo", "unsure")
    )
    assert [segment.note for segment in transcript.segments] == [
        "unsure",
        "unsure; not aligned: the aligner knows none of its letters",
    ]


def timed_by(engine: str, start_ms: int, end_ms: int, text: str) -> Segment:
    """A segment whose words the recogniser timed, each 100 ms long."""
    words = tuple(
        Word(text=word, start_ms=start_ms + 200 * k, end_ms=start_ms + 200 * k + 100, score=0.4)
        for k, word in enumerate(text.split())
    )
    return msgspec.structs.replace(
        spoken(start_ms, end_ms, text), words=words, timing=Timing.RECOGNISER, timed_by=engine
    )


def test_the_ladder(run: Run) -> None:
    """The aligner's times, else the recogniser's own, else a share of the segment's time."""
    result, transcript = run(
        FakeAligner(),
        timed_by("whisperx", 1000, 4000, "कमल। कम"),
        timed_by("whisperx", 5000, 6000, "TV zoo"),
        spoken(7000, 9000, "zoo"),
    )
    assert [(s.text, s.timed_by, s.timing, bool(s.words), s.note) for s in transcript.segments] == [
        ("कमल।", "wav2vec2", Timing.ALIGNED, True, None),
        ("कम", "wav2vec2", Timing.ALIGNED, True, None),
        (
            "TV zoo",
            "whisperx",
            Timing.RECOGNISER,
            True,
            "not aligned: the aligner knows none of its letters",
        ),
        ("zoo", None, Timing.ASR, False, "not aligned: the aligner knows none of its letters"),
    ]
    assert counts(result) == {"wav2vec2": 2, "whisperx": 1, "characters": 1}
    one, two = result.warnings
    assert one == (
        "1 of 4 sentences could not be aligned and have the recogniser's own word times; their"
        " notes say why."
    )
    assert two == (
        "1 of 4 sentences have no word times: they share the time of the stretch of speech they are"
        " in, by their length."
    )


def test_a_segment_in_another_language_is_not_aligned(run: Run) -> None:
    engine = FakeAligner()
    english = msgspec.structs.replace(timed_by("whisperx", 1000, 3000, "कम"), language="en")
    hindi = msgspec.structs.replace(spoken(5000, 7000, "कमल"), language="hi")
    _, transcript = run(engine, english, hindi)
    assert [s.timed_by for s in transcript.segments] == ["whisperx", "wav2vec2"]
    assert [s.language for s in transcript.segments] == ["en", "hi"]


def test_words_that_the_aligner_itself_recognised_keep_their_times(run: Run) -> None:
    result, transcript = run(None, timed_by("wav2vec2", 1000, 4000, "कम। ल"))
    assert [(s.text, s.start_ms, s.end_ms) for s in transcript.segments] == [
        ("कम।", 1000, 1100),
        ("ल", 1200, 1300),
    ]
    assert (counts(result), result.warnings) == ({"wav2vec2": 2}, ())


def test_without_an_aligner_words_have_the_times_of_the_recogniser(run: Run) -> None:
    result, transcript = run(None, timed_by("mlx", 1000, 5000, "मैं आया।"), model=None)
    (sentence,) = transcript.segments
    assert (sentence.start_ms, sentence.end_ms, sentence.note) == (1000, 1300, None)
    assert (sentence.timed_by, sentence.timing_confidence) == ("mlx", 0.4)
    assert (counts(result), result.warnings) == ({"mlx": 1}, ())


def test_without_any_word_times_sentences_share_the_time_of_their_segment(run: Run) -> None:
    result, transcript = run(None, spoken(1000, 5000, "मैं आया। तुम गया।", "unsure"), model=None)
    note = "unsure; its words have no times of their own"
    assert [(s.start_ms, s.end_ms, s.text, s.note) for s in transcript.segments] == [
        (1000, 3000, "मैं आया।", note),
        (3000, 5000, "तुम गया।", note),
    ]
    assert counts(result) == {"characters": 2}
    assert len(result.warnings) == 1


def test_no_engine_is_loaded_where_there_is_nothing_to_align(run: Run) -> None:
    result, transcript = run(None)
    assert transcript.segments == ()
    assert (result.timings, result.warnings) == ((), ())


def test_a_full_device_is_reported_with_advice(run: Run) -> None:
    class Full(FakeAligner):
        def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    with pytest.raises(IndicsubsError, match=r"memory ran out.*--device cpu") as caught:
        run(Full(), spoken(1000, 4000, "क"))
    assert caught.value.code is FailureCode.OUT_OF_MEMORY


def test_where_the_memory_is_full_the_batch_halves_and_the_stage_goes_on(run: Run) -> None:
    class Small(FakeAligner):
        def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
            if len(chunks) > 1:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
            return super().emissions(chunks)

    segments = [spoken(500 + 1000 * k, 1500 + 1000 * k, "कमल") for k in range(7)]
    assert run(Small(), *segments) == run(FakeAligner(), *segments)


def test_a_transcript_that_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "heard.json").write_text('{"segments": 3}')
    request = AlignmentRequest(
        audio=artifact("audio.wav"),
        audio_start_ms=0,
        transcript=artifact("heard.json"),
        model=MODEL,
        engine="wav2vec2",
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


class KilledAligner(FakeAligner):
    """An aligner whose process is killed at one of its calls."""

    def __init__(self, lives: int) -> None:
        super().__init__()
        self.lives = lives

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        if len(self.batches) == self.lives:
            raise KeyboardInterrupt
        return super().emissions(chunks)


@pytest.mark.parametrize("lives", range(20))
def test_a_killed_stage_goes_on_and_its_transcript_is_the_same(lives: int, run: Run) -> None:
    segments = [
        spoken(500 + 1000 * second, 1500 + 1000 * second, "कमल" if second % 5 else "xyz")
        for second in range(19)
    ]
    undisturbed = FakeAligner()
    expected = run(undisturbed, *segments, batch_size=1)
    killed = KilledAligner(lives)
    if lives < len(undisturbed.batches):
        with pytest.raises(KeyboardInterrupt):
            run(killed, *segments, batch_size=1, digest="d")
    else:
        run(killed, *segments, batch_size=1, digest="d")
    after = FakeAligner()
    assert run(after, *segments, batch_size=1, digest="d") == expected
    done = len(undisturbed.batches) - len(after.batches)
    assert after.batches == undisturbed.batches[done:]
    assert lives - done < 8, "at most one group of batches is computed again"
    resumed = [step for step in run.progress if step.resumed]
    assert len(resumed) == (0 < done < len(undisturbed.batches))
