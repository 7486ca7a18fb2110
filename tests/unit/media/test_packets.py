"""Reading the packets of films in which streams appear late."""

from pathlib import Path

import av
import pytest
from media import make_film, make_program_stream

from indicsubs_media import film as film_module
from indicsubs_media.film import open_film
from indicsubs_media.packets import late_streams, read_packets
from indicsubs_media.streams import is_empty


def test_reads_all_packets_of_some_streams(tmp_path: Path):
    path = make_film(tmp_path / "film.mkv", subtitles=[("hin", "नमस्ते")])
    with open_film(path) as film:
        audio = film.streams.audio[0]
        packets = [packet for packet in read_packets(film, audio) if packet.size]
        assert {packet.stream_index for packet in packets} == {audio.index}
        assert late_streams(film) == []
        assert not any(map(is_empty, film.streams))
    with av.open(str(path)) as reference:
        assert len(packets) == len([p for p in reference.demux(audio=0) if p.size])


def test_a_stream_that_appears_while_reading_is_named_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = make_program_stream(tmp_path / "film.vob", (7, 9), padded=True)
    monkeypatch.setattr(film_module, "_LONG_PROBING", {"probesize": "20000"})
    with open_film(path) as film:
        assert len(film.streams) == 2
        frames = [packet for packet in read_packets(film) if packet.size]
        assert late_streams(film) == ["audio: mp2"]
    assert len(frames) > 16 * 25


def test_a_stream_that_is_only_declared_is_empty(tmp_path: Path):
    path = tmp_path / "film.ts"
    source = make_film(tmp_path / "film.mkv", video="mpeg2video", audio="mp2")
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        for stream in old.streams:
            new.add_stream_from_template(stream, opaque=True)
        for packet in old.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
    with open_film(path) as film:
        assert [is_empty(stream) for stream in film.streams] == [False, False, True, True]
