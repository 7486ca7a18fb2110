"""Chains: the runs of one stream that share a clock, in spite of a few wrong timestamps. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

import msgspec

from indicsubs_media.runs import Run

_ASIDE_PACKETS, _ASIDE_US = 250, 5_000_000
"""The most packets, and the longest time, of which the timestamps alone may be wrong."""
_RETURN_US = 500_000
"""After them the stream goes on within this time of where it would be without the error."""
_FAR_US = 10_000_000
"""A stream's first packets are wrong if they are farther than this from the other streams."""


class Aside(msgspec.Struct, frozen=True):
    """A place in a chain where the shift changes."""

    first: int
    """Number of the first packet, among the stream's packets."""
    shift_us: int
    """The shift there, to be added to that of the chain."""


class RunChain(msgspec.Struct, kw_only=True):
    """Runs of one stream that share a clock, with a few packets between them that do not."""

    run: Run
    """The runs as one; ``start_us`` to ``shown_end_us`` leave out the wrong packets."""
    asides: list[Aside]
    wrong: int
    """The number of packets with wrong timestamps."""
    shift_us: int = 0
    part: int = 0

    @property
    def places(self) -> list[Aside]:
        """The places where the shift changes, from the first packet on."""
        if self.asides and self.asides[0].first == self.run.first:
            return self.asides
        return [Aside(self.run.first, 0), *self.asides]

    def time_us(self, packets: int, end_us: int) -> int:
        """The film's time at the end of a packet.

        Args:
            packets: The number of the stream's packets up to there.
            end_us: The timestamp at the end of the last of them.
        """
        index = bisect_right(self.places, packets - 1, key=attrgetter("first")) - 1
        return end_us + self.places[index].shift_us + self.shift_us


def chains_of(runs: Sequence[Run]) -> list[RunChain]:
    """The chains of one stream: a few packets aside are put between the runs around them."""
    chains: list[RunChain] = []
    index = 0
    while index < len(runs):
        run = msgspec.structs.replace(runs[index])
        chain = RunChain(run=run, asides=[], wrong=0)
        index += 1
        while returns := _return(chain, runs, index):
            for aside in runs[index:returns]:
                chain.asides.append(Aside(aside.first, run.end_us - aside.start_us))
                chain.wrong += aside.packets
                run.end_us += aside.end_us - aside.start_us
            following = runs[returns]
            chain.asides.append(Aside(following.first, 0))
            run.packets = following.first + following.packets - run.first
            run.end_us = following.end_us
            run.shown_start_us = min(run.shown_start_us, following.shown_start_us)
            run.shown_end_us = max(run.shown_end_us, following.shown_end_us)
            index = returns + 1
        chains.append(chain)
    return _without_wrong_start(chains)


def _return(chain: RunChain, runs: Sequence[Run], index: int) -> int | None:
    """The index of the run that goes on where the chain is, after a few packets aside."""
    packets, expected_us = 0, chain.run.end_us
    for later in range(index + 1, len(runs)):
        aside = runs[later - 1]
        packets += aside.packets
        expected_us += aside.end_us - aside.start_us
        if packets > _ASIDE_PACKETS or expected_us - chain.run.end_us > _ASIDE_US:
            return None
        if abs(runs[later].start_us - expected_us) <= _RETURN_US:
            return later
    return None


def _without_wrong_start(chains: list[RunChain]) -> list[RunChain]:
    """Puts a stream's first few packets before the others, where they alone are far away."""
    if len(chains) < 2:
        return chains
    first, second, *later = chains
    length_us = first.run.end_us - first.run.start_us
    others = second.run.beside.values()
    if (
        first.run.packets > _ASIDE_PACKETS
        or length_us > _ASIDE_US
        or any(
            other.start_us - _FAR_US <= first.run.end_us <= other.end_us + _FAR_US
            for other in others
        )
        or all(abs(second.run.start_us - other.end_us) > _FAR_US for other in others)
    ):
        return chains
    run = second.run
    asides = [
        Aside(0, run.start_us - first.run.end_us),
        Aside(run.first, 0),
        *second.asides,
    ]
    start = msgspec.structs.replace(
        run, first=0, position=first.run.position, packets=run.first + run.packets,
        beside=first.run.beside,
    )  # fmt: skip
    wrong = second.wrong + first.run.packets
    return [RunChain(run=start, asides=asides, wrong=wrong), *later]
