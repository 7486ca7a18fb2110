"""The cues of one language with their violations and quality issues: the input of the report."""

import msgspec

from indicsubs_common.subtitles.violations import Violation
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import QualityIssue
from indicsubs_text.cues import Cue
from indicsubs_text.languages import Language


class LanguageCues(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, the rules that they break, and their translation's issues."""

    language: Language
    file: str
    """Name of the subtitle file that contains the cues."""
    rules: Rules
    cues: tuple[Cue, ...]
    violations: tuple[Violation, ...]
    issues: tuple[QualityIssue, ...] = ()
    """Issues of the translation, by the index of the transcript's segment."""
    edited: bool = False
    """Whether the cues come from a file that a person edited."""
