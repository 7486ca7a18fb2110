"""IndicTrans2's tokens: SentencePiece pieces, numbered by the two dictionaries of a checkpoint."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from sentencepiece import SentencePieceProcessor

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indictrans2.shape import BOS, EOS, PAD, UNK, Shape

LONGEST: Final = 256
"""Tokens of a source with its two tags and its end; the models were trained up to there."""
FILES = ("dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT")
_SPECIAL = {"<s>": BOS, "<pad>": PAD, "</s>": EOS, "<unk>": UNK}
_CLEAN_UP = (
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
    (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip
"""English spacing, in this order: what transformers does as ``clean_up_tokenization_spaces``."""


class Tokenizer:
    """Text that the processor has prepared to ids, and ids to text that it brings back."""

    def __init__(
        self, source: dict[str, int], target: dict[str, int], pieces: SentencePieceProcessor
    ) -> None:
        self._source = source
        self._target = {number: piece for piece, number in target.items()}
        self._pieces = pieces

    @classmethod
    def load(cls, folder: Path, shape: Shape) -> "Tokenizer":
        """Read the dictionaries and the source's SentencePiece model.

        The target's model is not needed: its pieces are joined by the dictionary alone.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where a file is absent, ``BAD_INPUT`` where one is damaged
                or numbers more pieces than the network has.
        """
        for name in FILES:
            if not (folder / name).is_file():
                raise IndicsubsError(
                    FailureCode.MISSING_MODEL,
                    f"{folder / name} is not there. `indicsubs models` shows how to get the model.",
                )
        try:
            pieces = SentencePieceProcessor(model_file=str(folder / "model.SRC"))
        except (OSError, RuntimeError) as error:
            raise _damaged(folder / "model.SRC", f"is no SentencePiece model ({error})") from error
        return cls(
            _dictionary(folder / "dict.SRC.json", shape.encoder_vocab_size),
            _dictionary(folder / "dict.TGT.json", shape.decoder_vocab_size),
            pieces,
        )

    def knows(self, flores: str) -> bool:
        """Whether the model has a tag for a language, ``hin_Deva``."""
        return flores in self._source

    def encode(self, text: str, source: str, target: str) -> list[int]:
        """Ids of the two language tags, of the pieces of ``text``, and the end.

        The text's own pieces never become special ids, whatever it says. Nothing is cut: whoever
        calls keeps within ``LONGEST``.
        """
        ids = (self._source.get(piece, UNK) for piece in self._pieces.encode(text, out_type=str))
        return [
            self._source[source],
            self._source[target],
            *(max(UNK, number) for number in ids),
            EOS,
        ]

    def decode(self, ids: Iterable[int]) -> str:
        """Text of target ids; special ones are left out."""
        pieces = (self._target.get(number, "") for number in ids if number > UNK)
        text = "".join(pieces).replace("▁", " ").strip()
        for spaced, joined in _CLEAN_UP:
            text = text.replace(spaced, joined)
        return text


def _dictionary(path: Path, size: int) -> dict[str, int]:
    try:
        numbers = msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except msgspec.DecodeError as error:
        raise _damaged(path, f"is no dictionary of pieces ({error})") from error
    for piece, number in _SPECIAL.items():
        if numbers.get(piece) != number:
            raise _damaged(path, f"gives {piece} the number {numbers.get(piece)} and not {number}")
    if max(numbers.values()) >= size:
        raise _damaged(
            path, f"numbers pieces up to {max(numbers.values())}; the network has {size}"
        )
    return numbers


def _damaged(path: Path, what: str) -> IndicsubsError:
    return IndicsubsError(FailureCode.BAD_INPUT, f"{path} {what}. Fetch the model again.")
