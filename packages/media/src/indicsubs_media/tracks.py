"""Which audio track of a film has the dialogue, and which of its channels. Pure."""

import re
from collections.abc import Sequence

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.languages import find_language

CENTER, LEFT, RIGHT, BASS = "FC", "FL", "FR", frozenset({"LFE", "LFE2"})
"""Channel names of FFmpeg's libavutil/channel_layout.c."""

_FRONT_WEIGHT, _OTHER_WEIGHT = 0.7071, 0.5
"""Before they are made to add up to 1, against 1 for the centre: front channels as in the downmix
of ITU-R BS.775, the surrounds, which hold no dialogue, 3 dB lower."""

_SECONDARY = re.compile(
    r"comment|descri|\bnarrat|\bAD\b|karaoke|isolated|music only", re.IGNORECASE
)


class AudioTrack(msgspec.Struct, frozen=True, kw_only=True):
    """An audio track as the choice sees it."""

    number: int
    """Among the film's audio tracks, from 0."""
    language: str | None = None
    """As the container has it."""
    title: str | None = None
    default: bool = False
    secondary: bool = False
    """Flagged as commentary or as a description for blind people."""

    def __str__(self) -> str:
        named = f"{self.number}: {self.language or 'no language'}"
        return f"{named}, {self.title!r}" if self.title else named


def choose_track(
    tracks: Sequence[AudioTrack], number: int | None, language: str | None
) -> tuple[AudioTrack, str | None]:
    """The track with the dialogue, and a warning if it may not be the one that is wanted.

    A ``number`` decides. Otherwise commentaries and audio descriptions are left out, as long as
    something else is there; then the language, the default flag and the order decide.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if there is no such track.
    """
    if not tracks:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, "The film has no audio track, so there is nothing to transcribe."
        )
    if number is not None:
        if not 0 <= number < len(tracks):
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"There is no audio track {number}. The film's audio tracks are"
                f" {'; '.join(map(str, tracks))}. Choose one with --audio-track.",
            )
        return tracks[number], None
    candidates = [track for track in tracks if not _is_secondary(track)] or list(tracks)
    spoken = [track for track in candidates if language and same_language(track.language, language)]
    chosen = next((track for track in spoken or candidates if track.default), None)
    chosen = chosen or (spoken or candidates)[0]
    if language and not spoken and chosen.language is not None:
        wanted = find_language(language).name
        return chosen, (
            f"No audio track is tagged {wanted}; took track {chosen}. Choose another with"
            " --audio-track."
        )
    return chosen, None


def same_language(code: str | None, wanted: str) -> bool:
    """Whether a container's code means the language ``wanted``, in whatever script.

    >>> same_language("hin", "hi"), same_language("kas", "ks-Deva"), same_language("tlh", "hi")
    (True, True, False)

    Raises:
        IndicsubsError: ``BAD_INPUT`` if ``wanted`` is unknown; an unknown ``code`` is just another.
    """
    target = find_language(wanted).iso_639_3
    for candidate in (code, code and re.split("[-_]", code)[0]):
        try:
            if candidate and find_language(candidate).iso_639_3 == target:
                return True
        except IndicsubsError:
            continue
    return False


def _is_secondary(track: AudioTrack) -> bool:
    return track.secondary or bool(_SECONDARY.search(track.title or ""))


def channel_weights(channels: Sequence[str], choice: str) -> tuple[str, tuple[float, ...]]:
    """What was taken (``center``, ``left``, ``right``, ``mix``) and each channel's share.

    ``channels`` are FFmpeg's names in their order. Shares add up to 1, so that nothing clips.

    >>> channel_weights(["FL", "FR"], "auto")
    ('mix', (0.5, 0.5))

    Raises:
        IndicsubsError: ``BAD_INPUT`` if the layout lacks the channel.
    """
    if choice == "auto":
        choice = "center" if CENTER in channels else "mix"
    if choice == "mix":
        return choice, _mix(channels)
    name = {"center": CENTER, "left": LEFT, "right": RIGHT}[choice]
    if name not in channels:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The audio track has no {choice} channel; it has {', '.join(channels)}. Choose"
            " another with --channel, or leave it out.",
        )
    return choice, tuple(1.0 if channel == name else 0.0 for channel in channels)


def _mix(channels: Sequence[str]) -> tuple[float, ...]:
    heard = [channel for channel in channels if channel not in BASS] or list(channels)
    shares = {CENTER: 1.0, LEFT: _FRONT_WEIGHT, RIGHT: _FRONT_WEIGHT}
    weights = [
        shares.get(channel, _OTHER_WEIGHT) if channel in heard else 0.0 for channel in channels
    ]
    return tuple(weight / sum(weights) for weight in weights)
