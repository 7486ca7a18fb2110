"""The clock of a film, as the stages tell it to each other."""

from indicsubs_contract.structs import Message


class ClockStretch(Message, frozen=True, kw_only=True):
    """Packets of one stream, in file order, whose timestamps are wrong by the same amount."""

    first: int
    """Number of the stretch's first packet among the stream's packets, from 0."""
    shift_us: int
    """Microseconds to add to a timestamp in the file; the sum is the film's time."""
    part: int = 0
    """Number of the film's part, from 0: in joined recordings the file's clock starts again."""


class StreamClock(Message, frozen=True, kw_only=True):
    """The clock of one stream."""

    stream: int
    """Index of the stream in the film."""
    stretches: tuple[ClockStretch, ...]
    """In file order; the first one starts at packet 0."""
    late_us: int = 0
    """The most that a decoding time in the file is after the time of display of its packet."""


class FilmClock(Message, frozen=True, kw_only=True):
    """The film's time for every timestamp in its file.

    The film's time is 0 at the first frame that is shown or heard, and it goes on without jumps.
    """

    streams: tuple[StreamClock, ...] = ()
    """The streams of picture and sound."""
    shifts_us: tuple[int, ...] = (0,)
    """The shift of each part of the film, for all other streams."""
    start_us: int = 0
    """The timestamp in the file at the film's time 0."""
    end_us: int = 0
    """The film's time at the end of its last frame; 0 where nothing could be read."""
    warnings: tuple[str, ...] = ()
    """What was wrong with the timestamps, and what was done about it, for the user."""

    @property
    def end_ms(self) -> int:
        """The film's end in whole milliseconds, rounded up."""
        return -(-self.end_us // 1000)
