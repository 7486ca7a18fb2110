"""Writes a ``tokenizer.json`` of Whisper's full size with the tokens that the demo model knows."""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers.models.gpt2.tokenization_gpt2 import bytes_to_unicode
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from demo.vocabulary import SIZE, load_tokens, split

TIMESTAMPS = 1501
"""Tokens <|0.00|> to <|30.00|>, in steps of 20 ms."""

EMPTY = 50256
"""The empty token, by which CTranslate2 recognises a multilingual vocabulary."""

SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{code}|>" for code in list(LANGUAGES)[:99]),
    *(f"<|{name}|>" for name in ("translate", "transcribe", "startoflm", "startofprev")),
    *(f"<|{name}|>" for name in ("nocaptions", "notimestamps")),
]


def build_tokenizer() -> Tokenizer:
    """Returns Whisper's tokens at their real ids; tokens outside the demo are ``<|unused N|>``."""
    kept = load_tokens()
    ranks = {token: rank for rank, token in kept.items()}
    letters = bytes_to_unicode()

    def spell(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    vocabulary = {f"<|unused {rank}|>": rank for rank in range(EMPTY) if rank not in kept}
    vocabulary[""] = EMPTY
    vocabulary |= {spell(token): rank for rank, token in kept.items()}
    merges: list[tuple[str, str]] = []
    for rank, token in sorted(kept.items()):
        if len(token) > 1:
            left, right = split(token, ranks, rank)
            merges.append((spell(left), spell(right)))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(x, special=True, normalized=False) for x in SPECIAL])
    tokenizer.add_tokens(
        [AddedToken(f"<|{i * 0.02:.2f}|>", normalized=False) for i in range(TIMESTAMPS)]
    )
    if tokenizer.get_vocab_size() != SIZE:
        raise RuntimeError(
            f"The tokenizer has {tokenizer.get_vocab_size()} tokens, Whisper {SIZE}."
        )
    return tokenizer


def save_tokenizer(folder: Path) -> None:
    """Writes ``tokenizer.json`` and ``tokenizer_config.json`` in Hugging Face's Whisper layout."""
    build_tokenizer().save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "WhisperTokenizer",
        "bos_token": SPECIAL[0],
        "eos_token": SPECIAL[0],
        "unk_token": SPECIAL[0],
        "pad_token": SPECIAL[0],
        "model_max_length": 1024,
        "errors": "replace",
        "add_prefix_space": False,
        "additional_special_tokens": SPECIAL[1:],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
