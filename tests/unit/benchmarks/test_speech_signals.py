import itertools

import numpy as np
import pytest

from benchmarks.speech.recordings import RATE, Recording, Samples, concatenate
from benchmarks.speech.signals import LEVEL_DB, SOUNDS, at_level, mixed, pink_noise, white_noise

LOUD = sorted(SOUNDS.keys() - {"silence", "room tone"})


def level_db(samples: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64))))


def power_between(samples: Samples, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(spectrum[(hertz >= low) & (hertz < high)].sum())


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_has_its_length_and_is_the_same_every_time(name: str) -> None:
    sound = SOUNDS[name](2.5)
    assert sound.dtype == np.float32
    assert len(sound) == 2.5 * RATE
    assert np.array_equal(sound, SOUNDS[name](2.5))


@pytest.mark.parametrize("name", LOUD)
def test_a_sound_is_as_loud_as_dialogue(name: str) -> None:
    assert level_db(SOUNDS[name](3)) == pytest.approx(LEVEL_DB, abs=0.01)


def test_silence_is_digital_and_a_room_is_nearly_silent() -> None:
    assert not SOUNDS["silence"](1).any()
    assert level_db(SOUNDS["room tone"](3)) == pytest.approx(-60, abs=0.01)


def test_white_noise_is_flat_and_pink_noise_has_the_same_power_in_every_octave() -> None:
    octaves = [(250 * 2**k, 500 * 2**k) for k in range(4)]
    white = [power_between(white_noise(20), *octave) for octave in octaves]
    pink = [power_between(pink_noise(20), *octave) for octave in octaves]
    assert [b / a for a, b in itertools.pairwise(white)] == pytest.approx([2] * 3, rel=0.1)
    assert [b / a for a, b in itertools.pairwise(pink)] == pytest.approx([1] * 3, rel=0.1)


def test_music_beats_twice_a_second() -> None:
    loudness = np.abs(SOUNDS["music"](20)).reshape(-1, RATE // 100).mean(axis=1)
    spectrum = np.abs(np.fft.rfft(loudness - loudness.mean()))
    assert np.fft.rfftfreq(len(loudness), 0.01)[spectrum[:100].argmax()] in {1.0, 2.0}


@pytest.mark.parametrize("ratio_db", [20, 0])
def test_speech_is_louder_than_the_noise_by_the_ratio(ratio_db: float) -> None:
    speech = at_level(SOUNDS["tones"](2), -30)
    both = mixed(speech, white_noise(3), ratio_db)
    spoken = speech[np.abs(speech) > 1e-4]
    assert level_db(spoken) - level_db(both - speech) == pytest.approx(ratio_db, abs=0.01)


def test_a_loud_mixture_does_not_clip() -> None:
    speech = at_level(SOUNDS["tones"](2), -3)
    both = mixed(speech, white_noise(2), 0)
    assert np.abs(both).max() == pytest.approx(1)


def test_recordings_follow_each_other_with_pauses() -> None:
    tone = np.ones(RATE, np.float32) / 2
    recordings = [Recording(name, tone, name) for name in ("a", "b", "c")]
    samples, spoken = concatenate(recordings, 1.5)
    assert len(samples) >= 1.5 * 60 * RATE
    assert sorted(part.text for part in spoken[:3]) == ["a", "b", "c"]
    assert sorted(part.text for part in spoken[3:6]) == ["a", "b", "c"]
    heard = np.zeros(len(samples), bool)
    for part in spoken:
        assert part.end_ms - part.start_ms in {999, 1000, 1001}
        heard[part.start_ms * RATE // 1000 : part.end_ms * RATE // 1000 + 16] = True
    assert not samples[~heard].any()
    gaps = [b.start_ms - a.end_ms for a, b in itertools.pairwise(spoken)]
    assert min(gaps) >= 400
    assert max(gaps) in range(19_999, 20_002)


def test_a_recording_without_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="x has no text"):
        concatenate([Recording("x", np.ones(9, np.float32), None)], 0.1)
