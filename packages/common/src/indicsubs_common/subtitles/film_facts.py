"""The facts about a film that the rules for its cues depend on."""

from fractions import Fraction

import msgspec

from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.rules import DEFAULT_FRAME_RATE, frames_ms


class FilmFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The film's frame rate, end and shot changes."""

    frame_rate: Fraction = DEFAULT_FRAME_RATE
    film_end_ms: int | None = None
    """None where the length of the film is unknown."""
    shot_changes_ms: tuple[int, ...] = ()
    """The known shot changes, ascending."""

    def gap_ms(self, rules: Rules) -> int:
        """The least gap between two cues."""
        return frames_ms(rules.gap_frames, self.frame_rate)

    def shot_rules(self, rules: Rules) -> ShotRules:
        """The shot changes, with the rules for cues near them."""
        return ShotRules(
            at_ms=self.shot_changes_ms if rules.cut_ms else (),
            near_ms=rules.cut_ms,
            out_gap_ms=frames_ms(rules.cut_gap_frames, self.frame_rate),
        )
