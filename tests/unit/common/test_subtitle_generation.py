from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from fonts import make_font
from media import make_film, make_shots
from report_jobs import write_wave
from stage_context import stage_context

from indicsubs_common.report.document import Report
from indicsubs_common.subtitle_generation import run
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.subtitles import EditedSubtitles, SubtitleFiles, SubtitleRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import (
    NOT_TRANSLATED,
    QualityIssue,
    SecondHearing,
    Segment,
    Timing,
    Transcript,
    Translation,
    Word,
)
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files import subrip, webvtt
from indicsubs_text.subtitle_files.formats import FORMATS

SEGMENTS = (
    Segment(
        start_ms=1_000,
        end_ms=2_500,
        text="तुम कहाँ हो?",
        timing=Timing.ALIGNED,
        words=(
            Word(text="तुम", start_ms=1_000, end_ms=1_400),
            Word(text="कहाँ", start_ms=1_500, end_ms=1_900),
            Word(text="हो?", start_ms=2_000, end_ms=2_500),
        ),
    ),
    Segment(start_ms=4_000, end_ms=5_500, text="मैं घर पर हूँ।"),
)


def from_srt(text: str) -> tuple[Cue, ...]:
    return subrip.read(text).cues


TRANSCRIPT = Transcript(language="hi", segments=SEGMENTS)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return stage_context(StageName.SUBTITLE_GENERATION, tmp_path)


def document(context: Context, name: str, content: msgspec.Struct) -> Artifact:
    return context.write_document(name, content, "transcript")


def request(
    context: Context,
    translations: Sequence[Translation] = (),
    transcript: Transcript = TRANSCRIPT,
    **fields,
) -> SubtitleRequest:
    return SubtitleRequest(
        transcript=document(context, "transcript.json", transcript),
        translations=tuple(
            document(context, f"{number}.json", translation)
            for number, translation in enumerate(translations)
        ),
        **fields,
    )


def translation(language: str, *texts: str) -> Translation:
    return Translation(language=language, source_language="hi", texts=texts)


def names(artifacts: Sequence[Artifact]) -> list[str]:
    return [artifact.path for artifact in artifacts]


def test_writes_both_formats_for_each_language_the_source_first(context: Context, tmp_path: Path):
    english = translation("en", "Where are you?", "I am at home.")
    tamil = translation("ta", "நீ எங்கே இருக்கிறாய்?", "")
    result = run(request(context, [english, tamil]), context)
    assert [(a.path, a.kind, a.language) for a in result.subtitles] == [
        ("out/hin.srt", "srt", "hi"),
        ("out/hin.vtt", "vtt", "hi"),
        ("out/eng.srt", "srt", "en"),
        ("out/eng.vtt", "vtt", "en"),
        ("out/tam.srt", "srt", "ta"),
        ("out/tam.vtt", "vtt", "ta"),
    ]
    assert result.cues == {"hi": 2, "en": 2, "ta": 1}
    assert result.warnings == ()
    cues = from_srt((tmp_path / "out/eng.srt").read_text(encoding="utf-8"))
    assert [(cue.start_ms, cue.lines) for cue in cues] == [
        (1_000, ("Where are you?",)),
        (4_000, ("I am at home.",)),
    ]
    assert "तुम कहाँ हो?" in (tmp_path / "out/hin.vtt").read_text(encoding="utf-8")


def test_languages_that_share_a_code_are_named_by_their_tags(context: Context):
    both = [translation("ks", "ا", "ب"), translation("ks-Deva", "अ", "ब")]
    result = run(request(context, both), context)
    assert names(result.subtitles)[2:] == [
        "out/ks.srt",
        "out/ks.vtt",
        "out/ks-Deva.srt",
        "out/ks-Deva.vtt",
    ]


def test_the_source_language_as_target_is_dropped_with_a_warning(context: Context):
    result = run(request(context, [translation("hi", "तुम कहाँ हो?", "मैं घर पर हूँ।")]), context)
    assert names(result.subtitles) == ["out/hin.srt", "out/hin.vtt"]
    assert result.warnings == ("Hindi was requested twice; the first text is used.",)


def test_a_transcript_without_segments_has_valid_empty_files(context: Context, tmp_path: Path):
    result = run(request(context, transcript=Transcript(language="hi", segments=())), context)
    assert result.cues == {"hi": 0}
    assert (tmp_path / "out/hin.srt").read_text() == ""
    assert (tmp_path / "out/hin.vtt").read_text().startswith("WEBVTT")


def test_cues_end_with_the_film_and_keep_the_rules_of_their_language(
    context: Context, tmp_path: Path
):
    rules = {"hi": Rules(line_characters=8, lines=1, linger_ms=0, shortest_ms=500)}
    english = translation("en", "Where are you?", "I am at home.")
    run(request(context, [english], film_end_ms=5_000, rules=rules), context)
    cues = from_srt((tmp_path / "out/hin.srt").read_text(encoding="utf-8"))
    assert cues[-1].end_ms == 5_000
    assert [cue.lines for cue in cues] == [
        ("तुम कहाँ हो?",),
        ("मैं",),
        ("घर पर हूँ।",),
    ]
    assert len(from_srt((tmp_path / "out/eng.srt").read_text(encoding="utf-8"))) == 2


def film(path: Path) -> SourceFile:
    return SourceFile(path=str(path), fingerprint="")


def test_cues_follow_the_film_s_shot_changes_and_its_rate(context: Context, tmp_path: Path):
    path = make_shots(tmp_path / "film.mp4", cuts_ms=[800, 2_600], seconds=6)
    result = run(request(context, film=film(path)), context)
    first, _ = from_srt((tmp_path / "out/hin.srt").read_text(encoding="utf-8"))
    assert (first.start_ms, first.end_ms) == (800, 2_600 - 80)  # two frames at 25 a second
    assert result.warnings == ()
    run(request(context, film=film(path), frame_rate="50/1"), context)
    first, _ = from_srt((tmp_path / "out/hin.srt").read_text(encoding="utf-8"))
    assert first.end_ms == 2_600 - 40


def test_an_end_that_a_shot_change_has_moved_respects_the_next_one_too(
    context: Context, tmp_path: Path
):
    path = make_shots(tmp_path / "film.mp4", cuts_ms=[2_800, 3_760], seconds=6)
    alone = Transcript(
        language="hi", segments=(Segment(start_ms=1_000, end_ms=3_000, text="मैं घर पर हूँ।"),)
    )
    run(request(context, transcript=alone, film=film(path)), context)
    (cue,) = from_srt((tmp_path / "out/hin.srt").read_text(encoding="utf-8"))
    assert (cue.start_ms, cue.end_ms) == (1_000, 3_760 - 80)  # and not 2_800 + 500


def test_a_film_without_a_picture_has_subtitles_and_a_warning(context: Context, tmp_path: Path):
    path = make_film(tmp_path / "film.m4a", container="mp4", video=None)
    result = run(request(context, film=film(path)), context)
    assert result.cues == {"hi": 2}
    assert result.warnings == (
        "The film has no picture that can be decoded. Cues are not fitted to shot changes.",
    )


def test_the_film_is_not_opened_where_no_rule_needs_shot_changes(context: Context, tmp_path: Path):
    absent = film(tmp_path / "film.mp4")
    result = run(request(context, film=absent, rules={"hi": Rules(cut_ms=0)}), context)
    assert result.warnings == ()
    with pytest.raises(IndicsubsError, match="not there"):
        run(request(context, film=absent), context)


def test_a_warning_counts_the_cues_that_break_a_rule(context: Context):
    result = run(request(context, [translation("en", "a" * 50, "b")]), context)
    (warning,) = result.warnings
    assert warning == (
        "English: 1 of 2 cues break a rule: length 1 (worst in cue 1: 50 characters, limit 42)."
    )


@pytest.mark.parametrize("texts", [("Only one.",), ("One.", "Two.", "Three.")])
def test_refuses_a_translation_of_another_transcript(context: Context, texts: tuple[str, ...]):
    with pytest.raises(IndicsubsError, match=f"has {len(texts)} texts.*2 segments") as caught:
        run(request(context, [translation("en", *texts)]), context)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_refuses_a_file_that_is_not_a_transcript(context: Context):
    artifact = context.write("transcript.json", b'{"language": "hi"}', "transcript")
    with pytest.raises(IndicsubsError, match=r"transcript\.json is not a Transcript") as caught:
        run(SubtitleRequest(transcript=artifact), context)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_refuses_rules_that_no_cue_can_keep(context: Context):
    rules = {"hi": Rules(profile="mine.toml", shortest_ms=2_000, longest_ms=1_000)}
    with pytest.raises(
        IndicsubsError, match=r"mine\.toml for Hindi: longest_ms, 1000 ms"
    ) as caught:
        run(request(context, rules=rules), context)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_writes_the_report_of_the_same_cues(context: Context, tmp_path: Path):
    english = translation("en", "Where are you?", "I am at home.")
    write_wave(tmp_path / "audio.wav", [9_000] * 16_000)
    audio = Artifact(path="audio.wav", kind="audio", sha256="", bytes=0)
    result = run(
        request(context, [english], film_path="/films/a b.mkv", audio=audio, audio_start_ms=500),
        context,
    )
    assert [(a.path, a.kind) for a in result.report] == [
        ("out/report.html", "html"),
        ("out/report.json", "json"),
        ("out/report.csv", "csv"),
    ]
    report = msgspec.json.decode((tmp_path / "out/report.json").read_bytes(), type=Report)
    assert report.film == "a b.mkv"
    for language, name in zip(report.languages, ("hin", "eng"), strict=True):
        assert language.file == f"a b.{name}.srt"
        cues = from_srt((tmp_path / f"out/{name}.srt").read_text(encoding="utf-8"))
        assert [(c.start_ms, c.lines) for c in cues] == [
            (c.start_ms, c.lines) for c in language.cues
        ]
    assert '"start_ms":500,"bucket_ms":50' in (tmp_path / "out/report.html").read_text("utf-8")
    assert (tmp_path / "out/report.csv").read_bytes().count(b"\r\n") == 5


def test_the_report_has_the_quality_issues_of_a_translation(context: Context, tmp_path: Path):
    issue = QualityIssue(index=1, reason="numbers", detail="5 missing")
    english = msgspec.structs.replace(translation("en", "Where are you?", "Home."), issues=(issue,))
    run(request(context, [english]), context)
    report = msgspec.json.decode((tmp_path / "out/report.json").read_bytes(), type=Report)
    assert [(s.language, s.number) for s in report.suspects] == [("en", 2)]


MINE = """1
00:00:04,000 --> 00:00:05,500
I'm
home.

2
00:00:01,000 --> 00:00:01,300
Where on earth are you, my dear old friend from years ago?

"""


def edited(
    context: Context, text: str = MINE, language: str = "en", before: Transcript | None = None
) -> EditedSubtitles:
    return EditedSubtitles(
        subtitles=context.write("mine.srt", text.encode(), "srt", language),
        transcript=document(context, "before.json", before) if before else None,
    )


def test_edited_cues_are_used_as_they_are_and_only_checked(context: Context, tmp_path: Path):
    english = translation("en", "Where are you?", "I am at home.")
    tamil = translation("ta", "நீ எங்கே இருக்கிறாய்?", "வீட்டில்.")
    run(request(context, [english, tamil], film_end_ms=5_000), context)
    others = [(tmp_path / f"out/{name}.srt").read_bytes() for name in ("hin", "tam")]
    with_edits = request(context, [english, tamil], edited=(edited(context),), film_end_ms=5_000)
    result = run(with_edits, context)
    assert [
        (cue.start_ms, cue.end_ms, cue.lines)
        for cue in webvtt.read((tmp_path / "out/eng.vtt").read_text(encoding="utf-8")).cues
    ] == [
        (1_000, 1_300, ("Where on earth are you, my dear old friend from years ago?",)),
        (4_000, 5_000, ("I'm", "home.")),
    ]
    assert (tmp_path / "out/eng.srt").read_text() == MINE, "the person's file stays as it is"
    assert "I'm\nhome." in (tmp_path / "out/eng.vtt").read_text(encoding="utf-8")
    shortened, warning = result.warnings
    assert shortened == "English: 1 cue(s) end with the film instead of after it: 0:00:04."
    assert warning.startswith("English: 1 of 2 cues break a rule: length 1")
    report = msgspec.json.decode((tmp_path / "out/report.json").read_bytes(), type=Report)
    rules = {flag.rule for cue in report.languages[1].cues for flag in cue.flags}
    assert rules == {"length", "short", "speed"}
    assert [p.cues for p in report.passages] == [
        {"hi": (n,), "en": (n,), "ta": (n,)} for n in (1, 2)
    ]
    assert [(tmp_path / f"out/{name}.srt").read_bytes() for name in ("hin", "tam")] == others


def test_an_edited_file_is_published_as_it_is_beside_the_other_formats(
    context: Context, tmp_path: Path
) -> None:
    script = (
        "[V4+ Styles]\nStyle: Sign,Impact\n\n[Events]\n"
        "Comment: 0,0:00:00.00,0:00:01.00,,,0,0,0,,a note\n"
        "Dialogue: 7,0:00:01.00,0:00:02.00,Sign,,0,0,0,,{\\pos(1,2)}A shop.\n"
    )
    mine = EditedSubtitles(subtitles=context.write("mine.ass", script.encode(), "ass", "en"))
    english = translation("en", "Where are you?", "I am at home.")
    result = run(request(context, [english], edited=(mine,)), context)
    written = [path for path in names(result.subtitles) if "eng" in path]
    assert written == ["out/eng.ass", "out/eng.srt", "out/eng.vtt"]
    assert (tmp_path / "out/eng.ass").read_text() == script
    assert "\nA shop.\n" in (tmp_path / "out/eng.srt").read_text()


def test_edited_italics_stay_even_if_the_rules_have_none_for_songs(
    context: Context, tmp_path: Path
):
    text = MINE.replace("I'm\nhome.", "<i>I'm\nhome.</i>")
    rules = {"en": Rules(song_italics=False)}
    english = translation("en", "Where are you?", "I am at home.")
    run(request(context, [english], edited=(edited(context, text),), rules=rules), context)
    assert "<i>I'm\nhome.</i>" in (tmp_path / "out/eng.srt").read_text(encoding="utf-8")


def test_edited_cues_whose_sentences_have_changed_stay_and_are_named(
    context: Context, tmp_path: Path
):
    before = msgspec.structs.replace(
        TRANSCRIPT, segments=(SEGMENTS[0], msgspec.structs.replace(SEGMENTS[1], text="मैं यहाँ हूँ।"))
    )
    issues = (QualityIssue(index=0, reason="numbers", detail=""),)
    english = msgspec.structs.replace(
        translation("en", "Where are you?", "I am at home."), issues=issues
    )
    text = MINE.replace("00:00:01,300", "00:00:02,900").replace(" my dear old friend from", "")
    result = run(
        request(context, [english], edited=(edited(context, text, before=before),)), context
    )
    assert result.warnings[0] == (
        "English: The sentences under 1 edited cue(s) have changed; check these cues:"
        ' 0:00:04 "I\'m home.".'
    )
    report = msgspec.json.decode((tmp_path / "out/report.json").read_bytes(), type=Report)
    flags = [[flag.rule for flag in cue.flags] for cue in report.languages[1].cues]
    assert flags[1] == ["outdated"]
    assert "numbers" not in flags[0], "the text with the issue was replaced"


def test_source_cues_can_be_edited_too(context: Context, tmp_path: Path):
    run(request(context, edited=(edited(context, language="hi"),)), context)
    assert "I'm\nhome." in (tmp_path / "out/hin.srt").read_text(encoding="utf-8")


def test_refuses_edits_in_a_language_that_was_not_requested(context: Context):
    with pytest.raises(IndicsubsError, match="no subtitles in English were requested") as caught:
        run(request(context, edited=(edited(context),)), context)
    assert caught.value.code is FailureCode.BAD_INPUT


# --- other languages and quarantine ------------------------------------------------------------

URDU, ENGLISH = "یہاں آؤ، میرے دوست۔", "Wait a moment (please)."
MIXED = Transcript(
    language="hi",
    segments=(
        *SEGMENTS,
        Segment(start_ms=7_000, end_ms=9_000, text=URDU, language="ur", kind="song"),
        Segment(start_ms=10_000, end_ms=12_000, text=ENGLISH, language="en"),
        Segment(start_ms=13_000, end_ms=14_000, text="धन्यवाद।", quarantined="nobody speaks"),
    ),
)


def files_of(context: Context, artifacts: Sequence[Artifact]) -> dict[str, str]:
    return {file.path[4:]: context.path(file).read_text(encoding="utf-8") for file in artifacts}


def test_every_format_sets_each_language_in_its_font_and_direction(context: Context):
    english = Translation(
        language="en",
        source_language="hi",
        texts=("Where are you?", "I am at home.", URDU, ENGLISH, ""),
        issues=(QualityIssue(index=2, reason=NOT_TRANSLATED, detail="no model"),),
    )
    formats = SubtitleFiles(formats=tuple(FORMATS), width=1920, height=1080)
    result = run(request(context, [english], MIXED, files=formats), context)
    assert result.cues == {"hi": 4, "en": 4}
    files = files_of(context, result.subtitles)
    for name, text in files.items():
        kind = name.rpartition(".")[2]
        lines = [" ".join(cue.lines) for cue in FORMATS[kind].decode(text.encode(), name).cues]
        assert lines[2:] == [f"♪ {URDU} ♪", ENGLISH], name
        if kind in {"srt", "vtt", "ass"}:
            assert text.count("\u202b") == text.count("\u202c") == 1, "only Urdu is embedded"
    urdu, latin = (
        next(line for line in files["hin.ass"].split("\n") if part in line)
        for part in ("دوست", "moment")
    )
    assert r"{\fnNoto Nastaliq Urdu\fs108}{\i1}" in urdu
    assert r"{\fnNoto Sans\fs" in latin
    assert files["hin.ass"].count(r"\fn") == 2
    assert r"\fnNoto Nastaliq Urdu" in files["eng.ass"]
    assert files["eng.ass"].count(r"\fn") == 1, "English is in the font of the file"
    assert ' xml:lang="ur" tts:direction="rtl" tts:fontFamily="' in files["hin.ttml"]
    assert ' xml:lang="en" tts:direction="ltr" tts:fontFamily="' in files["hin.ttml"]
    assert '"language": "ur"' in files["hin.json"]


def test_an_english_line_in_an_urdu_film_is_not_set_from_right_to_left(context: Context):
    film = Transcript(
        language="ur",
        segments=(
            Segment(start_ms=0, end_ms=2_000, text=URDU),
            Segment(start_ms=3_000, end_ms=5_000, text=ENGLISH, language="en"),
        ),
    )
    result = run(request(context, transcript=film, files=SubtitleFiles(formats=("srt",))), context)
    (srt,) = files_of(context, result.subtitles).values()
    assert f"\u202b{URDU}\u202c" in srt
    assert f"\n{ENGLISH}\n" in srt


def test_the_user_s_font_is_the_font_of_every_language(context: Context, tmp_path: Path):
    font = SourceFile(path=str(make_font(tmp_path / "Mine.ttf", "a", "Mine")), fingerprint="")
    formats = SubtitleFiles(formats=("ass", "ttml"), font=font)
    files = files_of(context, run(request(context, (), MIXED, files=formats), context).subtitles)
    assert r"\fn" not in files["hin.ass"]
    assert files["hin.ttml"].count("tts:fontFamily") == 1


def test_quarantined_segments_are_shown_on_request_and_always_in_the_report(context: Context):
    for doubtful, cues in (("leave_out", 4), ("show", 5)):
        result = run(request(context, (), MIXED, doubtful=doubtful), context)
        assert result.cues == {"hi": cues}
        report = report_of(context, result.report)
        noted = [segment for segment in report.noted_segments if segment.quarantined]
        assert [segment.text for segment in noted] == ["धन्यवाद।"]
        assert report.quarantined_shown == (doubtful == "show")


def report_of(context: Context, artifacts: Sequence[Artifact]) -> Report:
    (file,) = [file for file in artifacts if file.kind == "json"]
    return msgspec.json.decode(context.path(file).read_bytes(), type=Report)


def test_edited_cues_keep_the_language_of_their_segments(context: Context):
    """A person has translated the Urdu song, but not the English sentence."""
    edited = "\n\n".join(
        (
            "1\n00:00:01,000 --> 00:00:02,500\nतुम कहाँ हो?",
            "2\n00:00:07,000 --> 00:00:09,000\nयहाँ आओ, मेरे दोस्त।",
            "3\n00:00:10,000 --> 00:00:12,000\nWait, please.",
        )
    )
    english = Translation(
        language="en",
        source_language="hi",
        texts=("Where are you?", "I am at home.", URDU, ENGLISH, ""),
        issues=(QualityIssue(index=2, reason=NOT_TRANSLATED, detail="no model"),),
    )
    in_english = "1\n00:00:01,000 --> 00:00:02,500\nWhere?\n\n2\n00:00:07,000 --> 00:00:09,000\n"
    result = run(
        request(
            context,
            [english],
            MIXED,
            files=SubtitleFiles(formats=("json",)),
            edited=(
                EditedSubtitles(
                    subtitles=context.write("hi.srt", edited.encode(), "srt", "hi"),
                    transcript=document(context, "before.json", MIXED),
                ),
                EditedSubtitles(
                    subtitles=context.write("en.srt", (in_english + URDU).encode(), "srt", "en")
                ),
            ),
        ),
        context,
    )
    assert result.warnings == (), "nobody misses a cue of the quarantined segment"
    files = files_of(context, result.subtitles)
    languages = {
        name: [cue["language"] for cue in msgspec.json.decode(text)["cues"]]
        for name, text in files.items()
        if name.endswith(".json")  # the edited files are beside them
    }
    assert languages == {"hin.json": [None, None, "en"], "eng.json": [None, "ur"]}


def test_a_corrected_sentence_is_in_the_report(context: Context):
    second = SecondHearing(engine="whisperx", text="रुको।", agreement=0.4, replaced="झुको।")
    film = Transcript(
        language="hi",
        segments=(Segment(start_ms=0, end_ms=900, text="रुको।", second_hearing=second),),
    )
    (noted,) = report_of(
        context, run(request(context, transcript=film), context).report
    ).noted_segments
    assert noted.second_hearing == second


def test_forced_subtitles_have_only_the_lines_in_other_languages(context: Context):
    urdu = Segment(start_ms=7_000, end_ms=8_500, text="آپ کون ہیں؟", language="ur")
    english = Segment(start_ms=9_000, end_ms=9_900, text="Hello.", language="en")
    transcript = Transcript(language="hi", segments=(*SEGMENTS, urdu, english))
    translated = Translation(
        language="en",
        source_language="hi",
        texts=("Where are you?", "At home.", "Who are you?", "Hello."),
        issues=(QualityIssue(index=3, reason=NOT_TRANSLATED, detail=""),),
    )
    result = run(request(context, [translated], transcript, only_other_languages=True), context)
    assert result.cues == {"hi": 2, "en": 2}
    texts = {
        file.language: [" ".join(cue.lines) for cue in from_srt(context.path(file).read_text())]
        for file in result.subtitles
        if file.kind == "srt"
    }
    assert [text.strip("\u202b\u202c") for text in texts["hi"]] == ["آپ کون ہیں؟", "Hello."]
    assert texts["en"] == ["Who are you?", "Hello."]


def test_a_transcript_after_the_film_gets_no_cue(context: Context, tmp_path: Path):
    """Stage demux has not run, so the request does not say where the film ends."""
    path = make_film(tmp_path / "film.mkv", audio=None, seconds=2.0)
    segments = tuple(
        Segment(start_ms=at, end_ms=at + 500, text=text, timing=Timing.SUBTITLE, cues=())
        for at, text in ((1_000, "एक।"), (36_000_000, "दो।"))
    )
    given = Transcript(language="hi", segments=segments)
    result = run(request(context, transcript=given, film=film(path)), context)
    cues = from_srt((tmp_path / "out/hin.srt").read_text(encoding="utf-8"))
    assert [(cue.start_ms, cue.lines) for cue in cues] == [(1_000, ("एक।",))]
    assert result.warnings[0].startswith(
        "Hindi: 1 line(s) were left out, because they begin after the film's end (0:00:02):"
        " 10:00:00."
    )
    (tmp_path / "film.mkv").write_text("no film")
    result = run(
        request(context, transcript=given, film=film(path), rules={"hi": Rules(cut_ms=0)}), context
    )
    assert result.cues == {"hi": 2}
