"""Stage asr by MLX-Whisper, with a Whisper whose every answer is known.

Its final layer norm is a constant, so its logits do not depend on the audio. All the code around
the network runs as usual, and the expected result follows from the logits.
"""

import json
import wave
from collections.abc import Callable
from pathlib import Path

import mlx.core as mx
import msgspec
import numpy as np
import pytest
from engine_checks import check_a_prepared_model_is_loaded_once
from mlx.utils import tree_flatten
from mlx_whisper.tokenizer import get_tokenizer
from mlx_whisper.whisper import ModelDimensions, Whisper
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Timing, Transcript
from indicsubs_mlx import asr

TOKENIZER = get_tokenizer(multilingual=True, language="hi", task="transcribe")
SIZES = {
    "n_mels": 80,
    "n_audio_ctx": 1500,
    "n_audio_state": 16,
    "n_audio_head": 2,
    "n_audio_layer": 1,
    "n_vocab": 51865,
    "n_text_ctx": 448,
    "n_text_state": 16,
    "n_text_head": 2,
    "n_text_layer": 1,
}

ModelMaker = Callable[..., Path]


def token(text: str) -> int:
    special = {"<end>": TOKENIZER.eot, "<nospeech>": TOKENIZER.no_speech}
    if text in special:
        return special[text]
    if text.startswith("<"):
        return TOKENIZER.to_language_token(text.strip("<>"))
    (number,) = TOKENIZER.encode(text)
    return number


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> ModelMaker:
    """``make_model({" hello": 5.0, "<hi>": 9.0})``: these tokens get these logits, all others 0."""

    def make(logits: dict[str, float], bands: int = 80, dtype: mx.Dtype = mx.float32) -> Path:
        mx.set_default_device(mx.cpu)
        mx.random.seed(0)
        sizes = {**SIZES, "n_mels": bands}
        model = Whisper(ModelDimensions(**sizes), mx.float32)
        column = np.zeros(SIZES["n_vocab"], np.float32)
        for text, logit in logits.items():
            column[token(text)] = logit
        decoder = model.decoder
        decoder.token_embedding.weight[:, 0] = mx.array(column)
        decoder.ln.weight = mx.zeros(16)
        decoder.ln.bias = mx.array([1.0] + [0.0] * 15)
        model.set_dtype(dtype)
        folder = tmp_path_factory.mktemp("whisper")
        weights = dict(tree_flatten(model.parameters()))
        mx.save_safetensors(str(folder / "weights.safetensors"), weights)
        (folder / "config.json").write_text(json.dumps({**sizes, "model_type": "whisper"}))
        return folder

    return make


GREETING = {" hello": 18.0, "<end>": 20.0, "<hi>": 8.0}
"""The output ends as soon as possible: only the first token must not be the end."""


@pytest.fixture(scope="session")
def greeter(make_model: ModelMaker) -> Path:
    return make_model(GREETING)


Recognise = Callable[..., tuple[AsrResult, tuple[Segment, ...]]]


@pytest.fixture
def recognise(tmp_path: Path) -> Recognise:
    """Runs the stage on noise with the given speech regions (ms)."""

    def run(
        model: Path, *regions: tuple[int, int], **options: object
    ) -> tuple[AsrResult, tuple[Segment, ...]]:
        job = tmp_path / "job"
        context = stage_context(StageName.ASR, job)
        noise = np.random.default_rng(0).integers(-3000, 3000, 60 * 16_000).astype("<i2")
        with wave.open(str(job / "audio.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(noise.tobytes())
        speech = Speech(regions=tuple(SpeechRegion(start_ms=a, end_ms=z) for a, z in regions))
        (job / "speech.json").write_bytes(msgspec.json.encode(speech))
        defaults = {
            "audio": artifact("audio.wav"),
            "speech": artifact("speech.json"),
            "audio_start_ms": 0,
            "model": ModelFolder(name="test", folder=str(model), fingerprint=""),
            "device": "cpu",
            "compute_type": "float32",
            "languages": ENGINES["whisperx"].languages,
            "language": "hi",
        }
        result = asr.run(AsrRequest(**{**defaults, **options}), context)
        data = (job / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


SPEECH = ((1000, 3000), (6000, 9000), (20_000, 30_000))


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_one_segment_a_chunk(batch_size: int, greeter: Path, recognise: Recognise) -> None:
    result, segments = recognise(greeter, *SPEECH, batch_size=batch_size, audio_start_ms=500)
    assert [(s.start_ms, s.end_ms) for s in segments] == [(a + 500, z + 500) for a, z in SPEECH]
    assert {segment.text for segment in segments} == {"hello"}
    assert (result.language, result.segments) == ("hi", 3)
    assert result.warnings == ()


def test_the_model_that_was_prepared_is_not_loaded_again(
    greeter: Path, recognise: Recognise, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_prepared_model_is_loaded_once(
        monkeypatch, asr, "load_model", greeter, lambda folder: recognise(folder, *SPEECH)
    )


def test_confidence_is_the_mean_probability(greeter: Path, recognise: Recognise) -> None:
    """Of the word, where the end is not allowed, and of the end: exp((log 1 + log p) / 2)."""
    _, (segment,) = recognise(greeter, (0, 4000))
    assert segment.confidence == pytest.approx(np.sqrt(1 / (1 + np.exp(-2))), abs=0.01)
    assert segment.no_speech is not None
    assert segment.no_speech < 1e-6


def test_half_precision_weights_are_read(make_model: ModelMaker, recognise: Recognise) -> None:
    model = make_model(GREETING, dtype=mx.float16)
    assert [segment.text for segment in recognise(model, (0, 3000))[1]] == ["hello"]


def test_128_mel_bands(make_model: ModelMaker, recognise: Recognise) -> None:
    model = make_model(GREETING, bands=128)
    assert [segment.text for segment in recognise(model, (0, 3000))[1]] == ["hello"]


def test_words_have_times(greeter: Path, recognise: Recognise) -> None:
    _, segments = recognise(greeter, *SPEECH, audio_start_ms=500)
    for segment in segments:
        (word,) = segment.words
        assert word.text == "hello"
        assert segment.start_ms <= word.start_ms < word.end_ms <= segment.end_ms
        assert (segment.timing, segment.timed_by) == (Timing.RECOGNISER, "mlx")


def test_the_path_is_that_of_mlx_whisper() -> None:
    """Both search the same costs; theirs compiles its search, ours does not need to."""
    from mlx_whisper.timing import dtw

    from indicsubs_recognition.cross_attention import _first_frames, _steps

    for seed in range(5):
        costs = np.random.default_rng(seed).normal(size=(12, 70)).astype(np.float32)
        tokens, frames = dtw(costs)
        starts = [int(frames[tokens == token].min()) for token in range(12)]
        assert _first_frames(_steps(costs)) == starts


@pytest.mark.parametrize("logits", [{}, {".": 18.5}, {" ": 18.5}, {"5": 18.9}])
def test_the_script_is_kept(
    logits: dict[str, float], make_model: ModelMaker, recognise: Recognise
) -> None:
    """Not in marks or digits either, which are more probable than the letters."""
    model = make_model({" hello": 19.0, " क": 18.0, "<end>": 20.0, "<hi>": 8.0, **logits})
    assert {segment.text for segment in recognise(model, *SPEECH)[1]} == {"hello"}
    guarded = recognise(model, *SPEECH, script="Deva")[1]
    assert {(segment.text, segment.note) for segment in guarded} == {("क", None)}


def test_a_penalty_on_repetition_ends_a_loop(make_model: ModelMaker, recognise: Recognise) -> None:
    """Where the letter has been said, 20 / 1.15 is less than the logit of the end."""
    model = make_model({" hello": 24.0, " क": 20.0, "<end>": 19.0, "<hi>": 8.0})
    _, segments = recognise(model, (0, 900), script="Deva")
    assert [segment.text for segment in segments] == ["क"]


def test_a_sentence_in_english_stays_in_english(
    make_model: ModelMaker, recognise: Recognise
) -> None:
    model = make_model({" hello": 19.0, " क": 18.0, "<end>": 20.0, "<en>": 12.0})
    _, segments = recognise(model, *SPEECH, script="Deva")
    assert {(s.text, s.language, s.note) for s in segments} == {("hello", "en", None)}


def test_a_language_that_whisper_does_not_know(greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=r"does not know Bodo.*--transcript"):
        recognise(greeter, *SPEECH, language="brx")


def test_output_without_end_is_noted_and_kept(make_model: ModelMaker, recognise: Recognise) -> None:
    result, segments = recognise(make_model({" hello": 20.0}), (0, 2000))
    assert [(s.start_ms, s.end_ms) for s in segments] == [(0, 1000), (1000, 2000)]
    assert all("longest output" in (segment.note or "") for segment in segments)
    assert segments[0].text.split() == ["hello"] * 440
    assert "2 segments may be wrong" in result.warnings[0]


def test_punctuation_alone_is_left_out(make_model: ModelMaker, recognise: Recognise) -> None:
    result, segments = recognise(make_model({"!!!!": 18.0, "<end>": 20.0}), *SPEECH)
    assert segments == ()
    assert "3 stretches of sound gave no words" in result.warnings[0]


def test_probabilities_that_are_not_numbers(make_model: ModelMaker, recognise: Recognise) -> None:
    """Probabilities of NaN become None, and a note."""
    model = make_model({" hello": float("nan"), "<end>": float("nan")})
    _, segments = recognise(model, (0, 2000))
    assert [s.confidence for s in segments] == [None] * len(segments)


def test_a_prompt_is_accepted(greeter: Path, recognise: Recognise) -> None:
    _, segments = recognise(greeter, (0, 3000), initial_prompt="Raju and Simran", hotwords="Raju")
    assert [segment.text for segment in segments] == ["hello"]


def test_a_prompt_that_is_too_long(greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=r"300 tokens long; Whisper takes 223"):
        recognise(greeter, (0, 3000), initial_prompt="hello " * 300)


def test_no_speech_is_an_empty_transcript(tmp_path: Path, recognise: Recognise) -> None:
    result, segments = recognise(tmp_path / "no model is needed")
    assert segments == ()
    assert result.warnings == ("No speech was found; the transcript is empty.",)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cuda"}, "--backend whisperx"),
        ({"compute_type": "int8"}, "does not compute in int8 on cpu"),
        ({"compute_type": "float16"}, "does not compute in float16 on cpu"),
        pytest.param(
            {"device": "mps", "compute_type": "float16"},
            "no Apple GPU",
            marks=pytest.mark.skipif(mx.metal.is_available(), reason="this machine has one"),
        ),
    ],
)
def test_devices(options: dict, message: str, greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=message) as caught:
        recognise(greeter, *SPEECH, **options)
    assert caught.value.code is FailureCode.DEVICE


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_a_file_of_the_model_is_missing(
    name: str, greeter: Path, recognise: Recognise, tmp_path: Path
) -> None:
    for path in greeter.iterdir():
        if path.name != name:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(IndicsubsError, match=f"lacks {name}") as caught:
        recognise(tmp_path, *SPEECH)
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_a_model_of_another_layout(greeter: Path, recognise: Recognise, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"d_model": 16}')
    (tmp_path / "weights.safetensors").write_bytes((greeter / "weights.safetensors").read_bytes())
    with pytest.raises(IndicsubsError, match="does not load") as caught:
        recognise(tmp_path, *SPEECH)
    assert caught.value.code is FailureCode.MISSING_MODEL
