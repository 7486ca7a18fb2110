"""Tokens of the demo translator and of random checkpoints."""

import json
from pathlib import Path

from sentencepiece import SentencePieceProcessor

from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import EOS, UNK, read_shape
from indicsubs_indictrans2.tokenizer import Tokenizer


def test_sources_are_tags_then_numbered_pieces_then_the_end(
    demo_translators: dict[str, Path],
) -> None:
    folder = demo_translators["indic-en"]
    tokenizer = Tokenizer.load(folder, read_shape(folder))
    numbers = json.loads((folder / "dict.SRC.json").read_text())
    (text,) = Processing("hin_Deva", "eng_Latn").prepare(["दरवाज़ा बंद कर दो।"])
    pieces = SentencePieceProcessor(model_file=str(folder / "model.SRC")).encode(text, out_type=str)
    assert tokenizer.encode(text, "hin_Deva", "eng_Latn") == [
        numbers["hin_Deva"], numbers["eng_Latn"], *(numbers[p] for p in pieces), EOS,
    ]  # fmt: skip


def test_text_never_becomes_special(demo_translators: dict[str, Path]) -> None:
    folder = demo_translators["indic-en"]
    tokenizer = Tokenizer.load(folder, read_shape(folder))
    ids = tokenizer.encode("<s> <pad> </s> <unk> eng_Latn Ω", "hin_Deva", "eng_Latn")
    assert all(number >= UNK for number in ids[:-1])
    assert ids[-1] == EOS


def test_a_piece_that_is_named_like_a_special_token_is_unknown() -> None:
    tokenizer = Tokenizer({"a": 4, "b": 5, "</s>": 2, "x": 9}, {}, _Pieces(["</s>", "x", "?"]))
    assert tokenizer.encode("anything", "a", "b") == [4, 5, UNK, 9, UNK, EOS]


class _Pieces(SentencePieceProcessor):
    def __init__(self, pieces: list[str]) -> None:
        super().__init__()
        self.pieces = pieces

    def encode(self, *_args: object, **_kwargs: object) -> list[str]:
        return self.pieces


def test_decoding_joins_pieces_and_cleans_english_spacing() -> None:
    pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁I",
        "▁do",
        "▁n't",
        "▁know",
        "▁,",
        "▁it",
        "▁'s",
        "▁?",
    ]
    tokenizer = Tokenizer(
        {}, {piece: i for i, piece in enumerate(pieces)}, SentencePieceProcessor()
    )
    assert tokenizer.decode([*range(12), 2, 1, 1]) == "I don't know, it's?"
