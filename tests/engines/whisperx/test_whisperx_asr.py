"""Stage asr by faster-whisper, with a Whisper whose every answer is known.

Its final layer norm is a constant, so its logits do not depend on the audio. All the code around
the network runs as usual, and the expected result follows from the logits.
"""

import wave
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from engine_checks import check_a_prepared_model_is_loaded_once
from films import Job

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Timing, Transcript
from indicsubs_recognition.byte_level import token_bytes

WORDS = [" नमस्ते", " दोस्त", " hello", " !!!!", ".", " "]
BYTES = [bytes([byte]) for byte in range(256)]
LANGUAGES = ["en", "fr", "hi", "ta", "ur"]
SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{code}|>" for code in LANGUAGES),
    *(f"<|{name}|>" for name in ("translate", "transcribe", "startoflm", "startofprev")),
    *(f"<|{name}|>" for name in ("nospeech", "notimestamps")),
]
TIMESTAMPS = [f"<|{k * 0.02:.2f}|>" for k in range(1501)]
TEXT_TOKENS = list(dict.fromkeys([b"", *BYTES, *(word.encode() for word in WORDS)]))
"""CTranslate2 takes a model for multilingual where its vocabulary has the empty token."""
TOKENS = [*TEXT_TOKENS, *SPECIAL, *TIMESTAMPS]

ModelMaker = Callable[..., Path]


def number(token: str) -> int:
    return TOKENS.index(token if token in SPECIAL else token.encode())


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> ModelMaker:
    """``make_model({" नमस्ते": 5.0, "<|hi|>": 9.0})``: these tokens get these logits, others 0."""
    import torch
    from ctranslate2.converters import TransformersConverter
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        GenerationConfig,
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
    )

    characters = {token_bytes(c): c for c in pre_tokenizers.ByteLevel.alphabet()}
    vocabulary = {
        "".join(characters[bytes([byte])] for byte in data): number
        for number, data in enumerate(TEXT_TOKENS)
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="."))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(" [^ ]+"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(token) for token in TIMESTAMPS])
    assert tokenizer.get_vocab_size() == len(TOKENS)

    def make(logits: dict[str, float], bands: int = 80, preprocessor: bool = True) -> Path:
        folder = tmp_path_factory.mktemp("whisper")
        torch.manual_seed(0)
        end = TOKENS.index("<|endoftext|>")
        model = WhisperForConditionalGeneration(
            WhisperConfig(
                vocab_size=len(TOKENS),
                num_mel_bins=bands,
                d_model=16,
                encoder_layers=1,
                decoder_layers=1,
                encoder_attention_heads=2,
                decoder_attention_heads=2,
                encoder_ffn_dim=16,
                decoder_ffn_dim=16,
                pad_token_id=end,
                bos_token_id=end,
                eos_token_id=end,
                decoder_start_token_id=end + 1,
                suppress_tokens=None,
                begin_suppress_tokens=None,
            )
        )
        with torch.no_grad():
            decoder = model.model.decoder
            decoder.layer_norm.weight.zero_()
            decoder.layer_norm.bias.zero_()
            decoder.layer_norm.bias[0] = 1
            decoder.embed_tokens.weight[:, 0] = 0
            for token, logit in logits.items():
                decoder.embed_tokens.weight[number(token), 0] = logit
        model.generation_config = GenerationConfig(
            eos_token_id=end,
            begin_suppress_tokens=[number(" "), end],
            lang_to_id={f"<|{code}|>": TOKENS.index(f"<|{code}|>") for code in LANGUAGES},
        )
        model.save_pretrained(folder / "hf")
        PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder / "hf")
        WhisperFeatureExtractor(feature_size=bands).save_pretrained(folder / "hf")
        copies = ["tokenizer.json", *(["preprocessor_config.json"] if preprocessor else [])]
        TransformersConverter(str(folder / "hf"), copy_files=copies).convert(
            str(folder / "ct2"), quantization="float32"
        )
        return folder / "ct2"

    return make


HINDI = "<|hi|>"


@pytest.fixture(scope="session")
def greeter(make_model: ModelMaker) -> Path:
    """Its output ends as soon as possible: only the first token must not be the end."""
    return make_model({" नमस्ते": 18.0, "<|endoftext|>": 20.0, HINDI: 8.0})


@pytest.fixture(scope="session")
def babbler(make_model: ModelMaker) -> Path:
    """Its output never ends."""
    return make_model({" नमस्ते": 20.0, " दोस्त": 19.0, HINDI: 8.0})


Recognise = Callable[..., tuple[AsrResult, tuple[Segment, ...]]]


@pytest.fixture
def recognise(job: Callable[[StageName], Job], tmp_path: Path) -> Recognise:
    """Runs the stage on noise with the given speech regions (ms)."""

    def run(
        model: Path, *regions: tuple[int, int], **options: object
    ) -> tuple[AsrResult, tuple[Segment, ...]]:
        from indicsubs_whisperx import asr

        current = job(StageName.ASR)
        noise = np.random.default_rng(0).integers(-3000, 3000, 60 * 16_000).astype("<i2")
        with wave.open(str(current.folder / "audio.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(noise.tobytes())
        speech = Speech(regions=tuple(SpeechRegion(start_ms=a, end_ms=z) for a, z in regions))
        (current.folder / "speech.json").write_bytes(msgspec.json.encode(speech))
        defaults = {
            **REQUEST,
            "model": ModelFolder(name="test", folder=str(model), fingerprint=""),
            "beam_size": 1,
        }
        result = asr.run(AsrRequest(**{**defaults, **options}), current.context)
        data = (current.folder / result.transcript.path).read_bytes()
        run.progress = current.progress
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


REQUEST = {
    "audio": artifact("audio.wav"),
    "speech": artifact("speech.json"),
    "audio_start_ms": 0,
    "device": "cpu",
    "compute_type": "float32",
    "languages": ENGINES["whisperx"].languages,
    "language": "hi",
}
DEMO = Path(__file__).parents[3] / "models" / "demo" / "recogniser-ctranslate2"
SPEECH = ((1000, 3000), (6000, 9000), (20_000, 30_000), (40_000, 41_000))


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_one_segment_a_chunk(
    batch_size: int, beam_size: int, greeter: Path, recognise: Recognise
) -> None:
    result, segments = recognise(
        greeter, *SPEECH, batch_size=batch_size, beam_size=beam_size, audio_start_ms=500
    )
    assert [(s.start_ms, s.end_ms) for s in segments] == [(a + 500, z + 500) for a, z in SPEECH]
    assert {segment.text for segment in segments} == {"नमस्ते"}
    assert (result.language, result.segments) == ("hi", 4)
    assert result.warnings == ()
    assert run_total(recognise) == (16_000, 16_000)


def run_total(recognise: Recognise) -> tuple[int, int]:
    last = recognise.progress[-1]
    return last.done, last.total


def test_the_model_that_was_prepared_is_not_loaded_again(
    greeter: Path, recognise: Recognise, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indicsubs_whisperx import asr

    check_a_prepared_model_is_loaded_once(
        monkeypatch, asr, "WhisperModel", greeter, lambda folder: recognise(folder, *SPEECH)
    )


def test_confidence_is_the_mean_probability(greeter: Path, recognise: Recognise) -> None:
    """Of the word, where the end is not allowed, and of the end: exp((log 1 + log p) / 2)."""
    _, (segment,) = recognise(greeter, (0, 4000))
    assert segment.confidence is not None
    assert segment.confidence == pytest.approx(np.sqrt(1 / (1 + np.exp(-2))), abs=0.01)
    assert segment.no_speech is not None
    assert segment.no_speech < 1e-6


def test_words_have_times(greeter: Path, recognise: Recognise) -> None:
    _, segments = recognise(greeter, *SPEECH, audio_start_ms=500)
    for segment in segments:
        (word,) = segment.words
        assert word.text == "नमस्ते"
        assert segment.start_ms <= word.start_ms < word.end_ms <= segment.end_ms
        assert (segment.timing, segment.timed_by) == (Timing.RECOGNISER, "whisperx")
        assert segment.timing_confidence == word.score
        assert word.score == pytest.approx(1, abs=1e-3)  # of all tokens but the end


def test_the_last_words_of_a_chunk_of_few_frames(greeter: Path, recognise: Recognise) -> None:
    _, (segment,) = recognise(greeter, (0, 40))
    assert [word.text for word in segment.words] == ["नमस्ते"]


GREETINGS = {" hello": 19.0, " नमस्ते": 18.0, "<|endoftext|>": 20.0, HINDI: 8.0}
"""It greets in Latin letters where it can."""


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize("logits", [{}, {".": 18.5}, {" ": 18.5}, {"<|hi|>": 9.0, "5": 18.9}])
def test_the_script_is_kept(
    logits: dict[str, float], beam_size: int, make_model: ModelMaker, recognise: Recognise
) -> None:
    """Not in marks or digits either, which are more probable than the letters."""
    model = make_model({**GREETINGS, **logits})
    free = recognise(model, *SPEECH, beam_size=beam_size)[1]
    assert {segment.text for segment in free} == {"hello"}
    guarded = recognise(model, *SPEECH, script="Deva", beam_size=beam_size)[1]
    assert {(segment.text, segment.note) for segment in guarded} == {("नमस्ते", None)}
    assert [len(segment.words) for segment in guarded] == [1] * 4


def test_a_sentence_in_english_stays_in_english(
    make_model: ModelMaker, recognise: Recognise
) -> None:
    model = make_model({**GREETINGS, "<|en|>": 12.0})
    _, segments = recognise(model, *SPEECH, script="Deva")
    assert {(s.text, s.language, s.note) for s in segments} == {("hello", "en", None)}


def test_the_text_is_that_of_faster_whisper_s_pipeline() -> None:
    """On the demo clip's model and noise: equal texts, with their probabilities."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    from indicsubs_recognition.recognition_engine import DecodeMode
    from indicsubs_whisperx.recogniser import FasterWhisper, LoadedWhisper

    model = WhisperModel(str(DEMO), device="cpu", compute_type="float32")
    noise = np.random.default_rng(1).integers(-3000, 3000, 3 * 32_000).astype("<i2")
    chunks = [noise[:32_000].tobytes(), noise[32_000:].tobytes()]
    request = AsrRequest(**REQUEST, model=ModelFolder(name="", folder="", fingerprint=""))
    ours = FasterWhisper(LoadedWhisper(model), request).decode(chunks, "hi", DecodeMode.FREE)
    model.max_length = 880
    first = model.hf_tokenizer.token_to_id("<|notimestamps|>") + 1
    theirs, _ = BatchedInferencePipeline(model).transcribe(
        noise.astype(np.float32) / 32_768,
        language="hi",
        beam_size=5,
        patience=2.0,
        temperature=0.0,
        suppress_tokens=[-1, *range(first, model.hf_tokenizer.get_vocab_size())],
        vad_filter=False,
        clip_timestamps=[{"start": 0, "end": 2}, {"start": 2, "end": 6}],
    )
    for own, other in zip(ours, theirs, strict=True):
        assert own.text == other.text
        assert own.log_probability == pytest.approx(other.avg_logprob, abs=1e-4)
        assert own.no_speech == pytest.approx(other.no_speech_prob, abs=1e-5)


def test_a_language_that_whisper_does_not_know(greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=r"does not know Bodo.*--transcript"):
        recognise(greeter, *SPEECH, language="brx")


def test_a_language_that_this_model_does_not_know(greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match="The model test does not know Marathi"):
        recognise(greeter, *SPEECH, language="mr")


def test_no_speech_is_an_empty_transcript(tmp_path: Path, recognise: Recognise) -> None:
    result, segments = recognise(tmp_path / "no model is needed")
    assert segments == ()
    assert result.warnings == ("No speech was found; the transcript is empty.",)


def test_output_without_end_is_noted_and_kept(babbler: Path, recognise: Recognise) -> None:
    """The second try is in halves, with a penalty on repetition that this model overcomes."""
    result, segments = recognise(babbler, (0, 5000), (6000, 8000), (20_000, 20_900))
    assert [(s.start_ms, s.end_ms) for s in segments] == [
        (0, 2500),
        (2500, 5000),
        (6000, 8000),
        (20_000, 20_900),
    ]
    assert all(segment.note for segment in segments)
    assert "4 segments may be wrong and have a note" in result.warnings[0]


def test_punctuation_alone_is_left_out(make_model: ModelMaker, recognise: Recognise) -> None:
    model = make_model({" !!!!": 18.0, "<|endoftext|>": 20.0})
    result, segments = recognise(model, *SPEECH)
    assert segments == ()
    assert result.warnings == (
        "4 stretches of sound gave no words and were left out, the first at 0:00:01.",
    )


def test_silence_by_whisper_s_rule_is_left_out(
    make_model: ModelMaker, recognise: Recognise
) -> None:
    model = make_model({"<|nospeech|>": 12.0, " नमस्ते": 0.5})
    _, segments = recognise(model, (0, 3000))
    assert segments == ()


def test_a_prompt_is_accepted(greeter: Path, recognise: Recognise) -> None:
    _, segments = recognise(greeter, (0, 3000), initial_prompt="दोस्त दोस्त", hotwords="नमस्ते")
    assert [segment.text for segment in segments] == ["नमस्ते"]


def test_a_prompt_that_is_too_long(greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match="300 tokens long; Whisper takes 223"):
        recognise(greeter, (0, 3000), initial_prompt="दोस्त " * 300)


def test_a_long_prompt_leaves_fewer_tokens_for_output(babbler: Path, recognise: Recognise) -> None:
    _, (segment,) = recognise(babbler, (0, 900), initial_prompt="दोस्त " * 223)
    words = segment.text.count("नमस्ते") + segment.text.count("दोस्त")
    assert 0 < words <= 448 - 223 - 1 - 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "mps"}, "--backend mlx"),
        ({"device": "cuda", "compute_type": "float16"}, "No CUDA device|cannot compute"),
        ({"compute_type": "float16"}, "cannot compute in float16; it can in .*int8"),
    ],
)
def test_devices(options: dict, message: str, greeter: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=message) as caught:
        recognise(greeter, *SPEECH, **options)
    assert caught.value.code is FailureCode.DEVICE


def test_a_folder_without_a_converted_model(tmp_path: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=r"The model test lacks model\.bin") as caught:
        recognise(tmp_path, *SPEECH)
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_a_broken_model(tmp_path: Path, recognise: Recognise) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(IndicsubsError, match="does not load") as caught:
        recognise(tmp_path, *SPEECH)
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_a_large_model_without_its_preprocessor(
    make_model: ModelMaker, recognise: Recognise
) -> None:
    with pytest.raises(IndicsubsError, match=r"128 mel bands, but its\n?.*preprocessor_config"):
        recognise(make_model({}, bands=128, preprocessor=False), *SPEECH)


def test_a_large_model(make_model: ModelMaker, recognise: Recognise) -> None:
    model = make_model({" दोस्त": 18.0, "<|endoftext|>": 20.0}, bands=128)
    assert [segment.text for segment in recognise(model, *SPEECH)[1]] == ["दोस्त"] * 4
