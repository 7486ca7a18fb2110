"""Chooses the audio track with the dialogue, and its channels. Pure."""

import re
from collections.abc import Sequence

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.languages import find_language

CENTER, LEFT, RIGHT, BASS = "FC", "FL", "FR", frozenset({"LFE", "LFE2"})
"""Channel names from FFmpeg's libavutil/channel_layout.c."""

_FRONT_WEIGHT, _OTHER_WEIGHT = 0.7071, 0.5
"""Weights in a mix before they are scaled to add up to 1; the centre has weight 1. The weights of
the front channels are taken from the downmix of ITU-R BS.775. The surrounds, which have no
dialogue, are 3 dB lower."""

_SECONDARY = re.compile(
    r"comment|descri|\bnarrat|\bAD\b|karaoke|isolated|music only", re.IGNORECASE
)


class AudioTrack(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about an audio track that the choice depends on."""

    number: int
    """Index among the film's audio tracks, from 0."""
    language: str | None = None
    """The container's code, in whatever standard it uses."""
    title: str | None = None
    default: bool = False
    secondary: bool = False
    """Whether the track is flagged as commentary or as audio description for blind people."""
    empty: bool = False
    """Whether the track is only declared, and has nothing to play."""

    def __str__(self) -> str:
        label = f"{self.number}: {self.language or 'no language'}"
        return f"{label}, {self.title!r}" if self.title else label


def choose_track(
    tracks: Sequence[AudioTrack], number: int | None, language: str | None
) -> tuple[AudioTrack, str | None]:
    """The track with the dialogue, and a warning where it may be the wrong one.

    If ``number`` is given, it alone decides. Otherwise empty tracks, commentaries and audio
    descriptions are skipped, unless the film has no other track. Among the remaining tracks, the
    language, the default flag and the order decide.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the film has no audio track, or none with that number.
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
    played = [track for track in tracks if not track.empty] or list(tracks)
    candidates = [track for track in played if not _is_secondary(track)] or played
    tagged = [track for track in candidates if language and same_language(track.language, language)]
    chosen = next((track for track in tagged or candidates if track.default), None)
    chosen = chosen or (tagged or candidates)[0]
    if language and not tagged and chosen.language is not None:
        wanted = find_language(language).name
        return chosen, (
            f"No audio track is tagged {wanted}; track {chosen} was used. Choose another with"
            " --audio-track."
        )
    return chosen, None


def same_language(code: str | None, wanted: str) -> bool:
    """Whether a container's code stands for the language ``wanted``, whatever its script.

    >>> same_language("hin", "hi"), same_language("kas", "ks-Deva"), same_language("tlh", "hi")
    (True, True, False)

    Raises:
        IndicsubsError: ``BAD_INPUT`` where ``wanted`` is unknown. An unknown ``code`` is not an
            error: it stands for another language.
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
    """The chosen channel (``center``, ``left``, ``right`` or ``mix``), and each channel's weight.

    Weights add up to 1, so that the sum of the channels does not clip.

    Args:
        channels: FFmpeg's names, in the layout's order.
        choice: ``auto``, or one of the choices above.

    >>> channel_weights(["FL", "FR"], "auto")
    ('mix', (0.5, 0.5))

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the layout lacks the chosen channel.
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
    mixed = [channel for channel in channels if channel not in BASS] or list(channels)
    front = {CENTER: 1.0, LEFT: _FRONT_WEIGHT, RIGHT: _FRONT_WEIGHT}
    weights = [
        front.get(channel, _OTHER_WEIGHT) if channel in mixed else 0.0 for channel in channels
    ]
    return tuple(weight / sum(weights) for weight in weights)
