"""Kills of the server at random moments: every job that a client was promised is done."""

import random
import threading
import time
from pathlib import Path

import pytest
import requests
from fake_film import film_bytes
from fake_server import FakeServer, running

KILLS = 6


@pytest.mark.parametrize("seed", [1, 2])
def test_no_promised_job_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    promised: dict[int, str] = {}

    def send(server: FakeServer, name: str) -> None:
        try:
            answer = server.post(
                "/jobs",
                files={"file": (f"{name}.mp4", film_bytes([name]))},
                data={"source": "hi", "initial_prompt": "sleep:0.1"},
            )
        except requests.RequestException:
            return  # it was killed
        if answer.status_code == 201:
            promised[answer.json()["jobs"][0]["id"]] = name

    for number in range(KILLS):
        server = FakeServer(tmp_path, name=f"{number}.log")
        threads = [
            threading.Thread(target=send, args=(server, f"वाक्य {number} {n}")) for n in range(4)
        ]
        for thread in threads:
            thread.start()
            time.sleep(chance.uniform(0, 0.1))
        time.sleep(chance.uniform(0, 1.5))
        server.process.kill()
        server.process.wait()
        for thread in threads:
            thread.join()
    assert len(promised) > KILLS
    with running(tmp_path, name="last.log") as server:
        for number, name in promised.items():
            job = server.wait_for(number, "done", "failed")
            assert job["state"] == "done", job["message"]
            srt = server.get(f"/jobs/{number}/files/{name}.hin.srt")
            assert f"\n{name}\n" in srt.content.decode()
        incoming = tmp_path / "out" / "uploads" / "incoming"
        assert [path for path in incoming.glob("*/*") if path.is_dir()] == []
        assert len(list(incoming.iterdir())) == 1
