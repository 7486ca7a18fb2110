"""A transcript with several languages and quarantined segments: how it is loaded, and edited."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from stage_context import stage_context

from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.messages.load_transcript import (
    EditBaseline,
    LoadTranscriptRequest,
    LoadTranscriptResult,
)
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import SecondHearing, Segment, Timing, Transcript, Word
from indicsubs_indictrans2 import load_transcript
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import language_of_text
from indicsubs_translation.edited_sentences import sentences_from_edited


def spoken(second: int, text: str, **fields: object) -> Segment:
    start, end = 1000 * second, 1000 * second + 900
    word = Word(text=text, start_ms=start, end_ms=end, score=0.9)
    known = {"words": (word,), "timed_by": "wav2vec2", "timing_confidence": 0.8}
    return Segment(
        start_ms=start, end_ms=end, text=text, timing=Timing.ALIGNED, **{**known, **fields}
    )


HINDI = spoken(1, "रुको।")
ENGLISH = spoken(3, "Wait.", language="en")
URDU = spoken(5, "آؤ۔", language="ur", kind="song")
INVENTED = spoken(
    7,
    "धन्यवाद।",
    quarantined="no words were heard there",
    second_hearing=SecondHearing(engine="whisperx", text="", agreement=0.0),
)
FILM = (HINDI, ENGLISH, URDU, INVENTED)


def cue_of(segment: Segment, text: str | None = None) -> Cue:
    lines = (segment.text if text is None else text,)
    return Cue(start_ms=segment.start_ms, end_ms=segment.end_ms, lines=lines)


@dataclass
class Loaded:
    result: LoadTranscriptResult
    segments: tuple[Segment, ...]


def load_json(job: Path, *segments: Segment, language: str | None = None) -> Loaded:
    path = job / "transcript.json"
    path.write_bytes(msgspec.json.encode(Transcript(language="hi", segments=segments)))
    request = LoadTranscriptRequest(
        source=SourceFile(path=str(path), fingerprint=""), language=language
    )
    result = load_transcript.run(request, stage_context(StageName.LOAD_TRANSCRIPT, job))
    data = (job / result.transcript.path).read_bytes()
    return Loaded(result, msgspec.json.decode(data, type=Transcript).segments)


def load_edited(job: Path, *cues: Cue, doubtful: Doubtful = "leave_out") -> tuple[Segment, ...]:
    """The segments after an edit of the transcript that export_transcript wrote."""
    context = stage_context(StageName.LOAD_TRANSCRIPT, job)
    before = Transcript(language="hi", segments=FILM)
    srt = "\n\n".join(
        f"{number}\n00:00:0{cue.start_ms // 1000},000 --> 00:00:0{cue.end_ms // 1000},900\n"
        + "\n".join(cue.lines)
        for number, cue in enumerate(cues, 1)
    )
    result = load_transcript.run(
        LoadTranscriptRequest(
            source=context.write("edited.srt", srt.encode(), "srt", "hi"),
            language="hi",
            baseline=EditBaseline(
                transcript=context.write_document("before.json", before, "transcript"),
                doubtful=doubtful,
            ),
        ),
        context,
    )
    data = (job / result.transcript.path).read_bytes()
    return msgspec.json.decode(data, type=Transcript).segments


def test_a_transcript_in_json_keeps_everything_and_its_languages_are_named(tmp_path: Path) -> None:
    loaded = load_json(tmp_path, *FILM)
    assert loaded.segments == FILM
    assert loaded.result.other_languages == ("en", "ur")


def test_languages_may_be_written_as_people_write_them(tmp_path: Path) -> None:
    segments = [replace(HINDI, language=name) for name in ("English", "urd_Arab", "Hindi")]
    loaded = load_json(tmp_path, *segments)
    assert [segment.language for segment in loaded.segments] == ["en", "ur", None]
    with pytest.raises(IndicsubsError, match="'xx' is not a language"):
        load_json(tmp_path, replace(HINDI, language="xx"))


def test_in_a_film_that_is_urdu_after_all_the_urdu_segments_are_in_its_language(
    tmp_path: Path,
) -> None:
    loaded = load_json(tmp_path, *FILM, language="ur")
    assert [segment.language for segment in loaded.segments] == [None, "en", None, None]
    assert loaded.result.other_languages == ("en",)


def test_a_person_who_corrects_a_quarantined_text_in_json_takes_it_out_of_quarantine(
    tmp_path: Path,
) -> None:
    corrected = replace(INVENTED, text="चलो।")
    longer = replace(INVENTED, text="चलो, घर चलते हैं।")
    loaded = load_json(tmp_path, corrected, longer, INVENTED)
    assert [segment.quarantined for segment in loaded.segments] == [
        None,
        None,
        INVENTED.quarantined,
    ]
    assert loaded.segments[1].timed_by is None, "it has lost the times of its words"
    assert loaded.segments[1].timing_confidence is None


def test_unchanged_segments_keep_their_language_and_their_quarantine(tmp_path: Path) -> None:
    assert load_edited(tmp_path, *map(cue_of, FILM[:3])) == FILM


def test_an_edited_segment_stays_in_its_language_if_it_stays_in_its_script(tmp_path: Path) -> None:
    found = load_edited(
        tmp_path, cue_of(HINDI), cue_of(ENGLISH, "Wait a moment."), cue_of(URDU, "आओ।")
    )
    assert [(segment.text, segment.language) for segment in found[:3]] == [
        ("रुको।", None),
        ("Wait a moment.", "en"),
        ("आओ।", None),
    ]


def test_a_new_cue_where_a_quarantined_segment_was_replaces_it(tmp_path: Path) -> None:
    found = load_edited(tmp_path, *map(cue_of, FILM[:3]), cue_of(INVENTED, "चलो।"))
    assert found[:3] == FILM[:3]
    assert [(segment.text, segment.quarantined) for segment in found[3:]] == [("चलो।", None)]


def test_a_quarantined_segment_that_was_shown_can_be_deleted_corrected_or_left(
    tmp_path: Path,
) -> None:
    shown = [cue_of(segment) for segment in FILM]
    assert load_edited(tmp_path, *shown, doubtful="show") == FILM
    assert load_edited(tmp_path, *shown[:3], doubtful="show") == FILM[:3]
    corrected = load_edited(tmp_path, *shown[:3], cue_of(INVENTED, "चलो।"), doubtful="show")
    assert [(segment.text, segment.quarantined) for segment in corrected[3:]] == [("चलो।", None)]


def test_edited_cues_of_two_languages_are_never_joined() -> None:
    """Without full stops, the four cues would be one sentence."""
    film = [
        spoken(1, "मैंने"),
        spoken(2, "said", language="en"),
        spoken(3, "wait", language="en"),
        spoken(4, "कहा।"),
    ]
    texts = "हमने", "told you", "to wait.", "कहा था।"
    edited = [cue_of(segment, text) for segment, text in zip(film, texts, strict=True)]
    found = sentences_from_edited(edited, [cue_of(segment) for segment in film], film)
    assert [(segment.text, segment.language) for segment in found] == [
        ("हमने", None),
        ("told you to wait.", "en"),
        ("कहा था।", None),
    ]


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("Wait", ("en",), "en"),
        ("Wait", ("en", "en"), "en"),
        ("Wait", ("en", None), None),
        ("Wait", (None,), None),
        ("Wait", (), None),
        ("रुको", ("en",), None),
        ("...", ("en",), "en"),
    ],
)
def test_a_text_is_in_the_language_of_its_segments_and_in_its_script(
    text: str, languages: tuple[str | None, ...], expected: str | None
) -> None:
    segments = [replace(HINDI, language=language) for language in languages]
    assert language_of_text(text, segments) == expected
