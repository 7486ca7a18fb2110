"""The choice of the audio track and of the channels with the dialogue."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_media.tracks import AudioTrack, channel_weights, choose_track, same_language


def tracks(*rows: dict[str, object]) -> list[AudioTrack]:
    return [AudioTrack(number=number, **row) for number, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("rows", "language", "chosen"),
    [
        ([{}, {}], None, 0),
        ([{}, {"default": True}], None, 1),
        ([{"language": "eng", "default": True}, {"language": "hin"}], "hi", 1),
        ([{"language": "hin"}, {"language": "hin", "default": True}], "hi", 1),
        ([{"language": "hi"}, {"language": "hin"}], "hin_Deva", 0),
        ([{"language": "ta-IN"}], "ta", 0),
        ([{"language": "eng", "default": True}, {"language": "tlh"}], "ta", 0),
        ([{"title": "Director's Commentary", "default": True}, {}], None, 1),
        ([{"title": "Audio Description"}, {"title": "AD"}, {"title": "Stereo"}], None, 2),
        ([{"secondary": True, "default": True}, {"language": "eng"}], None, 1),
        ([{"language": "hin", "secondary": True}, {"language": "eng"}], "hi", 1),
        ([{"title": "commentary"}], None, 0),
        ([{"language": "tam", "empty": True}, {"language": "hin"}], "ta", 1),
        ([{"empty": True}], None, 0),
        ([{"title": "commentary"}, {"empty": True}], None, 0),
        ([{"title": "Madras Cafe"}, {"default": True, "title": "ADPCM"}], None, 1),
    ],
)
def test_track(rows: list[dict[str, object]], language: str | None, chosen: int) -> None:
    assert choose_track(tracks(*rows), None, language)[0].number == chosen


def test_a_number_decides() -> None:
    track, warning = choose_track(
        tracks({"default": True}, {"title": "commentary", "language": "eng"}), 1, "hi"
    )
    assert (track.number, warning) == (1, None)


def test_warns_of_a_track_in_another_language() -> None:
    _, warning = choose_track(tracks({"language": "eng", "title": "5.1"}), None, "hi")
    assert warning is not None
    assert "No audio track is tagged Hindi; track 0: eng, '5.1' was used." in warning
    assert choose_track(tracks({}), None, "hi")[1] is None
    assert choose_track(tracks({"language": "hin"}), None, "hi")[1] is None


@pytest.mark.parametrize("number", [-1, 2, 99])
def test_an_absent_track_is_an_error_that_lists_the_tracks(number: int) -> None:
    with pytest.raises(IndicsubsError, match=r"0: hin; 1: no language, 'Music'") as caught:
        choose_track(tracks({"language": "hin"}, {"title": "Music"}), number, None)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_no_track() -> None:
    with pytest.raises(IndicsubsError, match="no audio track"):
        choose_track([], None, "hi")


@pytest.mark.parametrize(
    ("code", "wanted", "same"),
    [
        ("nep", "ne", True),
        ("npi", "ne", True),
        ("kok", "gom", True),
        ("kas", "ks-Deva", True),
        ("snd", "sd", True),
        ("HIN", "hi", True),
        ("hi_IN", "hi", True),
        ("sit", "brx", False),
        ("eng", "hi", False),
        ("", "hi", False),
        (None, "hi", False),
        ("qaa", "hi", False),
    ],
)
def test_codes_of_containers(code: str | None, wanted: str, same: bool) -> None:
    assert same_language(code, wanted) is same


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(IndicsubsError):
        same_language("hin", "klingon")


FIVE_ONE = ("FL", "FR", "FC", "LFE", "BL", "BR")


@pytest.mark.parametrize(
    ("channels", "choice", "used", "weights"),
    [
        (("FC",), "auto", "center", (1,)),
        (("FL", "FR"), "auto", "mix", (0.5, 0.5)),
        (FIVE_ONE, "auto", "center", (0, 0, 1, 0, 0, 0)),
        (FIVE_ONE, "left", "left", (1, 0, 0, 0, 0, 0)),
        (("FL", "FR"), "right", "right", (0, 1)),
        (("FL", "FR", "LFE"), "auto", "mix", (0.5, 0.5, 0)),
        (("LFE",), "mix", "mix", (1,)),
        (("NONE", "NONE", "NONE"), "auto", "mix", (1 / 3, 1 / 3, 1 / 3)),
        (("DL", "DR"), "auto", "mix", (0.5, 0.5)),
    ],
)
def test_channels(
    channels: tuple[str, ...], choice: str, used: str, weights: tuple[float, ...]
) -> None:
    assert channel_weights(channels, choice) == (used, pytest.approx(weights))


@pytest.mark.parametrize(
    ("channels", "choice"), [(("FL", "FR"), "center"), (("FC",), "left"), (("FC",), "right")]
)
def test_an_absent_channel(channels: tuple[str, ...], choice: str) -> None:
    with pytest.raises(IndicsubsError, match=f"no {choice} channel; it has {channels[0]}"):
        channel_weights(channels, choice)


NAMES = ["FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR", "BC", "NONE"]


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=24))
def test_a_mix_never_clips_and_has_every_voice(channels: list[str]) -> None:
    _, weights = channel_weights(channels, "mix")
    assert sum(weights) == pytest.approx(1)
    assert all(weight >= 0 for weight in weights)
    for channel, weight in zip(channels, weights, strict=True):
        assert weight > 0 or channel == "LFE"
