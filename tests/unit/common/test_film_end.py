"""What a subtitle file has after the film's end."""

import pytest

from indicsubs_common.subtitles.film_end import within_film, without_text_after_film
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.language_inputs import LanguageInput
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, SegmentCue, Timing
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language

HOUR = 3_600_000
FILM = FilmFacts(film_end_ms=60_000)


def cue(start_ms: int, end_ms: int) -> Cue:
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=("Stop!",))


def segment(start_ms: int, timing: Timing = Timing.SUBTITLE) -> Segment:
    cues = (SegmentCue(text="Stop!", start_ms=start_ms, end_ms=start_ms + 1000),)
    given = {"cues": cues} if timing is Timing.SUBTITLE else {}
    return Segment(start_ms=start_ms, end_ms=start_ms + 1000, text="Stop!", timing=timing, **given)


def test_edited_cues_end_with_the_film() -> None:
    edited = (cue(1000, 2000), cue(59_000, 61_000), cue(60_000, 61_000), cue(10 * HOUR, 11 * HOUR))
    english = LanguageInput(
        language=find_language("en"), rules=Rules(), edited_cues=edited, doubtful="show"
    )
    layout = english.lay_out([], FILM)
    assert layout.cues == (cue(1000, 2000), cue(59_000, 60_000))
    assert layout.warnings == (
        (
            "2 line(s) were left out, because they begin after the film's end (0:01:00):"
            " 0:01:00, 10:00:00. Correct their times, or give the subtitles of this cut of the"
            " film."
        ),
        "1 cue(s) end with the film instead of after it: 0:00:59.",
    )


def test_a_warning_names_five_times() -> None:
    _, (warning,) = within_film([cue(HOUR + n, HOUR + n + 1) for n in range(7)], 60_000)
    assert "1:00:00, 1:00:00 and 2 more." in warning


@pytest.mark.parametrize("film_end_ms", [None, 0])
def test_nothing_is_left_out_where_the_films_end_is_unknown(film_end_ms: int | None) -> None:
    assert within_film([cue(1000, 2000)], film_end_ms) == ((cue(1000, 2000),), ())
    assert without_text_after_film([segment(1000)], film_end_ms) == ([segment(1000)], ())


@pytest.mark.parametrize("is_translation", [False, True])
def test_sentences_of_a_subtitle_file_after_the_film_get_no_cue(is_translation: bool) -> None:
    segments = [segment(1000), segment(10 * HOUR)]
    english = LanguageInput(
        language=find_language("en"),
        rules=Rules(),
        texts=("Halt!", "Halt!") if is_translation else None,
        doubtful="show",
    )
    layout = english.lay_out(segments, FILM)
    assert [(shown.start_ms, shown.segments) for shown in layout.cues] == [(1000, (0,))]
    assert layout.cues[0].lines == ("Halt!" if is_translation else "Stop!",)
    (warning,) = layout.warnings
    assert "begin after the film's end (0:01:00): 10:00:00." in warning


def test_what_was_heard_is_in_the_film_whatever_its_header_says() -> None:
    heard = [segment(70_000, Timing.ALIGNED)]
    assert without_text_after_film(heard, 60_000) == (heard, ())
