"""The interface that Bazarr calls, with the very requests of its provider."""

import hashlib
import json
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pysubs2
import pytest
import requests
from fake_film import DIALOGUE, film_bytes
from fake_server import FakeServer, running

from indicsubs.server.answers import Spoken, language_name, text_of
from indicsubs_contract.transcript import Word
from indicsubs_text.cues import Cue

PCM = film_bytes()
"""What the fake recogniser hears, sent as Bazarr sends raw audio."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with running(tmp_path_factory.mktemp("asr")) as found:
        yield found


class BazarrProvider:
    """The requests of whisperai.py, as its session makes them.

    Args:
        endpoint: The setting "Whisper ASR Docker Endpoint".
        film: The film's path, where the setting "Pass video filename to Whisper" is on.
    """

    def __init__(self, endpoint: str, film: str | None = None) -> None:
        self.endpoint, self.film = endpoint, film
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "Subliminal/2.1.0"

    def detect_language(self, audio: bytes) -> requests.Response:
        return self.session.post(
            f"{self.endpoint}/detect-language",
            params={"encode": "false", "video_file": self.film},
            files={"audio_file": audio},
            timeout=(30, 60),
        )

    def download(self, audio: bytes, task: str, language: str) -> requests.Response:
        return self.session.post(
            f"{self.endpoint}/asr",
            params={
                "task": task,
                "language": language,
                "output": "srt",
                "encode": "false",
                "video_file": self.film,
            },
            files={"audio_file": audio},
            timeout=(30, 60),
        )


def is_subtitles(content: bytes) -> bool:
    """Whether Bazarr takes an answer for subtitles: it never looks at the status."""
    try:
        return pysubs2.SSAFile.from_string(content.decode()).format is not None
    except pysubs2.FormatAutodetectionError:
        return False


def test_bazarr_detects_the_language(server: FakeServer) -> None:
    for film in (None, "/films/My Film (2001).mkv"):
        found = BazarrProvider(server.url, film).detect_language(PCM).json()
        assert found == {"detected_language": "hindi", "language_code": "hi", "confidence": 0.9}


def test_bazarr_is_told_that_a_language_was_not_detected(server: FakeServer) -> None:
    found = BazarrProvider(server.url).detect_language(b"nothing is said").json()
    assert found.get("language_code") is None
    assert "is not a film" in found["error"]["message"]


@pytest.mark.parametrize(
    ("tag", "name"), [("hi", "hindi"), ("sd", "sindhi"), ("ks-Deva", "kashmiri"), ("ur", "urdu")]
)
def test_languages_have_the_names_of_whisper(tag: str, name: str) -> None:
    assert language_name(tag) == name


def test_bazarr_gets_subtitles_in_the_spoken_language(server: FakeServer) -> None:
    answer = BazarrProvider(server.url).download(PCM, "transcribe", "hi")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert text.startswith("1\n00:00:01,000 --> 00:00:02,000\n" + DIALOGUE[0])
    assert "[en]" not in text
    assert is_subtitles(answer.content)


def test_bazarr_gets_a_translation(server: FakeServer) -> None:
    answer = BazarrProvider(server.url).download(PCM, "translate", "hi")
    assert f"[en] {DIALOGUE[1]}" in answer.content.decode()


def test_the_button_test_of_bazarr_shows_a_version(server: FakeServer) -> None:
    answer = server.get("/status", headers={"User-Agent": "bazarr"})
    assert answer.json()["version"].startswith("indicsubs ")


def test_raw_audio_becomes_a_wav_file(server: FakeServer) -> None:
    BazarrProvider(server.url).download(PCM, "transcribe", "hi")
    folder = hashlib.sha256(b"s16le" + PCM).hexdigest()
    film = server.log.parent / "out" / "uploads" / folder / "audio_file.wav"
    header = film.read_bytes()[:44]
    assert struct.unpack("<4sI4s4sIHHIIHH4sI", header) == (
        *(b"RIFF", 36 + len(PCM), b"WAVE", b"fmt ", 16),
        *(1, 1, 16_000, 32_000, 2, 16, b"data", len(PCM)),
    )


@pytest.mark.parametrize(
    ("output", "start"),
    [
        ("srt", "1\n00:00:01,000 --> 00:00:02,000\n"),
        ("vtt", "WEBVTT\n"),
        ("txt", f"{DIALOGUE[0]}\n{DIALOGUE[1]}\n"),
        ("tsv", f"start\tend\ttext\n1000\t2000\t{DIALOGUE[0]}\n"),
    ],
)
def test_every_format(server: FakeServer, output: str, start: str) -> None:
    files = {"audio_file": ("film.mp4", film_bytes(), "video/mp4")}
    answer = server.post(f"/asr?language=hi&output={output}", files=files)
    assert answer.text.startswith(start)
    assert answer.headers["content-disposition"] == f'attachment; filename="film.mp4.{output}"'


def test_json_has_the_segments_of_whisper(server: FakeServer) -> None:
    files = {"audio_file": ("film.mp4", film_bytes())}
    found = server.post("/asr?output=json", files=files).json()  # the language is detected
    assert found["language"] == "hi"
    assert found["text"] == " ".join(DIALOGUE)
    assert [(each["start"], each["end"]) for each in found["segments"]] == [
        (1.0, 2.0),
        (3.0, 4.0),
        (5.0, 6.0),
    ]


def test_text_is_the_default(server: FakeServer) -> None:
    answer = server.post("/asr", files={"audio_file": ("film.mp4", film_bytes())})
    assert answer.text == "".join(f"{line}\n" for line in DIALOGUE)


@pytest.mark.parametrize(
    ("path", "stem"),
    [("/films/My Film (2001).mkv", "My Film (2001)"), ("C:\\Films\\Other Film.mkv", "Other Film")],
)
def test_the_name_of_the_film_names_the_files(server: FakeServer, path: str, stem: str) -> None:
    film = film_bytes([*DIALOGUE, f"named {stem}"])
    BazarrProvider(server.url, path).download(film, "transcribe", "hi")
    newest = server.get("/jobs?state=done&limit=1").json()["jobs"][0]
    assert newest["name"] == f"{stem}.wav"
    assert f"{stem}.hin.srt" in newest["files"]


def test_words_have_times_where_they_are_asked_for(server: FakeServer) -> None:
    files = {"audio_file": ("film.mp4", film_bytes())}
    asked = "/asr?language=hi&output=json&word_timestamps=true&vad_filter=true"
    for segment in server.post(asked, files=files).json()["segments"]:
        assert " ".join(word["word"] for word in segment["words"]) == segment["text"]
        assert {*segment["words"][0]} == {"word", "start", "end", "probability"}
        times = [time for word in segment["words"] for time in (word["start"], word["end"])]
        assert times == sorted(times)
        assert segment["start"] <= times[0] < times[-1] <= segment["end"]
    translated = server.post(f"{asked}&task=translate", files=files).json()["segments"]
    assert [segment["words"] for segment in translated] == [[], [], []]


def test_no_word_is_lost_where_cues_begin_late() -> None:
    cues = (
        Cue(start_ms=500, end_ms=1000, lines=("अ आ",)),
        Cue(start_ms=1200, end_ms=1500, lines=("इ",)),
    )
    times = ((0, 400), (900, 1000), (1010, 1190), (1600, 1700))
    words = tuple(Word(text="अ", start_ms=start, end_ms=end) for start, end in times)
    found = Spoken("hi", 2.0, cues, words, "", "")
    segments = json.loads(text_of(found, "json", with_words=True))["segments"]
    assert [len(segment["words"]) for segment in segments] == [2, 2]
    nothing = json.loads(text_of(found._replace(cues=()), "json", with_words=True))
    assert nothing["segments"] == []


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("language=de", 400, "'de' is not a language"),
        ("language=xx-nonsense", 400, "xx-nonsense"),
        ("language=gom", 422, "recognise"),
        ("task=summarise", 400, "transcribe, translate"),
        ("output=docx", 400, "srt"),
        ("encode=perhaps", 400, "true, false"),
        ("word_timestamps=perhaps", 400, "true, false"),
        ("diarize=true", 400, "Speakers"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    server: FakeServer, query: str, status: int, sentence: str
) -> None:
    answer = server.post(f"/asr?{query}", files={"audio_file": PCM})
    assert answer.status_code == status
    assert sentence in answer.json()["error"]["message"]
    assert not is_subtitles(answer.content)


def test_the_sentence_reaches_a_client_that_sends_a_whole_film_first(server: FakeServer) -> None:
    answer = BazarrProvider(server.url).download(bytes(200 << 20), "transcribe", "de")
    assert answer.status_code == 400
    assert "'de' is not a language" in answer.json()["error"]["message"]


def test_a_translation_without_a_model_is_refused_before_the_upload_is_kept(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        (tmp_path / "models" / "demo" / "translator-indic-en" / "config.json").unlink(
            missing_ok=True
        )
        for path in (tmp_path / "models" / "demo" / "translator-indic-en").iterdir():
            path.unlink()
        answer = BazarrProvider(server.url).download(PCM, "translate", "hi")
        assert answer.status_code == 422
        assert "translator-indic-en" in answer.json()["error"]["message"]
        assert [path.name for path in (tmp_path / "out" / "uploads").iterdir()] == ["incoming"]


def test_a_film_that_fails_is_answered_with_its_sentence(server: FakeServer) -> None:
    answer = BazarrProvider(server.url).download(b"not a film at all", "transcribe", "hi")
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert "is not a film" in error["message"]
    assert error["code"] == "bad_input"


def test_the_same_audio_is_answered_from_the_finished_job(server: FakeServer) -> None:
    film = film_bytes([*DIALOGUE, "twice"])
    first = BazarrProvider(server.url).download(film, "transcribe", "hi")
    before = server.get("/jobs").json()["counts"]
    second = BazarrProvider(server.url).download(film, "transcribe", "hi")
    assert first.content == second.content
    assert server.get("/jobs").json()["counts"] == before
    newest = server.get("/jobs?state=done&limit=1").json()["jobs"][0]
    assert newest["attempts"] == 1


def test_many_at_once_have_each_their_own_answer(server: FakeServer) -> None:
    answers: dict[int, str] = {}

    def ask(number: int) -> None:
        film = film_bytes([f"वाक्य {number}"])
        answers[number] = BazarrProvider(server.url).download(film, "transcribe", "hi").text

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(f"वाक्य {number}\n" in answers[number] for number in range(4)), answers


def test_a_client_that_does_not_wait_finds_the_work_done(server: FakeServer) -> None:
    film = film_bytes([*DIALOGUE, "impatient"])
    with pytest.raises(requests.Timeout):
        server.post(
            "/asr?language=hi&encode=false&output=srt&initial_prompt=sleep:1",
            files={"audio_file": film},
            timeout=0.7,
        )
    answer = server.post(
        "/asr?language=hi&encode=false&output=srt&initial_prompt=sleep:1",
        files={"audio_file": film},
    )
    assert "impatient" in answer.text
    newest = server.get("/jobs?state=done&limit=1").json()["jobs"][0]
    assert newest["attempts"] == 1


def test_detections_do_not_hold_up_other_requests(server: FakeServer) -> None:
    def detect(film: bytes) -> None:
        found.append(BazarrProvider(server.url).detect_language(film).json())

    found: list[dict] = []
    waiting = threading.Thread(target=detect, args=(film_bytes(["वाक्य", "sleep:1"]),))
    waiting.start()
    url = f"{server.url}/detect-language?encode=false"
    for number in range(40):  # more than there are threads for what waits for the disk
        film = film_bytes([f"गया {number}", "sleep:1"])
        with pytest.raises(requests.Timeout):
            requests.post(url, files={"audio_file": film}, timeout=0.05)
    began_s = time.monotonic()
    assert server.get("/library").status_code == 200
    name = {"file": ("a.mp4", film_bytes(["बीच में।"]))}
    assert server.post("/jobs", files=name).status_code == 201
    assert time.monotonic() - began_s < 3
    detect(film_bytes(["अंत"]))  # those whose clients are gone take no turn
    waiting.join()
    assert [each["language_code"] for each in found] == ["hi"] * 2
    assert time.monotonic() - began_s < 10


def test_errors_have_one_shape(server: FakeServer) -> None:
    for answer in (server.get("/asr"), server.get("/nothing"), server.post("/asr")):
        assert answer.status_code >= 400
        assert set(json.loads(answer.text)["error"]) == {"message", "type", "param", "code"}
