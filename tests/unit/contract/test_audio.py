"""Reading the dialogue span by span."""

from pathlib import Path

import pytest
from recognisers import write_wav

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.transcript import SpeechRegion


def test_samples_of_a_span(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    data = bytes(range(256)) * 250  # 2 s
    write_wav(path, data)
    with open_audio(path) as audio:
        for start, end in ((0, 2000), (100, 200), (1999, 2000), (1500, 9000), (-5, 10)):
            span = SpeechRegion(start_ms=start, end_ms=end)
            assert read_samples(audio, span) == data[max(0, start) * 32 : end * 32]
        assert read_samples(audio, SpeechRegion(start_ms=5000, end_ms=6000)) == b""


def test_audio_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for content in (b"", b"no audio at all"):
        path.write_bytes(content)
        with pytest.raises(IndicsubsError, match=r"a\.wav is not a WAV file"):
            open_audio(path)
    for rate, channels in ((44_100, 1), (16_000, 2)):
        write_wav(path, bytes(400), rate, channels)
        with pytest.raises(IndicsubsError, match="is not 16 kHz mono"):
            open_audio(path)
