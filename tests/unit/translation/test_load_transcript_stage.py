"""The stage load_transcript, over files."""

from pathlib import Path

import msgspec
import pytest
from media import make_film
from stage_context import stage_context

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.load_transcript import (
    EditBaseline,
    LoadTranscriptRequest,
    LoadTranscriptResult,
)
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript, Word
from indicsubs_indictrans2 import load_transcript
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS
from indicsubs_text.subtitle_files.style import FileStyle

SRT = "1\n00:00:01,000 --> 00:00:02,000\nतुम यहाँ\n\n2\n00:00:02,000 --> 00:00:03,000\nहो?\n"

CUES = (
    Cue(start_ms=1000, end_ms=2000, lines=("तुम यहाँ",)),
    Cue(start_ms=2000, end_ms=3000, lines=("हो?",)),
)


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(
        Word(text=text, start_ms=k * 100, end_ms=k * 100 + 90, score=0.9)
        for k, text in enumerate(texts)
    )


def segment(text: str, *spoken: str) -> Segment:
    return Segment(start_ms=0, end_ms=1000, text=text, words=words(*spoken))


def load(
    job: Path, name: str, data: bytes, language: str | None = None
) -> tuple[LoadTranscriptResult, Transcript]:
    path = job / name
    path.write_bytes(data)
    context = stage_context(StageName.LOAD_TRANSCRIPT, job)
    source = SourceFile(path=str(path), fingerprint="")
    result = load_transcript.run(LoadTranscriptRequest(source=source, language=language), context)
    written = (job / result.transcript.path).read_bytes()
    return result, msgspec.json.decode(written, type=Transcript)


def test_the_jobs_own_transcript_is_kept_as_it_is(tmp_path: Path) -> None:
    given = Transcript(
        language="hi", language_probability=0.9, segments=(segment("तुम हो?", "तुम", "हो?"),)
    )
    path = tmp_path / "transcript.json"
    path.write_bytes(msgspec.json.encode(given))
    context = stage_context(StageName.LOAD_TRANSCRIPT, tmp_path)
    source = Artifact(
        path="transcript.json", kind="transcript", sha256=sha256(path), bytes=path.stat().st_size
    )
    result = load_transcript.run(LoadTranscriptRequest(source=source), context)
    assert (
        msgspec.json.decode((tmp_path / result.transcript.path).read_bytes(), type=Transcript)
        == given
    )
    assert (result.language, result.segments, result.warnings) == ("hi", 1, ())
    assert result.transcript.language == "hi"


def test_an_edited_transcript_says_what_its_text_says(tmp_path: Path) -> None:
    edited = Transcript(
        language="hin_Deva",
        segments=(
            segment("हम हो?", "तुम", "हो?"),
            segment("एक दो तीन।", "एक", "दो।"),
            segment("बस।"),
        ),
    )
    result, transcript = load(tmp_path, "edited.json", msgspec.json.encode(edited))
    assert transcript.language == "hi"
    replaced, lost, plain = transcript.segments
    assert [(word.text, word.start_ms, word.score) for word in replaced.words] == [
        ("हम", 0, None),
        ("हो?", 100, 0.9),
    ]
    assert (lost.text, lost.words, plain.words) == ("एक दो तीन।", (), ())
    assert result.warnings == (
        "1 edited sentence(s) lost their word times, so cue times are less exact.",
    )


def test_the_cues_of_an_earlier_transcript_stay_cues(tmp_path: Path) -> None:
    words = tuple(Word(text=t, start_ms=k * 100, end_ms=k * 100 + 90) for k, t in enumerate("कखग"))
    fields = {"start_ms": 0, "end_ms": 290, "timing": "subtitle"}
    earlier = {
        "schema": 1,
        "language": "hi",
        "segments": [
            {**fields, "text": "क ख ग", "words": words},
            {**fields, "text": "क घ ग", "words": words},
            {**fields, "text": "क घ", "words": words},
            {**fields, "text": "♪ क ख ग ♪", "words": words},
        ],
    }
    result, transcript = load(tmp_path, "earlier.json", msgspec.json.encode(earlier))
    assert [segment.words for segment in transcript.segments] == [()] * 4
    cues = [segment.timed_texts for segment in transcript.segments]
    assert [[cue.text for cue in found] for found in cues[:3]] == [list("कखग"), list("कघग"), []]
    assert [(cue.start_ms, cue.end_ms) for cue in cues[0]] == [(0, 90), (100, 190), (200, 290)]
    assert result.warnings == (
        "2 edited sentence(s) lost their word times, so cue times are less exact.",
    )


def test_the_language_given_wins(tmp_path: Path) -> None:
    given = Transcript(language="en", segments=(segment("तुम"),))
    result, transcript = load(tmp_path, "a.json", msgspec.json.encode(given), "hin")
    assert result.language == transcript.language == "hi"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("film.SRT", SRT),
        ("film.vtt", "WEBVTT\n\n" + SRT.replace(",", ".")),
        ("film.ass", FORMATS["ass"].write(CUES, FileStyle(language=find_language("hi")))),
        ("film.Ttml", FORMATS["ttml"].write(CUES, FileStyle(language=find_language("hi")))),
    ],
)
def test_subtitles_become_sentences(tmp_path: Path, name: str, text: str) -> None:
    result, transcript = load(tmp_path, name, text.encode(), "hi")
    assert [(s.text, s.start_ms, s.end_ms) for s in transcript.segments] == [
        ("तुम यहाँ हो?", 1000, 3000)
    ]
    assert (result.segments, result.warnings) == (1, ())


def test_an_assumed_encoding_is_a_warning(tmp_path: Path) -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\nIt\u2019s naïve.\n"
    result, transcript = load(tmp_path, "film.srt", srt.encode("cp1252"), "en")
    assert transcript.segments[0].text == "It\u2019s naïve."
    (warning,) = result.warnings
    assert warning.startswith("film.srt: the file is not in UTF-8; it was read as Windows-1252")


def test_cues_without_text_are_counted(tmp_path: Path) -> None:
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\n\n00:01.000 --> 00:02.000\nएक।"
    result, _ = load(tmp_path, "film.vtt", text.encode(), "hi")
    assert result.warnings == ("1 cue(s) of film.vtt without text were left out.",)


@pytest.mark.parametrize(
    ("name", "data", "language", "part"),
    [
        ("film.srt", SRT.encode(), None, "Name it with -s"),
        ("film.srt", SRT.encode(), "klingon", "'klingon' is not a language"),
        ("film.txt", b"Hello", "en", ".json, .srt, .vtt, .ass, .ttml, .ssa, .dfxp, or a film"),
        ("film.srt", b"", "en", "no cue with text"),
        ("film.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\n<i></i>", "en", "no cue with text"),
        ("film.json", b'{"language": "hi"}', None, "film.json"),
        ("film.json", b'{"schema": 99, "language": "hi", "segments": []}', None, "Schema 99"),
        ("film.json", b'{"language": "xx", "segments": []}', None, "'xx' is not a language"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, data: bytes, language: str | None, part: str
) -> None:
    with pytest.raises(IndicsubsError) as caught:
        load(tmp_path, name, data, language)
    assert caught.value.code is FailureCode.BAD_INPUT
    assert part in caught.value.message


@pytest.mark.parametrize("language", ["hi", None])
def test_a_film_is_read_by_its_subtitle_track(tmp_path: Path, language: str | None) -> None:
    make_film(tmp_path / "film.mkv", subtitles=[("hin", "तुम यहाँ हो?")])
    data = (tmp_path / "film.mkv").read_bytes()
    result, transcript = load(tmp_path, "film.mkv", data, language)
    assert (result.language, [one.text for one in transcript.segments]) == ("hi", ["तुम यहाँ हो?"])


@pytest.mark.parametrize(
    ("start_ms", "end_ms"), [(10**18, 10**18 + 1), (-1, 5), (0, 3_600_000_000)]
)
def test_a_segment_with_times_that_no_film_has_is_left_out(
    tmp_path: Path, start_ms: int, end_ms: int
) -> None:
    bad = Segment(start_ms=start_ms, end_ms=end_ms, text="तुम यहाँ हो?")
    good = (
        Segment(start_ms=5000, end_ms=6000, text="दो।"),
        Segment(start_ms=2000, end_ms=1000, text="एक।"),
        Segment(
            start_ms=7000,
            end_ms=8000,
            text="तीन।",
            words=(Word(text="तीन।", start_ms=start_ms, end_ms=end_ms),),
        ),
    )
    given = Transcript(language="hi", segments=(*[bad] * 7, *good))
    result, transcript = load(tmp_path, "a.json", msgspec.json.encode(given))
    assert [(one.start_ms, one.end_ms, one.text, one.words) for one in transcript.segments] == [
        (2000, 2000, "एक।", ()),
        (5000, 6000, "दो।", ()),
        (7000, 8000, "तीन।", ()),
    ]
    left_out, without_words = result.warnings
    assert left_out.startswith("7 segment(s) of the transcript were left out, because a time is")
    assert left_out.endswith(", 5 ('तुम यहाँ हो?') and 2 more.")
    assert without_words.startswith("1 segment(s) lost their word times")
    alone = msgspec.json.encode(Transcript(language="hi", segments=(bad,)))
    with pytest.raises(IndicsubsError, match=r"a.json has no segment with times that can be used"):
        load(tmp_path, "a.json", alone)


def test_a_transcript_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    data = b'{"segments":' + b"[" * 100_000
    with pytest.raises(IndicsubsError, match=r"a.json is not a Transcript file"):
        load(tmp_path, "a.json", data)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    context = stage_context(StageName.LOAD_TRANSCRIPT, tmp_path)
    request = LoadTranscriptRequest(
        source=SourceFile(path=str(tmp_path / "gone.srt"), fingerprint=""), language="hi"
    )
    with pytest.raises(IndicsubsError, match=r"gone\.srt is not there") as caught:
        load_transcript.run(request, context)
    assert caught.value.code is FailureCode.NO_INPUT


@pytest.mark.parametrize("of_the_job", ["cues", "sentences"])
def test_only_the_sentences_of_edited_cues_are_replaced(tmp_path: Path, of_the_job: str) -> None:
    context = stage_context(StageName.LOAD_TRANSCRIPT, tmp_path)
    sentences = (
        Segment(start_ms=1000, end_ms=2000, text="एक।", words=words("एक।")),
        Segment(start_ms=4000, end_ms=5000, text="दो।", words=words("दो।")),
    )
    earlier = Transcript(language="hi", language_probability=0.9, segments=sentences)
    written = "1\n00:00:01,000 --> 00:00:02,000\nएक।\n\n2\n00:00:04,000 --> 00:00:05,000\nदो।\n\n"
    before = EditBaseline(
        transcript=context.write_document("before.json", earlier, "transcript"),
        cues=context.write("made.srt", written.encode(), "srt") if of_the_job == "cues" else None,
    )
    edited = context.write("mine.srt", written.replace("दो", "तीन").encode(), "srt", "hi")
    result = load_transcript.run(
        LoadTranscriptRequest(source=edited, language="hi", baseline=before), context
    )
    written = (tmp_path / result.transcript.path).read_bytes()
    loaded = msgspec.json.decode(written, type=Transcript)
    assert loaded.segments[0] == sentences[0]
    assert loaded.segments[1].text == "तीन।"
    assert (result.language, result.segments) == ("hi", 2)
