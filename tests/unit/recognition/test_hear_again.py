"""Stage witness with a fake second recogniser."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from recognisers import Answer, FakeRecogniser, artifact, decoded, spans, write_wav
from stage_context import stage_context

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, Transcript
from indicsubs_recognition.chunk_decoding import OUTSIDE_SPEECH
from indicsubs_recognition.chunks import gaps_between
from indicsubs_recognition.hear_again import hear_again

AUDIO_START_MS = 500
DOOR, WATER = "दरवाज़ा बंद कर दो।", "मुझे पानी चाहिए।"

Run = Callable[..., tuple[WitnessResult, tuple[Segment, ...]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the stage over 60 s of audio; its speech lies at 1-3 s, 4-6 s and 30-33 s."""

    def run_stage(
        answer: Answer | None,
        *segments: Segment,
        hears_blanks: bool = False,
        **fields: object,
    ) -> tuple[WitnessResult, tuple[Segment, ...]]:
        run_stage.engine = engine = answer and FakeRecogniser(answer)
        run_stage.requests = []

        def load(request: AsrRequest) -> FakeRecogniser:
            run_stage.requests.append(request)
            assert engine is not None, "the engine must not be loaded"
            return engine

        context = stage_context(StageName.WITNESS, tmp_path)
        write_wav(tmp_path / "audio.wav", bytes(60 * 32_000))
        speech = Speech(regions=spans((1000, 3000), (4000, 6000), (30_000, 33_000)))
        (tmp_path / "speech.json").write_bytes(msgspec.json.encode(speech))
        first = Transcript(language="hi", segments=segments)
        (tmp_path / "heard.json").write_bytes(msgspec.json.encode(first))
        options = {"scope": "all", "corrects": True, "script": "Deva", **fields}
        request = WitnessRequest(
            audio=artifact("audio.wav"),
            speech=artifact("speech.json"),
            audio_start_ms=AUDIO_START_MS,
            transcript=artifact("heard.json"),
            engine="whisperx",
            model=ModelFolder(name="fake", folder="nowhere", fingerprint=""),
            device="cpu",
            compute_type="int8",
            language=options.pop("language", EngineLanguage(code="hi")),
            **options,
        )
        result = hear_again(request, context, load, hears_blanks=hears_blanks)
        data = (tmp_path / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run_stage


def first(start_ms: int, end_ms: int, text: str = DOOR, **fields: object) -> Segment:
    """A segment of the first recogniser; the times are those of the audio."""
    return Segment(
        start_ms=start_ms + AUDIO_START_MS, end_ms=end_ms + AUDIO_START_MS, text=text, **fields
    )


def says(text: str, **fields: object) -> Answer:
    return lambda length, mode, language: decoded(text, **fields)


def test_every_segment_is_heard_and_kept(run: Run) -> None:
    result, segments = run(says(DOOR), first(1000, 3000), first(4000, 6000))
    assert (result.heard, result.corrected, result.quarantined, result.added) == (2, 0, 0, 0)
    assert result.warnings == ()
    assert [s.text for s in segments] == [DOOR, DOOR]
    assert [s.second_hearing and s.second_hearing.agreement for s in segments] == [1.0, 1.0]
    (request,) = run.requests
    assert (request.language, request.script) == ("hi", "Deva")


def test_only_doubtful_segments_are_heard_where_the_scope_says_so(run: Run) -> None:
    doubtful = first(4000, 6000, note="unsure")
    result, segments = run(says(DOOR), first(1000, 3000), doubtful, scope="doubtful")
    assert result.heard == 1
    assert [s.second_hearing is not None for s in segments] == [False, True]
    quarantined = first(1000, 3000, quarantined="in a gap")
    result, segments = run(says(DOOR), quarantined, scope="doubtful")
    assert (result.heard, segments[0].quarantined) == (1, None)


def test_without_anything_to_hear_the_engine_is_not_loaded(run: Run) -> None:
    result, segments = run(None, first(1000, 3000), scope="doubtful")
    assert (result.heard, len(segments)) == (0, 1)
    assert run(None)[0].heard == 0


def test_a_doubtful_line_that_only_one_hears_is_quarantined(run: Run) -> None:
    ghost = first(4000, 6000, "Thank you for watching.", note="unsure")
    result, segments = run(says(""), first(1000, 3000), ghost)
    assert result.quarantined == 1
    assert [bool(s.quarantined) for s in segments] == [False, True]
    assert segments[0].note == "a second recogniser hears no words here"
    (warning,) = result.warnings
    assert warning.startswith("1 segments were probably never spoken")


def test_silence_counts_as_no_words(run: Run) -> None:
    answer = says(WATER, log_probability=-1.5, no_speech=0.9)
    _, (segment,) = run(answer, first(1000, 3000, note="unsure"))
    assert segment.quarantined is not None
    assert segment.second_hearing is not None
    assert segment.second_hearing.text == ""


def test_a_correction(run: Run) -> None:
    result, (segment,) = run(says(WATER), first(1000, 3000, note="unsure"))
    assert result.corrected == 1
    assert (segment.text, segment.note) == (WATER, None)
    assert (segment.start_ms, segment.end_ms) == (1500, 3500)
    assert segment.second_hearing is not None
    assert segment.second_hearing.replaced == DOOR


def test_a_chunk_that_is_heard_in_halves_is_one_segment_again(run: Run) -> None:
    """The output of the whole chunk is cut off, so its halves are decoded."""

    def answer(length: int, mode: object, language: str) -> object:
        return decoded(DOOR if length < 2000 else "", cut_off=length >= 2000, log_probability=-0.2)

    _, (segment,) = run(answer, first(1000, 3000, note="unsure"))
    assert segment.second_hearing is not None
    assert segment.second_hearing.text == f"{DOOR} {DOOR}"


def test_segments_in_another_language_are_not_heard(run: Run) -> None:
    english = first(1000, 3000, "Close the door.", language="en", note="unsure")
    result, segments = run(says(DOOR), english, first(4000, 6000, language="hi"))
    assert result.heard == 1
    assert segments[0].second_hearing is None


def test_gaps_are_heard_by_an_engine_that_answers_silence_with_blanks(run: Run) -> None:
    result, segments = run(says(DOOR), first(1000, 3000), hears_blanks=True)
    assert [(s.start_ms - AUDIO_START_MS, s.quarantined) for s in segments] == [
        (0, OUTSIDE_SPEECH),
        (1000, None),
        (3000, OUTSIDE_SPEECH),
        (6000, OUTSIDE_SPEECH),
        (18_000, OUTSIDE_SPEECH),
        (33_000, OUTSIDE_SPEECH),
        (42_000, OUTSIDE_SPEECH),
        (51_000, OUTSIDE_SPEECH),
    ]
    assert (result.heard, result.added, result.quarantined) == (1, 7, 7)
    quiet, segments = run(
        lambda length, mode, language: decoded(DOOR if length == 2000 else ""),
        first(1000, 3000),
        hears_blanks=True,
    )
    assert (quiet.added, len(segments)) == (0, 1)


def test_gaps() -> None:
    assert gaps_between((), 900) == []
    assert gaps_between((), 1000) == [*spans((0, 1000))]
    assert gaps_between(spans((500, 2000), (2900, 5000)), 5900) == []
    assert gaps_between(spans((1000, 2000)), 1500) == [*spans((0, 1000))]
    long = gaps_between((), 30_000)
    assert (long[0].start_ms, long[-1].end_ms, len(long)) == (0, 30_000, 3)


def test_a_model_that_does_not_know_the_language(run: Run) -> None:
    with pytest.raises(IndicsubsError, match=r"does not know Hindi.*--witness none") as caught:
        run(says(DOOR), first(1000, 3000), language=EngineLanguage(code="klingon"))
    assert caught.value.code is FailureCode.BAD_INPUT
