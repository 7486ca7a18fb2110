"""Reads the tokenizer of a Whisper checkpoint in transformers' layout, and completes it.

Checkpoints of 2023 have ``vocab.json``, ``merges.txt`` and ``added_tokens.json`` instead of
``tokenizer.json``, and no tokens for times.
"""

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from indicsubs_recognition.checkpoint_files import CheckpointError, named, read_json

_NEEDED = tuple(
    f"<|{name}|>"
    for name in (
        "endoftext",
        "startoftranscript",
        "translate",
        "transcribe",
        "startofprev",
        "notimestamps",
    )
)
"""The tokens without which faster-whisper cannot write a prompt."""
_TIMES = tuple(f"<|{k * 0.02:.2f}|>" for k in range(1501))


def load_tokenizer(folder: Path, size: int) -> Tokenizer:
    """Returns the tokenizer of a checkpoint, with exactly the tokens of its network.

    Missing tokens for times are added, then ``<|unused N|>`` for rows of the network that have no
    token, because some checkpoints are padded.

    Args:
        folder: The checkpoint.
        size: The number of tokens that the network knows.

    Raises:
        CheckpointError: A file is absent or damaged, or the tokens are not those of a Whisper with
            that many.
    """
    tokenizer = _read(folder)
    absent = [token for token in _NEEDED if tokenizer.token_to_id(token) is None]
    if absent:
        raise CheckpointError(f"its tokenizer lacks {named(absent)}")
    tokens = tokenizer.get_vocab()
    if sorted(tokens.values()) != list(range(len(tokens))):
        raise CheckpointError("its tokenizer gives no token, or two, to some number")
    if len(tokens) > size:
        raise CheckpointError(
            f"its tokenizer has {len(tokens)} tokens, and the network (vocab_size in config.json)"
            f" {size}"
        )
    first = tokens["<|notimestamps|>"] + 1
    after = sorted(tokens, key=tokens.__getitem__)[first:]
    others = [token for token, time in zip(after, _TIMES, strict=False) if token != time]
    others += after[len(_TIMES) :]
    if others:
        raise CheckpointError(
            f"its tokenizer has tokens that Whisper has not, after those of Whisper:"
            f" {named(others)}"
        )
    times = _TIMES[len(after) : size - first]
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in times])
    padding = range(tokenizer.get_vocab_size(), size)
    tokenizer.add_tokens([AddedToken(f"<|unused {k}|>", normalized=False) for k in padding])
    return tokenizer


def language_tokens(tokenizer: Tokenizer) -> dict[str, int]:
    """Returns the numbers of the tokens for languages, such as ``<|hi|>``."""
    tokens = tokenizer.get_vocab()
    first, end = tokens["<|startoftranscript|>"] + 1, tokens["<|translate|>"]
    return {token: number for token, number in tokens.items() if first <= number < end}


def _read(folder: Path) -> Tokenizer:
    path = folder / "tokenizer.json"
    try:
        if path.is_file():
            return Tokenizer.from_file(str(path))
        return _build(folder)
    except (CheckpointError, OSError):
        raise
    except Exception as error:  # the library has no type of its own
        raise CheckpointError(f"its tokenizer cannot be read: {error}") from error


def _build(folder: Path) -> Tokenizer:
    """Returns the tokenizer that the older files define."""
    merges = folder / "merges.txt"
    if not merges.is_file():
        raise CheckpointError("it has vocab.json and lacks merges.txt and tokenizer.json")
    lines = merges.read_text(encoding="utf-8").split("\n")
    pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    wrong = [" ".join(pair) for pair in pairs if len(pair) != 2]
    if wrong:
        raise CheckpointError(f"merges.txt has the lines {named(wrong)}")
    vocabulary = read_json(folder / "vocab.json", dict[str, int])
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    added = folder / "added_tokens.json"
    numbers = read_json(added, dict[str, int]) if added.is_file() else {}
    numbers |= {token: vocabulary[token] for token in _NEEDED if token in vocabulary}
    for token, number in sorted(numbers.items(), key=lambda item: item[1]):
        added_token = AddedToken(token, special=token not in _TIMES, normalized=False)
        tokenizer.add_special_tokens([added_token])
        if tokenizer.token_to_id(token) != number:
            raise CheckpointError(
                f"added_tokens.json gives {token} the number {number}, which does not follow"
            )
    return tokenizer
