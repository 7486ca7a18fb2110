import math
from pathlib import Path

import pytest
from report_jobs import write_wave

from indicsubs_common.report import waveform
from indicsubs_common.report.waveform import read_waveform
from indicsubs_contract.audio import RATE
from indicsubs_contract.errors import IndicsubsError


def level(sample: int) -> int:
    return int(255 * math.sqrt(abs(sample) / 32_768))


def test_each_bucket_of_50_ms_has_its_highest_magnitude(tmp_path: Path):
    bucket = RATE // 20
    samples = [0] * bucket + [8_192] * bucket + [-32_768] * bucket + [100, -2_000] * 50
    wave = read_waveform(write_wave(tmp_path / "a.wav", samples), 1_400)
    assert (wave.start_ms, wave.bucket_ms) == (1_400, 50)
    assert list(wave.peaks) == [0, 127, 255, level(100)]  # only every fourth sample is read


def test_quiet_speech_differs_from_silence(tmp_path: Path):
    tone = [round(60 * math.sin(t / 5)) for t in range(RATE)]
    wave = read_waveform(write_wave(tmp_path / "a.wav", [*tone, *[0] * RATE]), 0)
    assert min(wave.peaks[:20]) >= 8
    assert set(wave.peaks[20:]) == {0}


def test_the_file_is_read_in_pieces_and_no_bucket_is_lost(tmp_path: Path, monkeypatch):
    samples = [(t * 37) % 30_000 for t in range(RATE * 3 + 11)]
    path = write_wave(tmp_path / "a.wav", samples)
    whole = read_waveform(path, 0)
    monkeypatch.setattr(waveform, "_BUCKETS_AT_ONCE", 7)
    assert read_waveform(path, 0) == whole
    assert len(whole.peaks) == 61


def test_a_film_too_long_for_the_page_gets_longer_buckets(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(waveform, "MOST_BUCKETS", 10)
    wave = read_waveform(write_wave(tmp_path / "a.wav", [5] * (RATE * 2 + 1)), 0)
    assert wave.bucket_ms == 200
    assert len(wave.peaks) == 11  # the last has one sample


def test_no_audio_is_an_empty_waveform(tmp_path: Path):
    assert read_waveform(write_wave(tmp_path / "a.wav", []), 0).peaks == b""


def test_other_audio_is_refused(tmp_path: Path):
    with pytest.raises(IndicsubsError, match="16 kHz mono"):
        read_waveform(write_wave(tmp_path / "a.wav", [0] * 10, rate=8_000), 0)
