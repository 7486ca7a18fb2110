"""What happens with the segments that were probably never spoken."""

from typing import Literal, TypeAlias

Doubtful: TypeAlias = Literal["leave_out", "show"]
"""``leave_out`` makes no subtitle of a quarantined segment; ``show`` treats it like the others."""
