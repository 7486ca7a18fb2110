"""Cues to sentences."""

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from indicsubs_contract.transcript import Segment, SegmentCue, Timing, Word
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_translation.cue_sentences import (
    JOIN_WITHIN_MS,
    LONGEST_SENTENCE,
    sentences_from_cues,
    with_kind,
)


def cue(start_ms: int, end_ms: int, text: str, speaker: str | None = None) -> Cue:
    lines = tuple(text.split("\n"))
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=lines, speaker=speaker)


END = cue(90_000, 91_000, "अंत।")
"""Ends a sentence, so that the file counts as one with punctuation."""


def texts(*cues: Cue) -> list[str]:
    return [segment.text for segment in sentences_from_cues([*cues, END])][:-1]


def test_a_sentence_over_three_cues_becomes_one_segment_with_their_times() -> None:
    cues = [cue(0, 900, "अगर तुम"), cue(1000, 1900, "वहाँ\nगए,"), cue(2000, 3000, "तो मैं भी चलूँगा।")]
    (segment,) = sentences_from_cues(cues)
    assert segment.text == "अगर तुम वहाँ गए, तो मैं भी चलूँगा।"
    assert (segment.start_ms, segment.end_ms, segment.timing) == (0, 3000, Timing.SUBTITLE)
    assert [(cue.text, cue.start_ms, cue.end_ms) for cue in segment.cues] == [
        ("अगर तुम", 0, 900),
        ("वहाँ गए,", 1000, 1900),
        ("तो मैं भी चलूँगा।", 2000, 3000),
    ]


def test_an_ended_sentence_stands_alone() -> None:
    assert texts(cue(0, 1000, "रुको!"), cue(1000, 2000, "कौन है?")) == ["रुको!", "कौन है?"]
    assert texts(cue(0, 1000, "I met Dr."), cue(1000, 2000, "Rao.")) == ["I met Dr. Rao."]


def test_a_pause_ends_a_sentence() -> None:
    def after(pause: int) -> list[str]:
        return texts(cue(0, 1000, "मैं"), cue(1000 + pause, 9000, "जाऊँगा।"))

    assert after(JOIN_WITHIN_MS) == ["मैं जाऊँगा।"]
    assert after(JOIN_WITHIN_MS + 1) == ["मैं", "जाऊँगा।"]


def test_a_sentence_has_a_greatest_length() -> None:
    half = "क" * (LONGEST_SENTENCE // 2)
    assert texts(cue(0, 1000, half[1:]), cue(1000, 2000, half)) == [f"{half[1:]} {half}"]
    assert texts(cue(0, 1000, half), cue(1000, 2000, half)) == [half, half]


def test_two_speakers_share_a_cue_by_what_they_say() -> None:
    found = sentences_from_cues([cue(1000, 3000, "- कौन?\n- मैं हूँ, राम\nऔर श्याम।")])
    assert [(s.text, s.start_ms, s.end_ms) for s in found] == [
        ("कौन?", 1000, 1307),
        ("मैं हूँ, राम और श्याम।", 1307, 3000),
    ]


def test_only_the_second_speaker_may_have_a_dash() -> None:
    assert texts(cue(0, 1000, "कौन है\n–मैं हूँ")) == ["कौन है", "मैं हूँ"]


def test_a_dash_begins_a_new_speaker_and_a_minus_does_not() -> None:
    assert texts(cue(0, 1000, "मैं"), cue(1000, 2000, "- चलो।")) == ["मैं", "चलो।"]
    assert texts(cue(0, 1000, "आज"), cue(1000, 2000, "-5 डिग्री है।")) == ["आज -5 डिग्री है।"]


def test_songs_stay_line_by_line_and_lose_their_notes() -> None:
    cues = [cue(0, 1000, "♪ आ चल के तुझे"), cue(1000, 2000, "♪ मैं ले के चलूँ ♪"), cue(2000, 3000, "एक")]
    found = sentences_from_cues([*cues, END])
    assert [(segment.kind, segment.text) for segment in found] == [
        ("song", "आ चल के तुझे"),
        ("song", "मैं ले के चलूँ"),
        ("speech", "एक"),
        ("speech", "अंत।"),
    ]
    assert found[0].cues[0].text == "आ चल के तुझे"


def test_a_song_of_two_lines_is_one_whether_each_has_its_notes_or_not() -> None:
    for text in ("♪ आ चल के तुझे\nमैं ले के चलूँ ♪", "♪ आ चल के तुझे ♪\n♪ मैं ले के चलूँ ♪"):
        (song,) = sentences_from_cues([cue(0, 2000, text)])
        assert song.kind == "song"
        assert song.text == "आ चल के तुझे मैं ले के चलूँ"


def test_sounds_lose_their_brackets_and_continue_nothing() -> None:
    found = sentences_from_cues([cue(0, 1000, "मैं"), cue(1000, 2000, "[दरवाज़ा बंद]"), END])
    assert [(s.kind, s.text) for s in found[:2]] == [("speech", "मैं"), ("sound", "दरवाज़ा बंद")]
    mixed, _ = sentences_from_cues([cue(0, 1000, "(door) Hello."), END])
    assert (mixed.kind, mixed.text) == ("speech", "(door) Hello.")


def test_the_speakers_of_a_cue_are_told_apart_and_a_voice_is_kept() -> None:
    found = sentences_from_cues(
        [
            cue(0, 1000, "- कौन?\n- मैं।"),
            cue(2000, 3000, "आओ", "राम"),
            cue(3000, 4000, "ना।", "सीता"),
            END,
        ]
    )
    assert [segment.speaker for segment in found] == ["#1", "#2", "राम", "सीता", None]
    (one, _) = sentences_from_cues([cue(0, 900, "आओ", "राम"), cue(1000, 2000, "ना।", "राम"), END])
    assert (one.text, one.speaker) == ("आओ ना।", "राम")


def test_a_recognised_segment_tells_its_kind_by_its_marks() -> None:
    words = tuple(Word(text=t, start_ms=0, end_ms=9) for t in ("♪", "ये", "दोस्ती♪"))
    song = with_kind(Segment(start_ms=0, end_ms=9, text="♪ ये दोस्ती♪", words=words))
    assert (song.kind, song.text) == ("song", "ये दोस्ती")
    assert [word.text for word in song.words] == ["ये", "दोस्ती"]
    cues = tuple(SegmentCue(text=t, start_ms=0, end_ms=9) for t in ("♪ ये दोस्ती", "♪"))
    sung = with_kind(Segment(start_ms=0, end_ms=9, text="♪ ये दोस्ती ♪", cues=cues))
    assert (sung.text, sung.cues) == (
        "ये दोस्ती",
        (SegmentCue(text="ये दोस्ती", start_ms=0, end_ms=9),),
    )
    sound = with_kind(Segment(start_ms=0, end_ms=9, text="(door slams)"))
    assert (sound.kind, sound.text) == ("sound", "door slams")
    speech = Segment(start_ms=0, end_ms=9, text="♪")
    assert with_kind(speech) is speech


def test_markup_goes_and_empty_cues_with_it() -> None:
    srt = dedent("""\
        1
        00:00:00,000 --> 00:00:01,000
        {\\an8}<i>राम</i>  <font color='red'>है।</font>

        2
        00:00:01,000 --> 00:00:02,000
        <i> </i>

        3
        00:00:03,000 --> 00:00:04,000
        2 < 3 है।
        """)
    cues = read_subtitles(srt.encode(), "srt", "film.srt").cues
    assert texts(*cues) == ["राम है।", "2 < 3 है।"]
    assert texts(cue(2000, 3000, " \n "), cue(3000, 4000, "एक।")) == ["एक।"]


def test_order_and_repetition_in_the_file_do_not_matter() -> None:
    one, two = cue(0, 1000, "पहले।"), cue(5000, 6000, "बाद में।")
    assert texts(two, one, two, one) == ["पहले।", "बाद में।"]


def test_cues_shown_together_are_not_joined() -> None:
    sign, line = cue(0, 5000, "दिल्ली स्टेशन"), cue(1000, 2000, "तुम आ गए।")
    assert texts(sign, line) == ["दिल्ली स्टेशन", "तुम आ गए।"]


def test_a_cue_that_ends_before_it_starts_takes_no_time() -> None:
    (segment,) = sentences_from_cues([cue(2000, 1000, "अजीब।")])
    assert (segment.start_ms, segment.end_ms) == (2000, 2000)


def test_a_file_without_punctuation_keeps_its_cues() -> None:
    cues = [cue(k * 1000, k * 1000 + 900, f"बात {k}") for k in range(20)]
    assert [segment.text for segment in sentences_from_cues(cues)] == [c.lines[0] for c in cues]


any_cue = st.builds(
    cue,
    st.integers(0, 60_000),
    st.integers(0, 60_000),
    st.text(alphabet="अक ।?.…\n-–♪A1<>{}\\i", max_size=40),
)


@given(st.lists(any_cue, max_size=12))
def test_times_and_words_always_agree(cues: list[Cue]) -> None:
    segments = sentences_from_cues(cues)
    assert [s.start_ms for s in segments] == sorted(s.start_ms for s in segments)
    for segment in segments:
        assert segment.text.strip()
        assert segment.start_ms <= segment.end_ms
        assert segment.text == " ".join(cue.text for cue in segment.cues)
        assert segment.words == ()
        assert segment.start_ms == segment.cues[0].start_ms
        assert segment.end_ms == max(cue.end_ms for cue in segment.cues)
        assert all(cue.start_ms <= cue.end_ms for cue in segment.cues)


def test_what_our_own_files_have_against_misreading_goes() -> None:
    written = FORMATS["srt"].encode(
        [
            cue(0, 1_000, "آپ کہاں ہیں؟"),
            cue(2_000, 3_000, "یہ <b> ہے۔"),
            replace(cue(4_000, 5_000, "گانا"), kind="song"),
        ],
        FileStyle(language=find_language("ur")),
    )
    found = sentences_from_cues(read_subtitles(written, "srt", "film.urd.srt").cues)
    assert [segment.text for segment in found] == ["آپ کہاں ہیں؟", "یہ <b> ہے۔", "گانا"]
