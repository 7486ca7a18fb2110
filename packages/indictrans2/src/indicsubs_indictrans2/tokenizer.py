"""IndicTrans2's tokens: SentencePiece pieces, numbered by the two dictionaries of a checkpoint."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from sentencepiece import SentencePieceProcessor

from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indictrans2.shape import BOS, EOS, PAD, UNK, Shape

LONGEST: Final = 256
"""The most tokens of a source, including its two tags and its end. The models were trained with at
most this number."""
FILES = ("dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT")
_SPECIAL = {"<s>": BOS, "<pad>": PAD, "</s>": EOS, "<unk>": UNK}
_CLEAN_UP = (
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
    (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip
"""Replacements for English spacing, in this order. They are the same as in transformers'
``clean_up_tokenization_spaces``."""


class Tokenizer:
    """Turns texts from the processor into ids, and ids into texts for the processor."""

    def __init__(
        self, source: dict[str, int], target: dict[str, int], pieces: SentencePieceProcessor
    ) -> None:
        self._source = source
        self._target = {number: piece for piece, number in target.items()}
        self._pieces = pieces

    @classmethod
    def load(cls, folder: Path, shape: Shape) -> "Tokenizer":
        """Reads the dictionaries and the source's SentencePiece model.

        The target's SentencePiece model is not needed, because the dictionary has the text of its
        pieces.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where a file is absent; ``BAD_INPUT`` where one is
                damaged or has more pieces than the network.
        """
        for name in FILES:
            if not (folder / name).is_file():
                raise IndicsubsError(
                    FailureCode.MISSING_MODEL,
                    f"{folder / name} is not there. `just models` shows how to get the model.",
                )
        try:
            pieces = SentencePieceProcessor(model_file=str(folder / "model.SRC"))
        except (OSError, RuntimeError) as error:
            raise _damaged(
                folder / "model.SRC", f"is not a SentencePiece model ({error})"
            ) from error
        return cls(
            _dictionary(folder / "dict.SRC.json", shape.encoder_vocab_size),
            _dictionary(folder / "dict.TGT.json", shape.decoder_vocab_size),
            pieces,
        )

    def knows(self, flores: str) -> bool:
        """Returns whether the model has a tag for a language, for example ``hin_Deva``."""
        return flores in self._source

    def encode(self, text: str, source: str, target: str) -> list[int]:
        """Returns the ids of the two language tags, of the pieces of a text, and of the end.

        The pieces of the text never become special ids. Nothing is cut off; the caller must keep
        the text within ``LONGEST``.
        """
        ids = (self._source.get(piece, UNK) for piece in self._pieces.encode(text, out_type=str))
        return [
            self._source[source],
            self._source[target],
            *(max(UNK, number) for number in ids),
            EOS,
        ]

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of target ids; special ids are left out."""
        pieces = (self._target.get(number, "") for number in ids if number > UNK)
        text = "".join(pieces).replace("▁", " ").strip()
        for spaced, joined in _CLEAN_UP:
            text = text.replace(spaced, joined)
        return text


def _dictionary(path: Path, size: int) -> dict[str, int]:
    try:
        numbers = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except NOT_JSON as error:
        raise _damaged(path, f"is not a dictionary of pieces ({error})") from error
    for piece, number in _SPECIAL.items():
        if numbers.get(piece) != number:
            raise _damaged(
                path, f"gives {piece} the number {numbers.get(piece)} instead of {number}"
            )
    if max(numbers.values()) >= size:
        raise _damaged(
            path, f"numbers pieces up to {max(numbers.values())}; the network has {size}"
        )
    return numbers


def _damaged(path: Path, problem: str) -> IndicsubsError:
    return IndicsubsError(FailureCode.BAD_INPUT, f"{path} {problem}. Fetch the model again.")
