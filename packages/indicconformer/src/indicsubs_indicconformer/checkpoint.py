"""The files of an IndicConformer model besides its networks: sizes, pieces of text, columns.

Two layouts are read. The official one has the encoder, the CTC head and the parts of the
transducer as separate ONNX files. The smaller one, which
:mod:`indicsubs_indicconformer.quantise` makes, has the encoder and the CTC head in one file. The
Python files and the TorchScript file that the official repository also holds are never read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from indicsubs_contract.documents import NOT_JSON
from indicsubs_text.scripts import letters_by_script

PIECES = 256
"""The number of pieces of text of each language; the blank is the column after them."""
UNKNOWN = "<unk>"
"""The piece that stands for text that has no other pieces."""
WORD_START = "▁"
"""SentencePiece's mark; a piece with it begins a word."""
ENCODER = "assets/encoder.onnx"
CTC_HEAD = "assets/ctc_decoder.onnx"
SMALL = "assets/encoder-ctc.int8.onnx"
"""The encoder and the CTC head, in int8, in one file."""
CONFIG, VOCABULARY, MASKS = "config.json", "assets/vocab.json", "assets/language_masks.json"

_MAIN_SCRIPT = 0.9

Content = TypeVar("Content")


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of config.json that decoding needs; other fields are ignored."""

    blank: int = msgspec.field(name="BLANK_ID")
    start: int = msgspec.field(name="SOS")
    """The number that the prediction network gets before the first piece."""
    symbols_per_frame: int = msgspec.field(name="RNNT_MAX_SYMBOLS")
    """The most pieces that the transducer emits in one frame."""
    prediction_layers: int = msgspec.field(name="PRED_RNN_LAYERS")
    prediction_size: int = msgspec.field(name="PRED_RNN_HIDDEN_DIM")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model's folder with the files that were read from it."""

    folder: Path
    sizes: Sizes
    pieces: dict[str, tuple[str, ...]]
    """The 256 pieces of each language, by IndicConformer's code."""
    columns: dict[str, npt.NDArray[np.intp]]
    """The columns of the CTC head that belong to a language, in the order of its pieces; the last
    one is the blank. Shape [257]."""
    head_columns: int
    """The number of columns of the CTC head."""

    @property
    def is_small(self) -> bool:
        """Whether the folder holds the smaller layout, which has no transducer."""
        return not (self.folder / ENCODER).is_file()

    def script(self, language: str) -> str | None:
        """Returns the ISO 15924 code of the script that the pieces of a language are in.

        None where less than nine tenths of the letters are in one script. Pieces such as
        ``<unk>`` do not count.
        """
        texts = [piece for piece in self.pieces[language] if not piece.startswith("<")]
        counts = letters_by_script("".join(texts))
        script, most = max(counts.items(), key=lambda item: item[1], default=("", 0))
        return script if most and most >= _MAIN_SCRIPT * counts.total() else None


def read_checkpoint(folder: Path) -> Checkpoint:
    """Reads config.json, vocab.json and language_masks.json.

    Raises:
        OSError: A file cannot be read.
        ValueError: A file does not have the content that the layout prescribes; the message names
            the file.
    """
    sizes = _read_sizes(folder)
    pieces = _read(folder / VOCABULARY, dict[str, tuple[str, ...]])
    masks = _read(folder / MASKS, dict[str, list[bool]])
    if not pieces or pieces.keys() != masks.keys():
        raise ValueError("vocab.json and language_masks.json name different languages")
    (head_columns, *others) = {len(mask) for mask in masks.values()}
    if others:
        raise ValueError("language_masks.json: the languages have masks of different lengths")
    columns: dict[str, npt.NDArray[np.intp]] = {}
    for language, mask in masks.items():
        # The official file has one entry more, which no network can emit.
        if len(pieces[language]) not in {PIECES, PIECES + 1}:
            raise ValueError(
                f"vocab.json: {language} has {len(pieces[language])} pieces, not {PIECES}"
            )
        columns[language] = np.flatnonzero(mask)
        if len(columns[language]) != PIECES + 1 or not mask[-1]:
            raise ValueError(
                f"language_masks.json: {language} must have {PIECES} columns and the last one,"
                f" the blank; it has {len(columns[language])}"
            )
    return Checkpoint(
        folder=folder,
        sizes=sizes,
        pieces={language: row[:PIECES] for language, row in pieces.items()},
        columns=columns,
        head_columns=head_columns,
    )


def _read_sizes(folder: Path) -> Sizes:
    """Reads config.json; the one in ``assets`` counts where the other one lacks the sizes."""
    try:
        sizes = _read(folder / CONFIG, Sizes)
    except ValueError:
        inner = folder / "assets" / "config.json"
        if not inner.is_file():
            raise
        sizes = _read(inner, Sizes)
    if sizes.blank != PIECES:
        raise ValueError(f"config.json: BLANK_ID must be {PIECES}, not {sizes.blank}")
    if min(sizes.symbols_per_frame, sizes.prediction_layers, sizes.prediction_size) < 1:
        raise ValueError("config.json: the sizes of the transducer must be positive")
    return sizes


def _read(path: Path, kind: type[Content]) -> Content:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except NOT_JSON as error:
        raise ValueError(f"{path.name}: {error}") from error
