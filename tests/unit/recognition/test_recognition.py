"""Stage asr with an engine of straw: chunks, language, distrust, and what is written."""

import math
import wave
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_context import stage_context

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Transcript
from indicsubs_recognition.hypotheses import (
    Decoded,
    clean,
    fault,
    has_words,
    is_silence,
    repetition,
)
from indicsubs_recognition.recognise import average, halve, is_out_of_memory, recognise, spread
from indicsubs_recognition.whisper import new_tokens, prompt_text
from indicsubs_text.clock import clock

Answer = Callable[[int, bool], Decoded]


def said(text: str, log_probability: float = -0.2, **fields: object) -> Decoded:
    defaults = {"no_speech": 0.01, "cut_off": False}
    return Decoded(text=text, log_probability=log_probability, **{**defaults, **fields})


class Straw:
    """Answers by the length of a chunk in ms and by whether it is the second try."""

    languages = frozenset({"hi", "ta", "fr"})

    def __init__(self, answer: Answer, probabilities: dict[str, float] | None = None) -> None:
        self.answer = answer
        self.probabilities = probabilities or {}
        self.asked: list[tuple[list[int], str, bool]] = []
        self.detected: list[int] = []

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        self.detected = [len(data) // 32 for data in chunks]
        return [self.probabilities for _ in chunks]

    def decode(self, chunks: Sequence[bytes], language: str, careful: bool) -> list[Decoded]:
        lengths = [len(data) // 32 for data in chunks]
        self.asked.append((lengths, language, careful))
        return [self.answer(length, careful) for length in lengths]


Run = Callable[..., tuple[AsrResult, tuple[Segment, ...]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the stage over a minute of silence with these regions (ms)."""

    def go(
        engine: Straw, *regions: tuple[int, int], **options: object
    ) -> tuple[AsrResult, tuple[Segment, ...]]:
        go.progress = []
        context = stage_context(StageName.ASR, tmp_path, progress=go.progress)
        write_wav(tmp_path / "audio.wav", bytes(60 * 32_000))
        (tmp_path / "speech.json").write_bytes(msgspec.json.encode(Speech(regions=spans(*regions))))
        defaults: dict[str, object] = {
            "audio": artifact("audio.wav"),
            "speech": artifact("speech.json"),
            "audio_start_ms": 0,
            "model": ModelFolder(name="straw", folder="nowhere", fingerprint=""),
            "device": "cpu",
            "compute_type": "int8",
            "languages": ENGINES["whisperx"].languages,
            "language": "hi",
            "batch_size": 2,
        }
        result = recognise(AsrRequest(**{**defaults, **options}), context, lambda: engine)
        data = (tmp_path / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return go


def write_wav(path: Path, data: bytes, rate: int = 16_000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(data)


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


def spans(*regions: tuple[int, int]) -> tuple[SpeechRegion, ...]:
    return tuple(SpeechRegion(start_ms=a, end_ms=z) for a, z in regions)


def times(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    return [(segment.start_ms, segment.end_ms) for segment in segments]


# --- the flow --------------------------------------------------------------------------------


def test_chunks_go_in_batches_and_come_back_in_order(run: Run) -> None:
    engine = Straw(lambda length, _: said(f" chunk {length}\n"))
    result, segments = run(
        engine, (0, 1000), (3000, 5000), (9000, 12_000), (20_000, 24_000), audio_start_ms=7
    )
    assert engine.asked == [([1000, 2000], "hi", False), ([3000, 4000], "hi", False)]
    assert [segment.text for segment in segments] == [f"chunk {n}000" for n in (1, 2, 3, 4)]
    assert times(segments) == [(7, 1007), (3007, 5007), (9007, 12_007), (20_007, 24_007)]
    assert segments[0].confidence == pytest.approx(math.exp(-0.2))
    assert segments[0].no_speech == 0.01
    assert result.segments == 4
    assert result.language_probability is None
    steps = [step for step in run.progress if isinstance(step, Progress)]
    assert [(step.done, step.total, step.unit) for step in steps] == [
        (3000, 10_000, "film_ms"),
        (10_000, 10_000, "film_ms"),
    ]


@pytest.mark.parametrize(
    ("language", "chunk_ms", "lengths"),
    [("hi", None, [10_000]), ("ta", None, [5000, 5000]), ("hi", 4000, [3333, 3333, 3334])],
)
def test_chunks_are_as_long_as_the_language_allows(
    language: str, chunk_ms: int | None, lengths: list[int], run: Run
) -> None:
    engine = Straw(lambda *_: said("ok"))
    run(engine, (0, 10_000), language=language, chunk_ms=chunk_ms, batch_size=8)
    assert engine.asked == [(lengths, language, False)]


@pytest.mark.parametrize("chunk_ms", [0, 999, 30_001])
def test_chunks_that_cannot_be(chunk_ms: int, run: Run) -> None:
    with pytest.raises(IndicsubsError, match="give 1000 to 30000 ms"):
        run(Straw(lambda *_: said("ok")), (0, 10_000), chunk_ms=chunk_ms)


def test_loops_are_decoded_once_more_and_the_better_text_is_kept(run: Run) -> None:
    def answer(_: int, careful: bool) -> Decoded:
        return said("हाँ ठीक है", -0.5) if careful else said("हाँ " * 60, -0.1)

    engine = Straw(answer)
    _, segments = run(engine, (0, 5000))
    assert engine.asked == [([5000], "hi", False), ([5000], "hi", True)]
    assert [(s.text, s.note) for s in segments] == [("हाँ ठीक है", None)]


def test_a_loop_that_stays_is_noted(run: Run) -> None:
    result, segments = run(Straw(lambda *_: said("हाँ " * 60)), (5000, 9000))
    assert "repeats itself" in (segments[0].note or "")
    assert result.warnings == ("1 segments are doubtful and carry a note, the first at 0:00:05.",)


def test_doubt_that_stays_is_noted(run: Run) -> None:
    def answer(_: int, careful: bool) -> Decoded:
        return said("second" if careful else "first", -1.9 if careful else -1.5)

    _, segments = run(Straw(answer), (0, 5000))
    assert [(s.text, s.note) for s in segments] == [
        ("first", "the recogniser was very unsure of this")
    ]


def test_cut_off_output_is_decoded_again_in_parts(run: Run) -> None:
    def answer(length: int, careful: bool) -> Decoded:
        return said(f"{length}", cut_off=not careful)

    engine = Straw(answer)
    _, segments = run(engine, (0, 4000), (5000, 10_000))
    assert engine.asked[1:] == [([4000, 5000], "hi", True)]
    assert times(segments) == [(0, 4000), (5000, 10_000)]
    assert [segment.note for segment in segments] == [None, None]


def test_output_that_is_cut_off_again_is_noted(run: Run) -> None:
    _, segments = run(Straw(lambda *_: said("हाँ जी", cut_off=True)), (0, 4000))
    assert times(segments) == [(0, 2000), (2000, 4000)]
    assert all("longest output" in (segment.note or "") for segment in segments)


def test_silence_and_mere_signs_are_left_out(run: Run) -> None:
    answers = {1000: said("!!!!"), 2000: said("Thanks", -1.2, no_speech=0.9), 3000: said(" ")}
    engine = Straw(lambda length, _: answers.get(length, said("हाँ")))
    result, segments = run(engine, (4000, 5000), (8000, 10_000), (20_000, 23_000), (30_000, 34_000))
    assert [segment.text for segment in segments] == ["हाँ"]
    assert result.warnings == (
        "3 stretches of sound gave no words and were left out, the first at 0:00:04.",
    )
    assert not any(careful for *_, careful in engine.asked)


def test_numbers_that_are_none(run: Run) -> None:
    _, segments = run(Straw(lambda *_: said("हाँ", math.nan, no_speech=math.nan)), (0, 1000))
    assert [(s.confidence, s.no_speech) for s in segments] == [(None, None)]
    assert segments[0].note == "the recogniser was very unsure of this"


# --- the language ----------------------------------------------------------------------------


def test_the_language_is_told_by_chunks_from_all_over_the_film(run: Run) -> None:
    engine = Straw(lambda *_: said("ஆம்"), {"ta": 0.7, "fr": 0.2})
    result, _ = run(
        engine, *((a * 5000, a * 5000 + 1000 + a) for a in range(11)), language=None, batch_size=99
    )
    assert (result.language, result.language_probability) == ("ta", pytest.approx(0.7))
    assert len(engine.detected) == 8
    assert engine.detected[-1] == 1010
    assert engine.asked[0][1] == "ta"


def test_a_language_that_is_not_translated(run: Run) -> None:
    with pytest.raises(IndicsubsError, match=r"'fr', probability 0\.80.*-s") as caught:
        run(Straw(lambda *_: said(""), {"fr": 0.8}), (0, 1000), language=None)
    assert caught.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("brx", r"recogniser does not know Bodo\. Give a transcript .*--transcript.*: as, bn"),
        ("mr", r"The model straw does not know Marathi"),
        ("xx", r"'xx' is not a language"),
    ],
)
def test_languages_that_cannot_be_recognised(language: str, told: str, run: Run) -> None:
    with pytest.raises(IndicsubsError, match=told):
        run(Straw(lambda *_: said("")), (0, 1000), language=language)


def test_a_film_without_speech(run: Run) -> None:
    result, segments = run(Straw(lambda *_: said("")))
    assert segments == ()
    assert (result.language, result.segments) == ("hi", 0)
    assert result.warnings == ("No speech was found; the transcript is empty.",)
    with pytest.raises(IndicsubsError, match="cannot be told"):
        run(Straw(lambda *_: said("")), language=None)


def test_memory_that_runs_out(run: Run) -> None:
    def full(*_: object) -> Decoded:
        raise RuntimeError("CUDA failed with error out of memory")

    with pytest.raises(IndicsubsError, match="--batch-size") as caught:
        run(Straw(full), (0, 1000))
    assert caught.value.code is FailureCode.OUT_OF_MEMORY


def test_other_errors_of_an_engine_stay_bugs(run: Run) -> None:
    def broken(*_: object) -> Decoded:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        run(Straw(broken), (0, 1000))
    assert not is_out_of_memory(RuntimeError("shape mismatch"))


# --- the parts -------------------------------------------------------------------------------

HINDI = (
    "तुम यहाँ क्या कर रहे हो? मैं तुम्हारा इंतज़ार कर रहा था। दरवाज़ा बंद कर दो। मुझे तुमसे एक ज़रूरी बात"
    " करनी है। आज रात बहुत ठंड है। क्या तुमने खाना खा लिया? वह आदमी झूठ बोल रहा है। पुलिस हमारा पीछा कर"
    " रही है।"
)


def test_ordinary_text_is_no_repetition_in_any_script() -> None:
    assert repetition("") == 0
    assert repetition(HINDI) < 2
    assert repetition("JobSpec not what your country can do for you, ask what you can do.") < 2
    assert repetition("हाँ " * 30) > 2.4
    assert repetition("la " * 30) > 2.4


@given(st.text())
def test_any_text_can_be_judged(text: str) -> None:
    assert repetition(text) >= 0
    assert clean(clean(text)) == clean(text)
    assert "\n" not in clean(text)
    assert has_words(clean(text)) == has_words(text)


@pytest.mark.parametrize(
    ("text", "words"), [("!!!!", False), ("♪ …", False), ("", False), ("हाँ", True), ("५", True)]
)
def test_words(text: str, words: bool) -> None:
    assert has_words(text) is words


def test_half_a_character_at_the_end_is_dropped() -> None:
    assert clean("  ठीक\nहै \ufffd") == "ठीक है"


def test_whisper_s_rule_of_silence() -> None:
    assert is_silence(said("x", -1.1, no_speech=0.7))
    assert not is_silence(said("x", -0.9, no_speech=0.7))
    assert not is_silence(said("x", -1.1, no_speech=0.5))
    assert not is_silence(said("x", math.nan, no_speech=0.9))
    assert fault(said("x")) is None


def test_average_and_spread() -> None:
    assert average([{"hi": 0.8, "ur": 0.2}, {"hi": 0.4}]) == pytest.approx({"hi": 0.6, "ur": 0.1})
    some = spans((0, 1), (1, 5), (5, 6), (6, 8), (8, 12))
    assert spread(some, 2) == [some[1], some[4]]
    assert spread(some, 9) == list(some)


@given(
    st.integers(1000, 30_000),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 9000)), min_size=1, max_size=6),
)
def test_halves_are_short_and_drop_no_speech(start: int, steps: list[tuple[int, int]]) -> None:
    regions: list[tuple[int, int]] = []
    end = start
    for gap, length in steps:
        regions.append((end + gap, end + gap + length))
        end += gap + length
    whole = SpeechRegion(start_ms=regions[0][0], end_ms=regions[-1][1])
    parts = halve(whole, spans(*regions))
    longest = (whole.end_ms - whole.start_ms + 1) // 2
    assert all(part.end_ms - part.start_ms <= longest for part in parts)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(parts))
    covered = {ms for part in parts for ms in range(part.start_ms, part.end_ms)}
    assert covered >= {ms for a, z in regions for ms in range(a, z)}


def test_the_room_for_output() -> None:
    assert new_tokens(0, 4) == 440
    assert new_tokens(223, 4) == 448 - 223 - 1 - 4
    with pytest.raises(IndicsubsError, match="224 tokens long"):
        new_tokens(224, 4)


@pytest.mark.parametrize(
    ("hotwords", "prompt", "text"),
    [(None, None, None), ("", " ", None), ("राजू ", None, " राजू"), ("a", " b", " a b")],
)
def test_prompt(hotwords: str | None, prompt: str | None, text: str | None) -> None:
    request = AsrRequest(
        audio=artifact("a"),
        speech=artifact("s"),
        audio_start_ms=0,
        model=ModelFolder(name="m", folder="f", fingerprint=""),
        device="cpu",
        compute_type="int8",
        languages={},
        hotwords=hotwords,
        initial_prompt=prompt,
    )
    assert prompt_text(request) == text


def test_samples_of_a_span(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    data = bytes(range(256)) * 250  # 2 s
    write_wav(path, data)
    with open_audio(path) as audio:
        for start, end in ((0, 2000), (100, 200), (1999, 2000), (1500, 9000), (-5, 10)):
            span = SpeechRegion(start_ms=start, end_ms=end)
            assert read_samples(audio, span) == data[max(0, start) * 32 : end * 32]
        assert read_samples(audio, SpeechRegion(start_ms=5000, end_ms=6000)) == b""


def test_audio_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for content in (b"", b"no audio at all"):
        path.write_bytes(content)
        with pytest.raises(IndicsubsError, match=r"a\.wav is not a WAV file"):
            open_audio(path)
    for rate, channels in ((44_100, 1), (16_000, 2)):
        write_wav(path, bytes(400), rate, channels)
        with pytest.raises(IndicsubsError, match="is not 16 kHz mono"):
            open_audio(path)


def test_clock() -> None:
    assert [clock(ms) for ms in (0, 999, 61_000, 36_000_000, -1500, -20)] == [
        "0:00:00",
        "0:00:00",
        "0:01:01",
        "10:00:00",
        "-0:00:01",
        "0:00:00",
    ]
