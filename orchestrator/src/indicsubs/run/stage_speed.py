"""How fast a stage works, and when it will be done."""

from indicsubs_contract.messages.progress import Progress

_MEASURED_S = 10.0
"""The shortest time in seconds over which a stage's speed is measured."""
_MEASURED_SHARE = 0.01
"""The smallest share of a stage's work over which its speed is measured."""


class Speed:
    """Measures how fast a stage works, from its progress messages.

    The measurement begins with the first message. It begins again when the stage starts other work:
    its amount falls, or its unit, total or note changes, for example after a model has been loaded.
    """

    def __init__(self) -> None:
        self._first: tuple[float, Progress] | None = None

    def seconds_left(self, message: Progress, now_s: float) -> float | None:
        """Returns the seconds until the stage reaches its total.

        Args:
            message: The newest message.
            now_s: Time of the message on a clock that never goes back.

        Returns:
            The seconds, or None where the total is unknown or the speed has not been measured long
            enough.
        """
        if self._first is None or _is_other_work(self._first[1], message):
            self._first = (now_s, message)
        start_s, first = self._first
        done, remaining = message.done - first.done, message.total - message.done
        is_measured = now_s - start_s >= _MEASURED_S and done >= _MEASURED_SHARE * message.total > 0
        return max(0, remaining) * (now_s - start_s) / done if is_measured else None


def _is_other_work(earlier: Progress, message: Progress) -> bool:
    return message.done < earlier.done or (
        (earlier.unit, earlier.total, earlier.note) != (message.unit, message.total, message.note)
    )
