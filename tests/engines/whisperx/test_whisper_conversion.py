"""Whisper checkpoints in transformers' layout: converted once, and recognised as before."""

import json
import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_checks import check_a_prepared_model_is_loaded_once
from stage_context import stage_context
from whisper_checkpoints import (
    Pickled,
    change_json,
    check_refusal,
    plant_code,
    use_older_tokenizer_files,
    write_json,
)

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult
from indicsubs_contract.messages.files import ModelFolder, SourceFile
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_whisperx import asr, whisper_models
from indicsubs_whisperx.whisper_models import in_ctranslate2_layout

ROOT = Path(__file__).parents[3]
OWN = ROOT / "models" / "demo" / "recogniser-ctranslate2"
"""The demo's model, converted when it was expanded."""
SPECIAL = (
    *("<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|hi|>", "<|translate|>"),
    *("<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nocaptions|>", "<|notimestamps|>"),
)
TIMES = tuple(f"<|{k * 0.02:.2f}|>" for k in range(1501))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "indicsubs"


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from demo.layouts import save_huggingface, whisper

    folder = tmp_path_factory.mktemp("demo")
    save_huggingface(whisper(), folder)
    return folder


@pytest.fixture
def demo(demo_files: Path, tmp_path: Path) -> Path:
    """The demo's recogniser in transformers' layout; a copy that a test may change."""
    folder = tmp_path / "demo"
    folder.mkdir()
    for path in demo_files.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemuxResult]:
    from indicsubs_whisperx import demux

    job = tmp_path_factory.mktemp("job")
    source = SourceFile(path=str(ROOT / "demo" / "clip.mp4"), fingerprint="")
    context = stage_context(StageName.DEMUX, job, "demux")
    return job, demux.run(DemuxRequest(source=source), context)


Recognise = Callable[..., tuple[Segment, ...]]


@pytest.fixture
def recognise(clip: tuple[Path, DemuxResult]) -> Recognise:
    """Recognises the demo's clip with the model in a folder."""
    job, dialogue = clip

    def run(folder: Path, language: str = "hi") -> tuple[Segment, ...]:
        request = AsrRequest(
            audio=dialogue.audio,
            speech=dialogue.speech,
            audio_start_ms=dialogue.audio_start_ms,
            model=model(folder),
            device="cpu",
            compute_type="float32",
            languages=ENGINES["whisperx"].languages,
            language=language,
            beam_size=1,
        )
        result = asr.run(request, stage_context(StageName.ASR, job, "asr"))
        data = (job / result.transcript.path).read_bytes()
        return msgspec.json.decode(data, type=Transcript).segments

    return run


def model(folder: Path) -> ModelFolder:
    return ModelFolder(name="test", folder=str(folder), fingerprint="")


def convert(folder: Path) -> Path:
    return Path(in_ctranslate2_layout(model(folder)).folder)


def test_the_demo_clip_has_the_same_words(demo: Path, recognise: Recognise) -> None:
    found, wanted = recognise(demo), recognise(OWN)
    assert found == wanted
    assert "".join(segment.text for segment in found).startswith("मुझे अकेला छोड़ दो।")
    assert len(found) > 5


def test_a_model_is_converted_once(
    demo: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "indicsubs")
    place = convert(demo)
    assert place.parent == cache / "whisper-ctranslate2"
    monkeypatch.setattr(whisper_models, "_convert", None)
    assert convert(demo) == place
    assert caplog.text.count("Converting test to a Whisper model in CTranslate2's layout (on") == 1
    monkeypatch.setattr(whisper_models, "VERSION", 2)
    with pytest.raises(IndicsubsError):
        convert(demo)


def test_another_training_is_another_conversion(demo: Path) -> None:
    first = convert(demo)
    weights = demo / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert convert(demo) != first


def test_a_converted_model_is_read_as_it_is() -> None:
    assert in_ctranslate2_layout(model(OWN)) == model(OWN)


def test_the_model_that_was_prepared_is_not_loaded_again(
    demo: Path, recognise: Recognise, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_prepared_model_is_loaded_once(monkeypatch, asr, "WhisperModel", demo, recognise)


@pytest.mark.parametrize("kind", ["model.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("parts", [1, 3])
def test_every_form_of_weights(demo: Path, kind: str, parts: int) -> None:
    from safetensors.torch import load_file, save_file

    wanted = convert(demo).joinpath("model.bin").read_bytes()
    weights = load_file(demo / "model.safetensors")
    (demo / "model.safetensors").unlink()
    stem, suffix = kind.split(".")
    names = [f"{stem}-{k + 1:05}-of-{parts:05}.{suffix}" for k in range(parts)]
    for number, name in enumerate(names if parts > 1 else [kind]):
        some = {key: weights[key] for key in sorted(weights)[number::parts]}
        if suffix == "bin":
            import torch

            torch.save(some, demo / name)
        else:
            save_file(some, demo / name, metadata={"format": "pt"})
    if parts > 1:
        places = {key: names[k % parts] for k, key in enumerate(sorted(weights))}
        write_json(demo / f"{kind}.index.json", {"metadata": {}, "weight_map": places})
    assert convert(demo).joinpath("model.bin").read_bytes() == wanted


def test_a_tokenizer_is_built_from_the_older_files(demo: Path, recognise: Recognise) -> None:
    """The older files have no tokens for times; faster-whisper's checks and prompts need them."""
    whole = convert(demo)
    use_older_tokenizer_files(demo)
    for name in ("generation_config.json", "preprocessor_config.json"):
        (demo / name).unlink()
    change_json(demo / "config.json", begin_suppress_tokens=[220, 50257])
    built = convert(demo)
    for name in ("vocabulary.json", "config.json", "model.bin"):
        assert (built / name).read_bytes() == (whole / name).read_bytes(), name
    assert recognise(demo) == recognise(OWN)


def test_the_built_tokenizer_equals_that_of_transformers(demo: Path) -> None:
    from tokenizers import Tokenizer
    from transformers import WhisperTokenizerFast

    use_older_tokenizer_files(demo)
    ours = Tokenizer.from_file(str(convert(demo) / "tokenizer.json"))
    theirs = WhisperTokenizerFast(
        vocab_file=str(demo / "vocab.json"), merges_file=str(demo / "merges.txt")
    )
    clip = json.loads((ROOT / "demo" / "clip.json").read_text())
    for line in clip["lines"]:
        for text in (line["text"], " " + line["text"]):
            ids = ours.encode(text, add_special_tokens=False).ids
            assert ids == theirs.encode(text, add_special_tokens=False)
            assert ours.decode(ids) == text


def test_128_mel_bands_without_a_preprocessor(checkpoint: "Checkpoint") -> None:
    folder = checkpoint(num_mel_bins=128)
    assert not (folder / "preprocessor_config.json").exists()
    loaded = asr._load(convert(folder), "test", "cpu", "float32")
    assert loaded.model.n_mels == 128


def test_heads_that_follow_time_come_from_the_checkpoint_or_its_base(
    checkpoint: "Checkpoint",
) -> None:
    def heads(folder: Path) -> list:
        return json.loads((convert(folder) / "config.json").read_text())["alignment_heads"]

    own = checkpoint()
    change_json(own / "generation_config.json", alignment_heads=[[1, 0], [0, 1]])
    assert heads(own) == [[1, 0], [0, 1]]
    tiny = {"decoder_layers": 4, "decoder_attention_heads": 6, "encoder_attention_heads": 6}
    based = checkpoint(d_model=24, **tiny, _name_or_path="openai/whisper-tiny")
    assert heads(based) == [[2, 2], [3, 0], [3, 2], [3, 3], [3, 4], [3, 5]]
    too_small = checkpoint(_name_or_path="openai/whisper-large-v2")
    assert heads(too_small) == [[1, 0], [1, 1]], "the upper half"


# --- other vocabularies ------------------------------------------------------------------------

Checkpoint = Callable[..., Path]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Checkpoint:
    """A function that writes a tiny checkpoint, which writes ``tokens[2]`` and ends.

    Its final layer norm is a constant, so that its logits do not depend on the audio.
    """

    def write(
        words: tuple[str, ...] = ("<unk>", "", "नमस्ते"),
        special: tuple[str, ...] = SPECIAL,
        after: tuple[str, ...] = TIMES,
        rows: int | None = None,
        **config: Any,
    ) -> Path:
        import torch
        from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
        from transformers import WhisperConfig, WhisperForConditionalGeneration

        tokenizer = Tokenizer(
            models.WordLevel({w: k for k, w in enumerate(words)}, unk_token="<unk>")
        )
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        tokenizer.decoder = decoders.WordPiece(prefix="##")
        tokenizer.add_special_tokens([AddedToken(token, special=True) for token in special])
        tokenizer.add_tokens([AddedToken(token) for token in after])
        size = tokenizer.get_vocab_size()
        end = len(words)
        torch.manual_seed(0)
        sizes = {
            "d_model": 16,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_attention_heads": 2,
            "decoder_attention_heads": 2,
        } | config
        base = sizes.pop("_name_or_path", "")
        network = WhisperForConditionalGeneration(
            WhisperConfig(
                vocab_size=size if rows is None else rows,
                encoder_ffn_dim=4 * sizes["d_model"],
                decoder_ffn_dim=4 * sizes["d_model"],
                pad_token_id=end,
                bos_token_id=end,
                eos_token_id=end,
                decoder_start_token_id=end + 1,
                suppress_tokens=None,
                begin_suppress_tokens=None,
                **sizes,
            )
        )
        with torch.no_grad():
            decoder = network.model.decoder
            decoder.layer_norm.weight.zero_()
            decoder.layer_norm.bias.zero_()
            decoder.layer_norm.bias[0] = 1
            decoder.embed_tokens.weight[:, 0] = 0
            decoder.embed_tokens.weight[2, 0] = 18
            decoder.embed_tokens.weight[end, 0] = 20
            decoder.embed_tokens.weight[end + len(special) :, 0] = 19  # times must not be written
        folder = tmp_path / f"checkpoint-{len(list(tmp_path.iterdir()))}"
        network.save_pretrained(folder)
        (folder / "generation_config.json").unlink()
        change_json(folder / "config.json", begin_suppress_tokens=[end], _name_or_path=base or None)
        tokenizer.save(str(folder / "tokenizer.json"))
        return folder

    return write


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="all times"),
        pytest.param({"after": (), "rows": 3 + len(SPECIAL) + 1501}, id="times without a token"),
        pytest.param({"after": ()}, id="no times"),
        pytest.param({"rows": 3 + len(SPECIAL) + 1501 + 51}, id="padded"),
        pytest.param({"after": (), "rows": 3 + len(SPECIAL) + 7}, id="padded, no times"),
    ],
)
def test_vocabularies_of_other_sizes(
    checkpoint: Checkpoint, recognise: Recognise, changes: dict[str, Any]
) -> None:
    segments = recognise(checkpoint(**changes))
    assert len(segments) > 5
    assert {segment.text for segment in segments} == {"नमस्ते"}


def test_a_model_for_english_alone(checkpoint: Checkpoint, recognise: Recognise) -> None:
    folder = checkpoint(words=("<unk>", "um", "hello"))
    assert {segment.text for segment in recognise(folder, "en")} == {"hello"}
    with pytest.raises(IndicsubsError, match="The model test does not know Hindi"):
        recognise(folder, "hi")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"after": (*TIMES, "<|brx|>", "<|gom|>")}, r"has not, .*: <\|brx\|>, <\|gom\|>"),
        ({"after": ("<|brx|>",)}, r"has not, .*: <\|brx\|>"),
        ({"special": SPECIAL[:-1], "after": ()}, r"lacks <\|notimestamps\|>"),
        ({"rows": 1000}, r"has 1514 tokens, and the network .* 1000"),
    ],
)
def test_vocabularies_that_are_not_whisper_s(
    checkpoint: Checkpoint, cache: Path, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(IndicsubsError, match=reason) as error:
        convert(checkpoint(**changes))
    check_refusal(error, cache)


# --- files that cannot be used ------------------------------------------------------------------


def drop_weight(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.decoder.layers.1.fc1.bias"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def lose_part(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    parts = {"a": "model-00001-of-00001.safetensors", "b": "../elsewhere.safetensors"}
    write_json(folder / "model.safetensors.index.json", {"weight_map": parts})


def cut(name: str, keep: int) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:keep])

    return change


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text)


def older_tokenizer(then: Callable[[Path], object]) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        use_older_tokenizer_files(folder)
        then(folder)

    return change


def change_config(**fields: object) -> Callable[[Path], None]:
    return lambda folder: change_json(folder / "config.json", **fields)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut("model.safetensors", 100_000), "safetensors|damaged"),
        (write("model.safetensors", "version https://git-lfs.github.com/spec/v1\n"), "damaged"),
        (drop_weight, r"the weights lack model\.decoder\.layers\.1\.fc1\.bias"),
        (lose_part, r"names \.\./elsewhere\.safetensors, model-00001-of-00001\.safetensors"),
        (cut("config.json", 40), "config.json: "),
        (change_config(model_type="wav2vec2"), "the model type wav2vec2"),
        (change_config(d_model=97), "width 97 is no multiple of the 3 heads"),
        (change_config(d_model=48), "(?s)size mismatch"),
        (change_config(encoder_layers=0), "encoder_layers 0"),
        (change_config(decoder_layers=3), r"the weights lack model\.decoder\.layers\.2.* more"),
        (cut("tokenizer.json", 1000), "its tokenizer cannot be read"),
        (cut("generation_config.json", 20), "generation_config.json: "),
        (older_tokenizer(lambda f: (f / "merges.txt").unlink()), "lacks merges.txt"),
        (older_tokenizer(cut("vocab.json", 1000)), "vocab.json: "),
        (older_tokenizer(write("merges.txt", "a b c\n")), "has the lines a b c"),
        (older_tokenizer(write("merges.txt", "qq zz\n")), "its tokenizer cannot be read"),
        (older_tokenizer(lambda f: (f / "added_tokens.json").unlink()), r"lacks .*transcript"),
        (older_tokenizer(write("added_tokens.json", '{"<|hi|>": 9}')), "9, which does not follow"),
        (older_tokenizer(write("vocab.json", "{}")), "cannot be read|lacks"),
    ],
)
def test_files_that_cannot_be_used(
    demo: Path, cache: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(demo)
    with pytest.raises(IndicsubsError, match=reason) as error:
        convert(demo)
    check_refusal(error, cache)


def test_a_number_with_two_tokens(demo: Path, cache: Path) -> None:
    tokenizer = json.loads((demo / "tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    (one, _), (_, number) = list(vocabulary.items())[:2]
    vocabulary[one] = number
    write_json(demo / "tokenizer.json", tokenizer)
    with pytest.raises(IndicsubsError, match="no token, or two") as error:
        convert(demo)
    check_refusal(error, cache)


def test_a_full_disk(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path, place: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(whisper_models, "_convert", full)
    with pytest.raises(IndicsubsError, match=r"disk is full.*XDG_CACHE_HOME") as error:
        convert(demo)
    assert error.value.code is FailureCode.IO_ERROR


# --- hostile files, and the network -------------------------------------------------------------


def test_code_beside_the_weights_is_not_executed(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {path.name: path.read_bytes() for path in convert(demo).glob("[!.]*")}
    marker = tmp_path / "executed"
    plant_code(demo, marker)
    monkeypatch.chdir(demo)
    found = {path.name: path.read_bytes() for path in convert(demo).glob("[!.]*")}
    assert found == wanted
    assert not marker.exists()

    import transformers

    monkeypatch.setattr(
        transformers.dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules")
    )
    with pytest.raises(AttributeError):
        transformers.AutoConfig.from_pretrained(str(demo), trust_remote_code=True)
    assert marker.exists(), "the files are hostile"


def test_code_in_the_weights_is_not_executed(demo: Path, tmp_path: Path, cache: Path) -> None:
    import torch

    (demo / "model.safetensors").unlink()
    marker = tmp_path / "executed"
    torch.save({"model.x": Pickled(marker)}, demo / "pytorch_model.bin")
    with pytest.raises(IndicsubsError) as error:
        convert(demo)
    check_refusal(error, cache)
    assert not marker.exists()
    torch.load(demo / "pytorch_model.bin", weights_only=False)
    assert marker.exists(), "the file is hostile"


def test_the_hub_is_not_asked(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants
    import transformers.utils.hub

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(transformers.utils.hub, "_is_offline_mode", False)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    use_older_tokenizer_files(demo)
    for name in ("generation_config.json", "preprocessor_config.json"):
        (demo / name).unlink()
    assert (convert(demo) / "model.bin").is_file()


def test_tokens_of_languages_are_found(demo: Path) -> None:
    from tokenizers import Tokenizer

    from indicsubs_whisperx.whisper_tokenizer import language_tokens

    found = language_tokens(Tokenizer.from_file(str(demo / "tokenizer.json")))
    assert len(found) == 99
    assert found["<|hi|>"] == 50276
    assert sorted(found.values()) == list(range(50259, 50259 + 99))
