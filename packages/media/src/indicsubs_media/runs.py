"""Runs: a stream's packets whose timestamps follow each other, in file order. Pure.

A film of millions of packets has a few runs, which say all that :mod:`indicsubs_media.clock` needs.
All times are in microseconds. A packet's decoding time counts, because it rises in file order.
"""

from typing import Final

import msgspec

STEP_BACK_US: Final = 200_000
"""Timestamps that go back by less than this stay in the run: rounding, and a stream's first packets
in Matroska, which have no decoding times."""
GAP_US: Final = 1_000_000
"""A packet that is later than expected by more than this starts a new run."""
MOST_RUNS: Final = 10_000
"""A file with more runs has timestamps of no use; the last runs then have all later packets."""
LONGEST_LEAD_US: Final = 5_000_000
"""A packet is decoded at most this long before it is shown; a longer lead is damage. Sixteen
pictures, the most that H.264 can hold back, are less even at 4 frames a second."""
_NEVER_US: Final = 1 << 62
"""The start of a run in which nothing is shown yet."""


class Beside(msgspec.Struct, frozen=True):
    """Another stream at the moment at which a run starts."""

    packets: int
    """The number of its packets so far."""
    end_us: int
    """The end of the last of them."""
    start_us: int
    """The time of the first of them."""


class Run(msgspec.Struct, kw_only=True):
    """Packets of one stream that follow each other."""

    stream: int
    first: int
    """Number of the run's first packet among the stream's packets."""
    position: int
    """Number of that packet among the packets of all streams."""
    packets: int
    start_us: int
    end_us: int
    shown_start_us: int
    """The earliest time of display; packets that the container hides do not count."""
    shown_end_us: int
    beside: dict[int, Beside]
    """The other streams that have begun, by their indices."""

    @property
    def first_us(self) -> int:
        """The start of the first packet that is shown; of the first one where all are hidden."""
        return self.start_us if self.shown_start_us == _NEVER_US else self.shown_start_us

    @property
    def last_us(self) -> int:
        """The end of the last packet that is shown; of the last one where all are hidden."""
        return self.end_us if self.shown_end_us == -_NEVER_US else self.shown_end_us


class PacketTimes(msgspec.Struct, frozen=True):
    """The timestamps of one packet; None where it has none."""

    stream: int
    dts_us: int | None
    pts_us: int | None
    duration_us: int
    is_hidden: bool = False
    skipped_us: int = 0
    """The part at the packet's start that is not played, as the delay of an audio encoder."""


class _StreamState:
    """What is known about a stream while its packets are read."""

    def __init__(self) -> None:
        self.packets = 0
        self.run: Run | None = None
        self.has_dts = False
        self.late_us = 0
        self.start_us = 0
        self.last_us = 0
        self.step_us = 0


class RunReader:
    """Collects the runs of a film's streams, packet by packet, in file order."""

    def __init__(self) -> None:
        self.runs: list[Run] = []
        self._streams: dict[int, _StreamState] = {}
        self._position = 0

    @property
    def late_us(self) -> dict[int, int]:
        """By stream: the most that a decoding time is after the time of display."""
        return {stream: state.late_us for stream, state in self._streams.items()}

    def add(self, times: PacketTimes) -> None:
        """Adds the next packet of the file."""
        state = self._streams.setdefault(times.stream, _StreamState())
        number, position = state.packets, self._position
        state.packets += 1
        self._position += 1
        had_dts = state.has_dts
        state.has_dts = had_dts or times.dts_us is not None
        time_us = times.dts_us if state.has_dts else times.pts_us
        if time_us is None:
            if state.run is not None:
                state.run.packets += 1
            return
        run = state.run
        # The first decoding time after times of display alone is before them.
        back_us = STEP_BACK_US if had_dts or not state.has_dts else GAP_US
        follows = run is not None and -back_us <= time_us - run.end_us <= GAP_US
        if run is None:
            state.start_us = time_us
        if run is None or not (follows or len(self.runs) == MOST_RUNS):
            run = state.run = Run(
                stream=times.stream,
                first=0 if run is None else number,
                position=position,
                packets=number + 1 if run is None else 1,
                start_us=time_us,
                end_us=time_us,
                shown_start_us=_NEVER_US,
                shown_end_us=-_NEVER_US,
                beside=self._beside(times.stream),
            )
            self.runs.append(run)
            state.step_us = 0
        else:
            run.packets += 1
            state.step_us = max(0, time_us - state.last_us)
        state.last_us = time_us
        end_us = time_us + (times.duration_us or state.step_us)
        run.start_us = min(run.start_us, time_us)
        run.end_us = max(run.end_us, end_us)
        self._show(run, times, time_us, state)

    def _beside(self, stream: int) -> dict[int, Beside]:
        return {
            other: Beside(state.packets, state.run.end_us, state.start_us)
            for other, state in self._streams.items()
            if other != stream and state.run is not None
        }

    @staticmethod
    def _show(run: Run, times: PacketTimes, time_us: int, state: _StreamState) -> None:
        shown_us = time_us if times.pts_us is None else times.pts_us
        if abs(shown_us - time_us) > LONGEST_LEAD_US:
            shown_us = time_us
        state.late_us = max(state.late_us, time_us - shown_us)
        if not times.is_hidden:
            run.shown_start_us = min(run.shown_start_us, shown_us + times.skipped_us)
            run.shown_end_us = max(
                run.shown_end_us, shown_us + (times.duration_us or state.step_us)
            )
