"""Stage asr with a fake engine: chunks, retries, notes, warnings and progress."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from recognisers import FakeRecogniser, artifact, decoded, spans, write_wav
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, Timing, Transcript, Word
from indicsubs_recognition.chunk_decoding import OUTSIDE_SPEECH
from indicsubs_recognition.decoded_chunk import DecodedChunk, HeardWord
from indicsubs_recognition.recognise import recognise
from indicsubs_recognition.recognition_engine import DecodeMode

FREE, CAREFUL, IN_SCRIPT = DecodeMode
Run = Callable[..., tuple[AsrResult, tuple[Segment, ...]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the stage over a minute of silence with these regions (ms)."""

    def run_stage(
        engine: FakeRecogniser,
        *regions: tuple[int, int],
        remarks: Sequence[str] = (),
        has_window: bool = False,
        digest: str | None = None,
        **options: object,
    ) -> tuple[AsrResult, tuple[Segment, ...]]:
        run_stage.progress = []
        context = stage_context(
            StageName.ASR, tmp_path, cache="cache", digest=digest, progress=run_stage.progress
        )
        write_wav(tmp_path / "audio.wav", bytes(60 * 32_000))
        (tmp_path / "speech.json").write_bytes(msgspec.json.encode(Speech(regions=spans(*regions))))
        defaults: dict[str, object] = {
            "audio": artifact("audio.wav"),
            "speech": artifact("speech.json"),
            "audio_start_ms": 0,
            "model": ModelFolder(name="fake", folder="nowhere", fingerprint=""),
            "device": "cpu",
            "compute_type": "int8",
            "languages": ENGINES["whisperx"].languages,
            "language": "hi",
            "batch_size": 2,
        }
        request = AsrRequest(**{**defaults, **options})
        result = recognise(request, context, lambda: engine, "fake", remarks, has_window=has_window)
        data = (tmp_path / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run_stage


def times(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    return [(segment.start_ms, segment.end_ms) for segment in segments]


# --- the chunks ------------------------------------------------------------------------------


def test_chunks_go_in_batches_and_come_back_in_order(run: Run) -> None:
    engine = FakeRecogniser(lambda length, *_: decoded(f" chunk {length}\n"))
    result, segments = run(
        engine, (0, 1000), (3000, 5000), (9000, 12_000), (20_000, 24_000), audio_start_ms=7
    )
    assert engine.decode_calls == [([1000, 2000], "hi", FREE), ([3000, 4000], "hi", FREE)]
    assert [segment.text for segment in segments] == [f"chunk {n}000" for n in (1, 2, 3, 4)]
    assert times(segments) == [(7, 1007), (3007, 5007), (9007, 12_007), (20_007, 24_007)]
    assert segments[0].confidence == pytest.approx(math.exp(-0.2))
    assert segments[0].no_speech == 0.01
    assert result.segments == 4
    steps = [step for step in run.progress if isinstance(step, Progress)]
    assert [(step.done, step.total, step.unit) for step in steps] == [
        (3000, 10_000, "film_ms"),
        (10_000, 10_000, "film_ms"),
    ]


def test_short_chunks_share_the_window_of_an_engine_that_has_one(run: Run) -> None:
    def answer(length_ms: int, *_: object) -> DecodedChunk:
        words = [
            HeardWord(text=f"{start_ms}", start_ms=start_ms, end_ms=start_ms + 300, score=0.9)
            for start_ms in (0, 2000, 5000)
            if start_ms < length_ms
        ]
        return replace(decoded(" ".join(one.text for one in words)), words=tuple(words))

    engine = FakeRecogniser(answer)
    _, segments = run(
        engine, (0, 1000), (3000, 5000), (9000, 12_000), (20_000, 24_000), has_window=True
    )
    # 12 s in Hindi: 1 + 1 + 2 + 1 + 3 s, and 4 s.
    assert engine.decode_calls == [([8000, 4000], "hi", FREE)]
    assert [segment.text for segment in segments] == ["0", "2000", "5000", "0 2000"]
    assert [segment.words[0].start_ms for segment in segments] == [0, 3000, 9000, 20_000]


@pytest.mark.parametrize(
    ("language", "chunk_ms", "lengths"),
    [("hi", None, [10_000]), ("ta", None, [5000, 5000]), ("hi", 4000, [3333, 3333, 3334])],
)
def test_chunks_are_as_long_as_the_language_allows(
    language: str, chunk_ms: int | None, lengths: list[int], run: Run
) -> None:
    engine = FakeRecogniser(lambda *_: decoded("ok"))
    run(engine, (0, 10_000), language=language, chunk_ms=chunk_ms, batch_size=8)
    assert engine.decode_calls == [(lengths, language, FREE)]


@pytest.mark.parametrize("chunk_ms", [0, 999, 30_001])
def test_a_chunk_length_that_is_not_possible(chunk_ms: int, run: Run) -> None:
    with pytest.raises(IndicsubsError, match="from 1000 to 30000") as caught:
        run(FakeRecogniser(lambda *_: decoded("ok")), (0, 10_000), chunk_ms=chunk_ms)
    assert caught.value.code is FailureCode.BAD_INPUT


# --- the second try --------------------------------------------------------------------------


def test_repetition_is_decoded_once_more_and_the_better_text_is_kept(run: Run) -> None:
    def answer(_: int, mode: DecodeMode, _language: str) -> DecodedChunk:
        return decoded("हाँ ठीक है", -0.5) if mode is CAREFUL else decoded("हाँ " * 60, -0.1)

    engine = FakeRecogniser(answer)
    _, segments = run(engine, (0, 5000))
    assert engine.decode_calls == [([5000], "hi", FREE), ([5000], "hi", CAREFUL)]
    assert [(s.text, s.note) for s in segments] == [("हाँ ठीक है", None)]


def test_repetition_that_stays_is_noted(run: Run) -> None:
    result, segments = run(FakeRecogniser(lambda *_: decoded("हाँ " * 60)), (5000, 9000))
    assert segments[0].note == "the recogniser repeats itself here; it may have invented this"
    assert result.warnings == ("1 segments may be wrong and have a note, the first at 0:00:05.",)


def test_a_text_that_stays_unsure_is_noted(run: Run) -> None:
    def answer(_: int, mode: DecodeMode, _language: str) -> DecodedChunk:
        return decoded("second" if mode is CAREFUL else "first", -1.9 if mode is CAREFUL else -1.5)

    _, segments = run(FakeRecogniser(answer), (0, 5000))
    assert [(s.text, s.note) for s in segments] == [
        ("first", "the recogniser was very unsure of this")
    ]


def test_cut_off_output_is_decoded_again_in_parts(run: Run) -> None:
    def answer(length: int, mode: DecodeMode, _language: str) -> DecodedChunk:
        return decoded(f"{length}", cut_off=mode is not CAREFUL)

    engine = FakeRecogniser(answer)
    _, segments = run(engine, (0, 4000), (5000, 10_000))
    assert engine.decode_calls[1:] == [([4000, 5000], "hi", CAREFUL)]
    assert times(segments) == [(0, 4000), (5000, 10_000)]
    assert [segment.note for segment in segments] == [None, None]


def test_output_that_is_cut_off_again_is_noted(run: Run) -> None:
    _, segments = run(FakeRecogniser(lambda *_: decoded("हाँ जी", cut_off=True)), (0, 4000))
    assert times(segments) == [(0, 2000), (2000, 4000)]
    assert {segment.note for segment in segments} == {
        "recognition stopped at its longest output; words may be missing"
    }


def test_silence_and_signs_without_words_are_left_out(run: Run) -> None:
    answers = {
        1000: decoded("!!!!"),
        2000: decoded("Thanks", -1.2, no_speech=0.9),
        3000: decoded(" "),
    }
    engine = FakeRecogniser(lambda length, *_: answers.get(length, decoded("हाँ")))
    result, segments = run(engine, (4000, 5000), (8000, 10_000), (20_000, 23_000), (30_000, 34_000))
    assert [segment.text for segment in segments] == ["हाँ"]
    assert result.warnings == (
        "3 stretches of sound gave no words and were left out, the first at 0:00:04.",
    )
    assert {mode for *_, mode in engine.decode_calls} == {FREE}


def test_probabilities_that_are_not_numbers(run: Run) -> None:
    engine = FakeRecogniser(lambda *_: decoded("हाँ", math.nan, no_speech=math.nan))
    _, segments = run(engine, (0, 1000))
    assert [(s.confidence, s.no_speech) for s in segments] == [(None, None)]
    assert segments[0].note == "the recogniser was very unsure of this"


def test_gaps_are_heard_where_the_request_says_so(run: Run) -> None:
    """What only one recogniser hears outside the speech regions is quarantined."""
    engine = FakeRecogniser(lambda length, *_: decoded("हाँ" if length in (1000, 5000) else ""))
    _, segments = run(engine, (5000, 6000), (8000, 60_000), gaps=True, chunk_ms=30_000)
    assert [(s.start_ms, s.end_ms, s.quarantined) for s in segments] == [
        (0, 5000, OUTSIDE_SPEECH),
        (5000, 6000, None),
    ]
    _, segments = run(engine, (5000, 6000), gaps=False)
    assert times(segments) == [(5000, 6000)]


def test_remarks_are_for_readers_of_a_transcript(run: Run) -> None:
    engine = FakeRecogniser(lambda *_: decoded("हाँ"))
    result, _ = run(engine, (0, 1000), remarks=("No punctuation.",))
    assert result.warnings == ("No punctuation.",)
    result, _ = run(FakeRecogniser(lambda *_: decoded("")), (0, 1000), remarks=("No commas.",))
    assert "No commas." not in result.warnings


def test_speech_after_the_last_word_is_decoded_again(run: Run) -> None:
    """The engine stops early twice; the rest of the chunk is heard in three parts."""
    words = (HeardWord(text="हाँ", start_ms=0, end_ms=400),)
    engine = FakeRecogniser(lambda *_: decoded("हाँ", words=words))
    _, segments = run(engine, (0, 1000), (2000, 6000), (7000, 12_000), chunk_ms=12_000)
    assert [lengths for lengths, *_ in engine.decode_calls] == [[12_000], [10_000], [5000]]
    assert times(segments) == [(0, 2000), (2000, 7000), (7000, 12_000)]
    assert [segment.words[0].start_ms for segment in segments] == [0, 2000, 7000]


# --- the language ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("brx", r"recogniser does not know Bodo\. Give a transcript .*--transcript.*: as, bn"),
        ("mr", r"The model fake does not know Marathi"),
        ("xx", r"'xx' is not a language"),
    ],
)
def test_languages_that_cannot_be_recognised(language: str, message: str, run: Run) -> None:
    with pytest.raises(IndicsubsError, match=message):
        run(FakeRecogniser(lambda *_: decoded("")), (0, 1000), language=language)


def test_a_film_without_speech(run: Run) -> None:
    result, segments = run(FakeRecogniser(lambda *_: decoded("")))
    assert segments == ()
    assert (result.language, result.segments) == ("hi", 0)
    assert result.warnings == ("No speech was found; the transcript is empty.",)


@pytest.mark.parametrize(
    ("language", "script", "tag"),
    [("sd", "Deva", "sd-Deva"), ("sd", "Arab", "sd"), ("sd", None, "sd"), ("hi", "Deva", "hi")],
)
def test_the_transcript_names_the_script_that_the_engine_writes(
    language: str, script: str | None, tag: str, run: Run
) -> None:
    engine = FakeRecogniser(lambda *_: decoded("हाँ"), script=script)
    result, (segment,) = run(engine, (0, 1000), language=language)
    assert (result.language, segment.language) == (tag, None)


# --- the script ------------------------------------------------------------------------------


def romanised(in_script: DecodedChunk, **others: DecodedChunk) -> FakeRecogniser:
    """Writes Hindi in Latin letters where it is free, ``others`` in other languages."""

    def answer(_: int, mode: DecodeMode, language: str) -> DecodedChunk:
        if mode is IN_SCRIPT:
            return in_script
        return others.get(language, decoded("yaha shaadi nahim", -0.9))

    return FakeRecogniser(answer, {"en": 0.9, "ur": 0.05, "hi": 0.01} if others else {})


def test_a_text_in_a_wrong_script_is_decoded_in_the_right_one(run: Run) -> None:
    engine = romanised(decoded("यह शादी नहीं", -0.7))
    _, segments = run(engine, (0, 1000), (5000, 7000), (9000, 12_000), script="Deva")
    assert [(s.text, s.note, s.language) for s in segments] == [("यह शादी नहीं", None, None)] * 3
    assert engine.decode_calls == [
        ([1000, 2000], "hi", FREE),
        ([1000, 2000], "hi", IN_SCRIPT),
        ([3000], "hi", FREE),
        ([3000], "hi", IN_SCRIPT),
    ]
    assert engine.detected == [1000, 2000, 3000]


@pytest.mark.parametrize("text", ["हाँ TV पर है", "२० 20", "हाँ"])
def test_latin_words_and_digits_are_no_fault(text: str, run: Run) -> None:
    engine = FakeRecogniser(lambda *_: decoded(text))
    run(engine, (0, 1000), script="Deva")
    assert [mode for *_, mode in engine.decode_calls] == [FREE]


@pytest.mark.parametrize(("script", "only_script"), [(None, None), ("Deva", "Arab")])
def test_without_a_script_or_a_choice_every_script_is_accepted(
    script: str | None, only_script: str | None, run: Run
) -> None:
    engine = romanised(decoded("यह"))
    engine.only_script = only_script
    _, (segment,) = run(engine, (0, 1000), script=script)
    assert (segment.text, segment.note) == ("yaha shaadi nahim", None)
    assert engine.detected == []


@pytest.mark.parametrize(
    ("in_script", "text", "note"),
    [
        (decoded("। ।"), "yaha shaadi nahim", "not in the language's script"),
        (decoded("Yaha", -0.1), "yaha shaadi nahim", "not in the language's script"),
        (decoded("यह", -1.2), "yaha shaadi nahim", "not in the language's script"),
        (decoded("यह " * 60), "yaha shaadi nahim", "not in the language's script"),
    ],
)
def test_a_text_that_stays_in_a_wrong_script_is_noted(
    in_script: DecodedChunk, text: str, note: str, run: Run
) -> None:
    result, (segment,) = run(romanised(in_script), (0, 1000), script="Deva")
    assert (segment.text, segment.note) == (text, note)
    assert "1 segments may be wrong" in result.warnings[0]


def test_of_two_texts_that_cannot_be_trusted_the_better_one_is_kept(run: Run) -> None:
    def answer(_: int, mode: DecodeMode, _language: str) -> DecodedChunk:
        return decoded("यह शादी", -1.1) if mode is IN_SCRIPT else decoded("yaha shaadi", -1.4)

    _, (segment,) = run(FakeRecogniser(answer), (0, 1000), script="Deva")
    assert (segment.text, segment.note) == ("यह शादी", "the recogniser was very unsure of this")

    def worse(_: int, mode: DecodeMode, _language: str) -> DecodedChunk:
        return decoded("यह शादी", -1.6) if mode is IN_SCRIPT else decoded("yaha shaadi", -1.4)

    _, (segment,) = run(FakeRecogniser(worse), (0, 1000), script="Deva")
    assert segment.note == "the recogniser was very unsure of this; not in the language's script"


def test_silence_is_not_decoded_in_a_script(run: Run) -> None:
    engine = FakeRecogniser(lambda *_: decoded("Thanks", -1.2, no_speech=0.9))
    _, segments = run(engine, (0, 1000), script="Deva")
    assert segments == ()
    assert [mode for *_, mode in engine.decode_calls] == [FREE]


def test_a_sentence_in_another_language_stays_in_it(run: Run) -> None:
    engine = romanised(decoded("आस्क नॉट"), en=decoded("Ask not.", -0.2))
    result, (segment,) = run(engine, (0, 1000), script="Deva")
    assert (segment.text, segment.language, segment.note) == ("Ask not.", "en", None)
    assert result.language == "hi"
    assert engine.decode_calls[1:] == [([1000], "en", FREE)]


@pytest.mark.parametrize(
    "english", [decoded("I write my foot", -0.84), decoded("ask " * 60), decoded("...")]
)
def test_another_language_that_is_not_sure_is_not_believed(english: DecodedChunk, run: Run) -> None:
    _, (segment,) = run(romanised(decoded("आज रात"), en=english), (0, 1000), script="Deva")
    assert (segment.text, segment.language) == ("आज रात", None)


# --- the times of words ----------------------------------------------------------------------


def test_the_recogniser_s_word_times(run: Run) -> None:
    words = (
        HeardWord(text="हाँ,", start_ms=100, end_ms=500, score=0.5),
        HeardWord(text="जी", start_ms=600, end_ms=900, score=0.7),
    )
    engine = FakeRecogniser(lambda *_: decoded(" हाँ, जी", words=words))
    _, (segment,) = run(engine, (2000, 3000), audio_start_ms=7)
    assert (segment.start_ms, segment.end_ms) == (2007, 3007)
    assert segment.words == (
        Word(text="हाँ,", start_ms=2107, end_ms=2507, score=0.5),
        Word(text="जी", start_ms=2607, end_ms=2907, score=0.7),
    )
    assert (segment.timing, segment.timed_by) == (Timing.RECOGNISER, "fake")
    assert segment.timing_confidence == pytest.approx(0.6)


def test_without_word_times(run: Run) -> None:
    _, (segment,) = run(FakeRecogniser(lambda *_: decoded("हाँ")), (0, 1000))
    assert (segment.timing, segment.timed_by) == (Timing.ASR, None)
    assert (segment.words, segment.timing_confidence) == ((), None)


# --- errors of the engine --------------------------------------------------------------------


def test_a_full_device_is_reported_with_advice(run: Run) -> None:
    def full(*_: object) -> DecodedChunk:
        raise RuntimeError("CUDA failed with error out of memory")

    with pytest.raises(IndicsubsError, match=r"memory ran out.*--batch-size") as caught:
        run(FakeRecogniser(full), (0, 1000))
    assert caught.value.code is FailureCode.OUT_OF_MEMORY


def test_other_errors_of_an_engine_stay_bugs(run: Run) -> None:
    def broken(*_: object) -> DecodedChunk:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        run(FakeRecogniser(broken), (0, 1000))


@pytest.mark.parametrize("has_window", [False, True])
def test_where_the_memory_is_full_the_batch_halves_and_the_stage_goes_on(
    has_window: bool, run: Run
) -> None:
    class Small(FakeRecogniser):
        def decode(self, chunks: Sequence[bytes], *how: object) -> list[DecodedChunk]:
            if len(chunks) > 1:
                raise MemoryError
            return super().decode(chunks, *how)

    regions = [(4000 * number, 4000 * number + 1000 + number) for number in range(8)]
    plenty = run(FakeRecogniser(lambda ms, *_: decoded(f"{ms}")), *regions, batch_size=8)
    small = Small(lambda ms, *_: decoded(f"{ms}"))
    assert run(small, *regions, batch_size=8, has_window=has_window) == plenty


# --- a run after an interrupted one ----------------------------------------------------------


class KilledRecogniser(FakeRecogniser):
    """A recogniser whose process is killed at one of its calls."""

    def __init__(self, *arguments: object, lives: int) -> None:
        super().__init__(*arguments)
        self.lives = lives

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        if len(self.decode_calls) == self.lives:
            raise KeyboardInterrupt
        return super().decode(chunks, language, mode)


REGIONS = ((0, 1000), (3000, 5000), (9000, 12_000), (20_000, 24_000), (30_000, 31_500))


def answer_with_retries(length_ms: int, mode: DecodeMode, _: str) -> DecodedChunk:
    """Gives text, numbers that are no numbers, silence, and a first output that is not trusted."""
    if length_ms == 2000:
        return decoded("", math.nan, no_speech=math.nan)
    return decoded(f"शब्द {length_ms}", -1.5 if length_ms == 3000 and mode is FREE else -0.1)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("lives", range(9))
def test_a_killed_stage_goes_on_and_its_transcript_is_the_same(
    lives: int, gaps: bool, run: Run
) -> None:
    undisturbed = FakeRecogniser(answer_with_retries)
    expected = run(undisturbed, *REGIONS, gaps=gaps)
    calls = undisturbed.decode_calls
    killed = KilledRecogniser(answer_with_retries, lives=lives)
    if lives < len(calls):
        with pytest.raises(KeyboardInterrupt):
            run(killed, *REGIONS, gaps=gaps, digest="d")
    else:
        run(killed, *REGIONS, gaps=gaps, digest="d")
    after = FakeRecogniser(answer_with_retries)
    assert run(after, *REGIONS, gaps=gaps, digest="d") == expected
    assert after.decode_calls == calls[len(calls) - len(after.decode_calls) :]
    assert len(killed.decode_calls) + len(after.decode_calls) <= len(calls) + 2, "one batch again"
    resumed = [step for step in run.progress if step.resumed]
    assert len(resumed) == (0 < len(after.decode_calls) < len(calls))


def test_a_checkpoint_of_another_request_is_not_used(run: Run) -> None:
    run(FakeRecogniser(lambda *_: decoded("old")), *REGIONS, digest="old")
    _, segments = run(FakeRecogniser(lambda *_: decoded("new")), *REGIONS, digest="new")
    assert {segment.text for segment in segments} == {"new"}
