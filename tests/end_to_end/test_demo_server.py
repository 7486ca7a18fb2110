"""The server over the real demo models: Bazarr's own request, from raw audio to subtitles."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import openai
import pytest
import requests
import srt
from demo_runs import DEMO, command, reference

WAIT_S = 300


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    log = folder / "log"
    arguments = ("serve", "--port", "0", "--profile", "demo")
    with log.open("wb") as file:
        server = subprocess.Popen(
            command(folder / "out", *arguments), stdout=file, stderr=subprocess.STDOUT
        )
    try:
        deadline_s = time.monotonic() + 60
        while not (found := re.search(r"http://\S+:\d+", log.read_text())):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        yield found[0]
        server.terminate()
        assert server.wait(30) == 0, log.read_text()
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def pcm(film: Path) -> bytes:
    """The audio as Bazarr's ``encode_audio_stream`` makes it."""
    made = subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", str(film)),
            *("-f", "s16le", "-acodec", "pcm_s16le", "-ac", "1", "-ar", "16000"),
            *("-af", "aresample=async=1", "-"),
        ],
        capture_output=True,
        check=True,
    )
    return made.stdout


def bazarr(url: str, audio: bytes, task: str) -> list[str]:
    answer = requests.post(
        f"{url}/asr",
        params={"task": task, "language": "hi", "output": "srt", "encode": "false"},
        files={"audio_file": audio},
        timeout=(30, WAIT_S),
    )
    assert answer.status_code == 200, answer.text
    return [" ".join(cue.content.split("\n")) for cue in srt.parse(answer.content.decode())]


def test_bazarr_gets_every_line(url: str) -> None:
    audio = pcm(DEMO / "clip.mp4")
    lines = reference("clip")["lines"]
    assert bazarr(url, audio, "transcribe") == [line["text"] for line in lines]
    assert bazarr(url, audio, "translate") == [line["en"] for line in lines]


def test_bazarr_hears_which_language_it_is(url: str) -> None:
    answer = requests.post(
        f"{url}/detect-language",
        params={"encode": "false"},
        files={"audio_file": pcm(DEMO / "clip.mp4")},
        timeout=(30, WAIT_S),
    )
    assert answer.json()["language_code"] == "hi"
    assert answer.json()["confidence"] > 0.5


def test_openai_s_client_gets_the_times_of_words(url: str) -> None:
    client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", timeout=WAIT_S, max_retries=0)
    with client, (DEMO / "clip.mp4").open("rb") as film:
        found = client.audio.transcriptions.create(
            file=film,
            model="whisper-1",
            language="hi",
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
    known = [word for line in reference("clip")["lines"] for word in line["words"]]
    assert [word.word for word in found.words] == [word["text"] for word in known]
    errors = [
        abs(1000 * one.start - two["start_ms"]) for one, two in zip(found.words, known, strict=True)
    ]
    assert sum(errors) / len(errors) < 40
