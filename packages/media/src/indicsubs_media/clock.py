"""Finds a film's time for every timestamp in its file. Pure.

Timestamps jump in joined recordings, in the cells of a DVD, where a counter starts again, and by
damage. A jump is followed where the streams of picture and sound make it together: the next part
of the film begins where the last one ended, so the film's length is the sum of its parts. Where
one stream alone jumps, its timestamps are wrong, because packets that are near in the file are near
in time: the stream goes on where it was. A few packets whose timestamps alone are wrong get the
times between their neighbours. Within a stretch, packets keep their spacing exactly.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter
from typing import Final, TypeAlias

from indicsubs_contract.messages.clock import ClockStretch, FilmClock, StreamClock
from indicsubs_media.run_chains import RunChain, chains_of
from indicsubs_media.runs import Run
from indicsubs_text.clock import clock
from indicsubs_text.excerpts import first_few

BROADCAST_GAP_US: Final = 10_000_000
"""The longest gap in all streams that stays a gap in formats whose clock may start again. For
FFmpeg too, a longer one is a jump (``-dts_delta_threshold``)."""
LONGEST_GAP_US: Final = 3_600_000_000
"""The longest gap in all streams that stays a gap in all other formats."""
_NEAR_US = 5_000_000
"""Streams are interleaved: packets that are near in the file are within this time of each other."""
_ALIKE_US = 500_000
"""The streams of a film that jumps step by amounts that differ by this much at least."""
_AWAY_US = 30_000_000
"""A stream that jumps alone has been away for some time if it is this far behind the others.
Writers may put such a stream 10 s too late in the file (FFmpeg's ``max_interleave_delta``)."""
_OVERLAP_US = 1_000_000
"""One stream alone that steps back by less than this repeats some packets; its clock goes on."""
_ROUNDED_US = 100_000
"""In other formats than those of broadcasts, a film that starts this near to 0 keeps its
timestamps: encoders put a little before the start."""

_Jump: TypeAlias = tuple[RunChain, RunChain]
"""The chains of a stream before and after a jump."""


def film_clock(
    runs: Iterable[Run],
    late_us: Mapping[int, int],
    *,
    broadcast: bool,
    waits_for_start: bool = False,
) -> FilmClock:
    """The clock of a film.

    Args:
        runs: The runs of the streams of picture and sound, in file order.
        late_us: By stream: the most that a decoding time is after the time of display.
        broadcast: Whether the file is in a format whose clock starts anywhere, and may start again
            (MPEG-TS, MPEG-PS).
        waits_for_start: Whether players start at the file's own time 0, and wait where its first
            frame comes later (MP4).
    """
    by_stream = sorted(runs, key=attrgetter("stream"))
    chains = {
        stream: chains_of(list(group))
        for stream, group in groupby(by_stream, key=attrgetter("stream"))
    }
    parts = _PartFinder(chains, BROADCAST_GAP_US if broadcast else LONGEST_GAP_US)
    parts.find()
    every = [chain for stream in chains.values() for chain in stream]
    shown = [chain for chain in every if chain.run.shown_start_us <= chain.run.shown_end_us]
    zero_us = min((chain.run.shown_start_us + chain.shift_us for chain in shown), default=0)
    end_us = max((chain.run.shown_end_us + chain.shift_us for chain in shown), default=0)
    first = min(shown, key=lambda chain: chain.run.shown_start_us + chain.shift_us, default=None)
    keeps_own_zero = abs(zero_us) <= _ROUNDED_US or (
        waits_for_start and 0 < zero_us <= LONGEST_GAP_US
    )
    if keeps_own_zero and not broadcast:
        zero_us = 0
    return FilmClock(
        streams=tuple(
            StreamClock(
                stream=stream,
                stretches=tuple(_stretches(own, zero_us)),
                late_us=late_us.get(stream, 0),
            )
            for stream, own in chains.items()
        ),
        shifts_us=tuple(shift_us - zero_us for shift_us in parts.shifts_us),
        start_us=zero_us - first.shift_us if first else 0,
        end_us=max(0, end_us - zero_us),
        warnings=tuple(_warnings(every, parts, zero_us)),
    )


class _PartFinder:
    """Finds the parts of a film, and the shift of each chain.

    Chains are visited in file order, so the shifts of earlier chains are known.
    """

    def __init__(self, chains: Mapping[int, Sequence[RunChain]], longest_gap_us: int) -> None:
        self.shifts_us = [0]
        self.starts_us: list[int] = []
        """The film's time at the start of each part but the first."""
        self.moved: list[RunChain] = []
        """Chains whose stream alone has jumped."""
        self._chains = chains
        self._longest_gap_us = longest_gap_us

    def find(self) -> None:
        """Sets the shift and the part of each chain."""
        places = [
            (chain.run.position, stream, index)
            for stream, chains in self._chains.items()
            for index, chain in enumerate(chains)
        ]
        for _, stream, index in sorted(places):
            chain = self._chains[stream][index]
            chain.shift_us = self.shifts_us[-1]
            if index:
                self._place(chain, self._chains[stream][index - 1])
            chain.part = len(self.shifts_us) - 1

    def _place(self, chain: RunChain, before: RunChain) -> None:
        """Sets the shift of a chain that follows another one of its stream."""
        part_us, start_us = self.shifts_us[-1], chain.run.start_us
        expected_us = before.run.end_us + before.shift_us
        step_us = start_us - before.run.end_us
        others_us = self._others_us(chain)
        if part_us != before.shift_us:
            distance_us = abs(start_us + part_us - expected_us)
            places_us = (expected_us, *others_us)
            if distance_us <= abs(step_us) and any(
                abs(start_us + part_us - place_us) <= _NEAR_US for place_us in places_us
            ):
                return
            chain.shift_us = before.shift_us
        if step_us > 0 and any(
            start_us + chain.shift_us <= max(other_us, expected_us) + _NEAR_US
            for other_us in others_us
        ):
            return  # a gap in this stream alone: the film has gone on
        partners, against = self._partners(chain, step_us)
        if partners and len(partners) >= against:
            if step_us < 0 or step_us > self._longest_gap_us:
                self._begin_part(chain, before, partners)
        elif not against:
            if step_us < -_OVERLAP_US or step_us > self._longest_gap_us:
                self._begin_part(chain, before, partners)
        elif step_us > 0 or step_us < -_OVERLAP_US:
            behind_us = max(others_us) - expected_us
            late_us = behind_us if behind_us > _AWAY_US else 0
            chain.shift_us = expected_us + late_us - chain.run.start_us
            self.moved.append(chain)

    def _begin_part(self, chain: RunChain, before: RunChain, partners: Sequence[_Jump]) -> None:
        pairs = [(before, chain), *partners]
        end_us = max(old.run.last_us + old.shift_us for old, _ in pairs)
        start_us = min(new.run.first_us for _, new in pairs)
        chain.shift_us = end_us - start_us
        self.shifts_us.append(chain.shift_us)
        self.starts_us.append(end_us)

    def _others_us(self, chain: RunChain) -> list[int]:
        """The film's time in the other streams at the moment at which a chain starts."""
        return [
            self._chains[stream][self._chain_at(stream, beside.packets)].time_us(
                beside.packets, beside.end_us
            )
            for stream, beside in chain.run.beside.items()
        ]

    def _partners(self, chain: RunChain, step_us: int) -> tuple[list[_Jump], int]:
        """The other streams that jump together with a chain, and the number of those that do not.

        A partner is its chain before the jump and the one after it. A stream that has ended counts
        as neither.
        """
        alike_us = max(_ALIKE_US, min(_NEAR_US, abs(step_us) // 4))
        partners: list[_Jump] = []
        against = 0
        for stream, beside in chain.run.beside.items():
            index = self._chain_at(stream, beside.packets)
            old, *later = self._chains[stream][index : index + 2]
            rest_us = old.run.end_us + old.shift_us - old.time_us(beside.packets, beside.end_us)
            if rest_us <= _NEAR_US and not later:
                continue
            if rest_us <= _NEAR_US and abs(_step_us(old, later[0]) - step_us) <= alike_us:
                partners.append((old, later[0]))
            else:
                against += 1
        return partners, against

    def _chain_at(self, stream: int, packets: int) -> int:
        """The index of the chain with the packet before number ``packets``."""
        chains = self._chains[stream]
        return bisect_right(chains, packets - 1, key=lambda chain: chain.run.first) - 1


def _step_us(old: RunChain, new: RunChain) -> int:
    return new.run.start_us - old.run.end_us


def _stretches(chains: Sequence[RunChain], zero_us: int) -> Iterable[ClockStretch]:
    """The stretches of a stream; neighbours with the same shift are one."""
    places = [
        ClockStretch(
            first=aside.first,
            shift_us=chain.shift_us - zero_us + aside.shift_us,
            part=chain.part,
        )
        for chain in chains
        for aside in chain.places
    ]
    yield places[0]
    for before, place in pairwise(places):
        if (before.shift_us, before.part) != (place.shift_us, place.part):
            yield place


def _warnings(chains: Sequence[RunChain], parts: _PartFinder, zero_us: int) -> Iterable[str]:
    if parts.starts_us:
        yield (
            f"The clock of the film's file jumps {_times(len(parts.starts_us))}, as it does where"
            " recordings are joined. The film goes on without the jumps, at"
            f" {_places(start_us - zero_us for start_us in parts.starts_us)}."
        )
    if parts.moved:
        starts = (chain.run.start_us + chain.shift_us - zero_us for chain in parts.moved)
        yield (
            f"The timestamps of one of the film's streams alone jump {_times(len(parts.moved))}, at"
            f" {_places(starts)}. The stream goes on where it was."
        )
    wrong = sum(chain.wrong for chain in chains)
    if wrong:
        yield (
            f"{wrong} packet(s) of the film have wrong timestamps; they got the times between"
            " their neighbours."
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _places(times_us: Iterable[int]) -> str:
    """The times for a message, the first few of them."""
    return first_few([clock(max(0, time_us) // 1000) for time_us in times_us])
