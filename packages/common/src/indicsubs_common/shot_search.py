"""Searches the film for the shot changes that its cues depend on."""

from collections.abc import Sequence
from typing import Final

from indicsubs_common.shots.shot_cache import ShotCache
from indicsubs_common.shots.shot_changes import find_cuts
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.language_inputs import LanguageInput
from indicsubs_common.subtitles.layout import shot_change_ranges
from indicsubs_contract.context import Context
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.subtitles import SubtitleRequest
from indicsubs_contract.transcript import Segment, Timing
from indicsubs_media.film_length import end_if_before
from indicsubs_text.rules import DEFAULT_FRAME_RATE, parse_frame_rate

CACHE: Final = "shots.json"
"""The file of the shot changes found so far, in the stage's cache folder."""
_SEARCHES = 2
"""The film is searched near the starts and ends of cues, then once more near the starts and ends
that a shot change has moved."""


def find_film_facts(
    request: SubtitleRequest,
    languages: Sequence[LanguageInput],
    segments: Sequence[Segment],
    context: Context,
) -> tuple[FilmFacts, list[str]]:
    """The facts about the film, and warnings; shot changes are found only where cues need them.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the film is absent or its disk cannot read it;
            ``BAD_INPUT`` where it has changed.
    """
    rate = parse_frame_rate(request.frame_rate)
    end_ms = request.film_end_ms or _film_end_ms(request, languages, segments, context)
    facts = FilmFacts(frame_rate=rate or DEFAULT_FRAME_RATE, film_end_ms=end_ms)
    if request.film is None or not any(language.rules.cut_ms for language in languages):
        return facts, []
    film = context.path(request.film)
    cache = ShotCache(
        context.cache_file(CACHE), request.film.fingerprint, context.sources_are_unchanged
    )
    ranges: list[tuple[int, int]] = []
    for _ in range(_SEARCHES):
        for language in languages:
            cues = language.lay_out(segments, facts).cues
            ranges += shot_change_ranges(cues, segments, language.rules, facts)
        shots = find_cuts(
            film,
            ranges,
            lambda done, total: context.report(
                done, total, "ranges", note="searching for shot changes"
            ),
            cache,
            request.clock,
        )
        facts = FilmFacts(
            frame_rate=rate or shots.frame_rate or DEFAULT_FRAME_RATE,
            film_end_ms=end_ms,
            shot_changes_ms=shots.cuts_ms,
        )
        if shots.warning:
            return facts, [f"{shots.warning} Cues are not fitted to shot changes."]
    return facts, []


def _film_end_ms(
    request: SubtitleRequest,
    languages: Sequence[LanguageInput],
    segments: Sequence[Segment],
    context: Context,
) -> int | None:
    """The film's end, where a subtitle file of the user has times after it; otherwise None.

    Stage demux, which knows the film's length, does not run where the user gave a transcript.
    """
    given = [segment.end_ms for segment in segments if segment.timing is Timing.SUBTITLE]
    given += [cue.end_ms for language in languages for cue in language.edited_cues or ()]
    if request.film is None or not given:
        return None
    try:
        return end_if_before(context.path(request.film), max(given))
    except IndicsubsError as error:  # stage mux, which needs the film, says so
        context.log.info("The film's length is not known: %s", error.message)
        return None
