"""What a run of a stage or of the product on one file may come to, and what is still open."""

from dataclasses import dataclass
from pathlib import Path

from corpus.make import kind_of

MOST_SECONDS = 60
MOST_BYTES = 1 << 30
"""The most memory that a process may use."""
MOST_WRITTEN = 300 << 20
"""The largest file that a process may write, from a film of some seconds."""
REFUSALS = {65, 66}
LONGEST_SENTENCE = 1200

OPEN: dict[str, str] = {}
"""open: kinds in which faults are known, with the reason. They are run, counted and shown by
``just corpus``, and left out of ``just test-corpus``."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of one run."""

    file: Path
    status: int
    message: str
    seconds: float
    memory_bytes: int
    source_changed: bool = False
    left: tuple[str, ...] = ()
    """Names of files that lie beside the source afterwards."""

    @property
    def fault(self) -> str | None:
        """Returns why the end is not accepted; None where it is."""
        if self.seconds > MOST_SECONDS:
            return f"took {self.seconds:.0f} s"
        if self.memory_bytes > MOST_BYTES:
            return f"took {self.memory_bytes >> 20} MiB"
        if self.source_changed:
            return "changed the source"
        if self.left:
            return f"left {', '.join(self.left)} beside the source"
        if self.status == 0:
            return None
        if self.status not in REFUSALS:
            return f"status {self.status}: {self.message[-600:]}"
        text = self.message.strip()
        if "\n" in text or not text.endswith((".", "?")) or len(text) > LONGEST_SENTENCE:
            return f"status {self.status} without one clear sentence: {text[-600:]!r}"
        return None


def report(what: str, outcomes: list[Outcome]) -> int:
    """Prints the counts and every fault; returns 1 where a fault is not open, else 0."""
    wrong = [outcome for outcome in outcomes if outcome.fault]
    known = [outcome for outcome in wrong if kind_of(outcome.file) in OPEN]
    refused = sum(outcome.status != 0 for outcome in outcomes) - len(wrong)
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    print(
        f"{what}: {len(outcomes)} runs, {len(outcomes) - len(wrong) - refused} done,"
        f" {refused} refused with a sentence, {len(wrong)} wrong ({len(known)} of open kinds);"
        f" longest {slowest.seconds:.1f} s ({slowest.file.parent.name}/{slowest.file.name!a}), most"
        f" memory {max(outcome.memory_bytes for outcome in outcomes) >> 20} MiB"
    )
    for outcome in wrong:
        mark = "open" if outcome in known else "WRONG"
        print(f"  {mark} {outcome.file.parent.name}/{outcome.file.name!a}: {outcome.fault}")
    return int(len(wrong) > len(known))
