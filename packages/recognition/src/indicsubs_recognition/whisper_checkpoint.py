"""Reads a Whisper checkpoint in transformers' layout, and converts it once for an engine.

Each engine has a converter of its own. What they share is here: which folder needs a conversion,
and the facts of ``config.json``. Nothing in the folder is executed.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.model_layout import ModelLayout
from indicsubs_contract.whisper_layouts import WHISPER_TRANSFORMERS
from indicsubs_recognition.checkpoint_files import CheckpointError, read_json, weight_files
from indicsubs_recognition.model_conversion import converted_once
from indicsubs_recognition.model_files import load_errors_reported

_SETTINGS = (
    *("config.json", "generation_config.json", "tokenizer.json"),
    *("vocab.json", "merges.txt", "added_tokens.json"),
)
"""The files besides the weights that a conversion depends on."""
_FRAMES = 1500
"""The encoder's positions for the 30 seconds that Whisper hears at once."""


class WhisperConfig(msgspec.Struct, frozen=True):
    """The parts of ``config.json`` that define the network."""

    vocab_size: int
    d_model: int
    encoder_layers: int
    encoder_attention_heads: int
    decoder_layers: int
    decoder_attention_heads: int
    model_type: str = ""
    num_mel_bins: int = 80
    encoder_ffn_dim: int | None = None
    """None where it is four times ``d_model``, as in all of OpenAI's models."""
    decoder_ffn_dim: int | None = None
    max_source_positions: int = _FRAMES
    max_target_positions: int = 448
    activation_function: str = "gelu"
    scale_embedding: bool = False
    suppress_tokens: list[int] | None = None
    begin_suppress_tokens: list[int] | None = None
    base_model: str = msgspec.field(name="_name_or_path", default="")
    """The model that this one was trained from, as a name on the hub or a path."""


class GenerationConfig(msgspec.Struct, frozen=True):
    """The parts of ``generation_config.json`` that recognition needs."""

    suppress_tokens: list[int] | None = None
    """The tokens that are never written."""
    begin_suppress_tokens: list[int] | None = None
    """The tokens that are not written first."""
    alignment_heads: list[tuple[int, int]] | None = None
    """Layer and head of the decoder's attention that follows the time of words."""


def model_for_engine(
    model: ModelFolder,
    layout: ModelLayout,
    version: int,
    convert: Callable[[Path, Path], None],
) -> ModelFolder:
    """Returns a model in the layout of an engine.

    A model in transformers' layout is converted, or taken from the cache where it was converted
    before. Any other folder is returned as it is.

    Args:
        model: The folder that the request names.
        layout: The layout that the engine reads.
        version: The version of the engine's converter.
        convert: Writes the model of the first folder to the second one, which is empty.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the model cannot be converted, because a file is
            absent or damaged or the network is not Whisper's; ``IO_ERROR`` where the disk is full.
    """
    folder = Path(model.folder)
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set[str]()
    if not layout.missing_from(names) or WHISPER_TRANSFORMERS.missing_from(names):
        return model
    with load_errors_reported(model.name, WHISPER_TRANSFORMERS.description, folder):
        settings = [folder / name for name in _SETTINGS if name in names]
        place = converted_once(
            model,
            layout.name,
            layout.description,
            version,
            [*settings, *weight_files(folder)],
            lambda place: convert(folder, place),
        )
    return msgspec.structs.replace(model, folder=str(place))


def read_config(folder: Path) -> WhisperConfig:
    """Returns the network that a checkpoint's ``config.json`` defines.

    Raises:
        CheckpointError: The file cannot be read, or defines another network than Whisper's.
    """
    path = folder / "config.json"
    config = read_json(path, WhisperConfig)
    if config.model_type != "whisper":
        raise CheckpointError(f"{path} has the model type {config.model_type or 'none'}")
    sizes = {
        name: getattr(config, name)
        for name in ("vocab_size", "d_model", "num_mel_bins", "max_target_positions")
    }
    for side in ("encoder", "decoder"):
        heads = f"{side}_attention_heads"
        sizes |= {name: getattr(config, name) for name in (f"{side}_layers", heads)}
        if sizes[heads] > 0 and config.d_model % sizes[heads]:
            raise CheckpointError(
                f"{path}: the width {config.d_model} is no multiple of the {sizes[heads]} heads"
            )
    wrong = [f"{name} {size}" for name, size in sizes.items() if size < 1]
    if config.max_source_positions != _FRAMES:
        wrong.append(f"max_source_positions {config.max_source_positions} instead of {_FRAMES}")
    if config.activation_function != "gelu":
        wrong.append(f"the activation function {config.activation_function} instead of gelu")
    if config.scale_embedding:
        wrong.append("scaled embeddings")
    if wrong:
        raise CheckpointError(f"{path} has {', '.join(wrong)}, which Whisper has not")
    return config


def read_generation(folder: Path, config: WhisperConfig) -> GenerationConfig:
    """Returns the settings of decoding; older checkpoints have them in ``config.json``.

    Raises:
        CheckpointError: The file cannot be read, or names heads that the network has not.
    """
    path = folder / "generation_config.json"
    if not path.is_file():
        return GenerationConfig(config.suppress_tokens, config.begin_suppress_tokens)
    settings = read_json(path, GenerationConfig)
    if not fits(settings.alignment_heads or (), config):
        raise CheckpointError(f"{path} has alignment_heads that the network has not")
    return settings


def fits(heads: Iterable[tuple[int, int]], config: WhisperConfig) -> bool:
    """Returns whether the decoder of a network has all these heads, each a layer and a head."""
    layers, count = config.decoder_layers, config.decoder_attention_heads
    return all(0 <= layer < layers and 0 <= head < count for layer, head in heads)
