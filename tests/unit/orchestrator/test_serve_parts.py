"""Parts of the server by themselves: what needs a full disk, a huge file or a thousand events."""

import asyncio
import os
import struct
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from indicsubs.jobs.specification import JobSpec
from indicsubs.library.work import Next
from indicsubs.server import uploads as uploads_module
from indicsubs.server.event_log import EventLog
from indicsubs.server.failures import RequestError, failed_film
from indicsubs.server.settings import ServerSettings
from indicsubs.server.uploads import Upload, Uploads
from indicsubs.server.wave_header import wave_header
from indicsubs.server.worker import Ask, Worker
from indicsubs_contract.messages.files import SourceFile

SETTINGS = ServerSettings(spec=JobSpec(source=SourceFile(path="", fingerprint="")))


def received(root: Path, name: str, data: bytes, *, is_raw: bool = False) -> Path:
    (root / "incoming").mkdir(exist_ok=True)
    store = Uploads(root, root / "incoming", SETTINGS)

    async def receive() -> Path:
        async with store.receive(len(data), is_raw=is_raw) as upload:
            upload.open(name)
            await upload.write(data)
            return upload.finish(root)

    return asyncio.run(receive())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("film.mp4", "film.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\My Film.mkv", "My Film.mkv"),
        ("..", "audio"),
        ("", "audio"),
        (".hidden.mp4", "hidden.mp4"),
        ("a\0b\nc\x1b.mp4", "abc.mp4"),
        ("फ़िल्म.mp4", "फ़िल्म.mp4"),
        ("x" * 1000 + ".mp4", "x" * 207 + ".mp4"),
        ("a/", "audio"),
        ("\ufffd\ufffd.wav", "wav"),
        ("x" * 300 + "." + "🎬" * 15, "x" * 207),
        ("Dr. No", "Dr. No"),
        ("Dr. No.mkv ", "Dr. No.mkv"),
        ("क्\u200dया.mp4", "क्\u200dया.mp4"),
        ("gpj.\u202efilm.mp4", "gpj.film.mp4"),
        ("फ" * 100 + ".फ़िल्म", "फ" * 69),
    ],
)
def test_names_of_clients_are_only_names(tmp_path: Path, name: str, expected: str) -> None:
    path = received(tmp_path, name, b"film")
    assert path.name == expected
    assert path.parent.parent == tmp_path
    assert path.read_bytes() == b"film"


def test_the_same_content_is_the_same_film(tmp_path: Path) -> None:
    first = received(tmp_path, "one.mp4", b"film")
    os.utime(first, (1, 1))
    assert received(tmp_path, "two.mp4", b"film") == first
    assert first.stat().st_mtime == 1
    raw = received(tmp_path, "two.mp4", b"film", is_raw=True)
    assert (raw == first, raw.name) == (False, "two.wav")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_disk_without_room_refuses_before_and_during_an_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")  # noqa: PYI024
    free = SETTINGS.free_bytes + 100
    monkeypatch.setattr(uploads_module.shutil, "disk_usage", lambda _: usage(free))
    (tmp_path / "incoming").mkdir()
    with pytest.raises(RequestError, match="does not fit") as refused:
        received(tmp_path, "film.mp4", b"x" * 101)
    assert refused.value.status == 507
    assert received(tmp_path, "film.mp4", b"x" * 100).exists()
    monkeypatch.setattr(uploads_module, "_CHECKED_EVERY", 10)
    upload = Upload(tmp_path / "incoming", SETTINGS, is_raw=False)
    upload.open("film.mp4")
    free = 0
    with pytest.raises(RequestError, match="Make room"):
        asyncio.run(upload.write(b"x" * 20))
    upload.close()


def test_uploads_that_are_running_have_their_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")  # noqa: PYI024
    disk = SETTINGS.free_bytes + 100
    (tmp_path / "incoming").mkdir()
    store = Uploads(tmp_path, tmp_path / "incoming", SETTINGS)
    written = 0
    monkeypatch.setattr(uploads_module.shutil, "disk_usage", lambda _: usage(disk - written))

    async def receive() -> None:
        nonlocal written
        async with store.receive(60) as first:
            first.open("film.mp4")
            with pytest.raises(RequestError, match="does not fit") as refused:
                async with store.receive(50):
                    pass
            assert refused.value.status == 507
            await first.write(b"x" * 50)
            written = 50
            async with store.receive(40):
                pass
            with pytest.raises(RequestError, match="does not fit"):
                async with store.receive(41):
                    pass
        async with store.receive(50):
            pass

    asyncio.run(receive())
    assert list((tmp_path / "incoming").iterdir()) == []


def test_a_film_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is empty"):
        received(tmp_path, "film.mp4", b"")
    assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize(("size", "stated"), [(0, 0), (7, 7), (2**40, 2**32 - 1 - 44)])
def test_the_size_in_a_wave_header(size: int, stated: int) -> None:
    header = wave_header(size)
    assert len(header) == 44
    assert struct.unpack_from("<I", header, 4) == (stated + 36,)
    assert struct.unpack_from("<I", header, 40) == (stated,)


def test_readers_that_are_too_slow_begin_again() -> None:
    async def read() -> None:
        log = EventLog()
        assert log.since(0) == []
        for number in range(1500):
            log.add("job", number)
        assert [event.data for event in log.since(1498) or ()] == [b"1498", b"1499"]
        assert len(log.since(500) or ()) == 1000
        assert log.since(499) is None
        assert log.since(1501) is None
        assert log.number_of(log.id_of(7)) == 7
        for text in ("", "7", "other-7", log.id_of(7) + "x", log.id_of(7) + "²"):
            assert log.number_of(text) is None

    asyncio.run(read())


def test_the_work_goes_on_after_a_failure_of_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indicsubs.server.worker._AGAIN_S", 0.01)
    states: list[str | None] = []
    again, third = threading.Event(), threading.Event()

    def work(ask: Ask) -> None:
        states.append(worker.trouble)
        if len(states) < 3:
            raise OSError(28, "No space left on device")
        third.set()
        answers: list[Next] = []
        while True:
            answers.append(ask())
            again.wait(0.01)

    worker = Worker(work, str)
    worker.start()
    assert third.wait(5)
    again.wait(0.1)
    assert worker.trouble is None
    worker.stop()
    full = "[Errno 28] No space left on device"
    assert states == [None, full, full]


def test_failures_of_films_are_never_the_address_s() -> None:
    assert failed_film("no_input", "The film is gone.").status == 422
    assert failed_film("bug", None).status == 500
    assert failed_film("of a newer version", "x").status == 500
    assert failed_film("out_of_memory", "x").status == 503
