"""OpenAI's interface, asked by OpenAI's own Python client."""

import io
from collections.abc import Iterator

import openai
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_server import FakeServer, running

from indicsubs.jobs.job_reading import read_job

# The client marks its translations as deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
FILM = ("film.mp4", film_bytes())
TOKEN = "a token of sufficient length"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with running(tmp_path_factory.mktemp("openai")) as found:
        yield found


@pytest.fixture
def client(server: FakeServer) -> Iterator[openai.OpenAI]:
    with client_of(server) as found:
        yield found


def client_of(server: FakeServer, key: str = "anything") -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=60)


def test_a_transcription(client: openai.OpenAI) -> None:
    found = client.audio.transcriptions.create(file=FILM, model="whisper-1", language="hi")
    assert found.text == " ".join(DIALOGUE)


def test_a_translation(client: openai.OpenAI) -> None:
    found = client.audio.translations.create(file=FILM, model="whisper-1")
    assert found.text == " ".join(f"[en] {line}" for line in DIALOGUE)


def test_subtitles(client: openai.OpenAI) -> None:
    srt = client.audio.transcriptions.create(file=FILM, model="demo", response_format="srt")
    assert srt.startswith(f"1\n00:00:01,000 --> 00:00:02,000\n{DIALOGUE[0]}\n")
    vtt = client.audio.translations.create(file=FILM, model="demo", response_format="vtt")
    assert vtt.startswith("WEBVTT")
    assert f"[en] {DIALOGUE[0]}" in vtt
    text = client.audio.transcriptions.create(file=FILM, model="demo", response_format="text")
    assert text == " ".join(DIALOGUE) + "\n"


def test_times_of_segments_and_words(client: openai.OpenAI) -> None:
    found = client.audio.transcriptions.create(
        file=("film.mp4", io.BytesIO(film_bytes())),
        model="whisper-1",
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    assert found.language == "hindi"
    assert float(found.duration) == 6.0
    first = found.segments[0]
    assert (first.start, first.end, first.text) == (1.0, 2.0, DIALOGUE[0])
    assert found.words[0].word == DIALOGUE[0].split()[0]
    assert 1.0 <= found.words[0].start < found.words[0].end <= 2.0


@pytest.mark.parametrize(
    "options",
    [
        *({"temperature": 0.2}, {"include": ["logprobs"]}, {"stream": False}, {"language": "hin"}),
        *({"chunking_strategy": "auto"}, {"chunking_strategy": {"type": "server_vad"}}),
        *({"languages": ["hi"]}, {"keywords": ["गाँव", "घर"]}, {"prompt": "एक गाँव की कहानी"}),
    ],
    ids=str,
)
def test_options_that_change_no_answer_s_shape(client: openai.OpenAI, options: dict) -> None:
    found = client.audio.transcriptions.create(file=FILM, model="whisper-1", **options)
    assert found.text == " ".join(DIALOGUE)


def test_keywords_are_hotwords(server: FakeServer, client: openai.OpenAI) -> None:
    film = ("film.mp4", film_bytes([*DIALOGUE, "keywords"]))
    client.audio.transcriptions.create(file=film, model="whisper-1", keywords=["गाँव", "घर"])
    job = server.get("/jobs?state=done&limit=1").json()["jobs"][0]["job"]
    assert read_job(server.log.parent / "out" / job).spec.hotwords == "गाँव, घर"


def test_the_models_are_the_profiles(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names == ["whisper-1", "demo", "fast", "best", "turbo"]
    assert client.models.retrieve("demo").owned_by == "indicsubs"


def test_an_unknown_model(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        client.audio.transcriptions.create(file=FILM, model="gpt-4o-transcribe")
    assert raised.value.code == "model_not_found"
    assert "whisper-1" in raised.value.body["message"]
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")


def test_models_that_are_not_on_this_machine(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as raised:
        client.audio.transcriptions.create(file=FILM, model="fast", language="hi")
    assert "just models fetch" in raised.value.body["message"]


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"language": "nowhere"}, "language"),
        ({"response_format": "diarized_json"}, "response_format"),
        ({"stream": True}, "stream"),
        ({"extra_body": {"colour": "blue"}}, "colour"),
        ({"timestamp_granularities": ["letter"]}, "timestamp_granularities[]"),
        ({"languages": ["hi", "en"]}, "languages[]"),
        ({"known_speaker_names": ["Asha"]}, "known_speaker_names[]"),
    ],
)
def test_what_is_not_known_is_named(client: openai.OpenAI, options: dict, parameter: str) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.audio.transcriptions.create(file=FILM, model="whisper-1", **options)
    assert raised.value.param == parameter
    assert raised.value.type == "invalid_request_error"


def test_a_file_that_is_not_media(client: openai.OpenAI) -> None:
    with pytest.raises(openai.UnprocessableEntityError, match="is not a film"):
        client.audio.transcriptions.create(file=("a.mp3", b"nonsense"), model="whisper-1")


def test_a_request_without_a_model_or_a_file(server: FakeServer) -> None:
    answer = server.post("/v1/audio/transcriptions", files={"file": FILM})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "model")
    answer = server.post("/v1/audio/transcriptions", files={"model": (None, "whisper-1")})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")


def test_the_key_is_the_token(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("INDICSUBS_TOKEN", TOKEN)
    with running(tmp_path) as server:
        with client_of(server, TOKEN) as client:
            assert client.audio.transcriptions.create(file=FILM, model="whisper-1").text
        with client_of(server, "wrong") as client, pytest.raises(openai.AuthenticationError):
            client.audio.transcriptions.create(file=FILM, model="whisper-1")
