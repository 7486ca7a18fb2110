r"""The part of Whisper's multilingual vocabulary that the demo sentences need.

Whisper's tokens are byte-pair merges; a token's id is its rank. ``tokens.json`` keeps the byte
strings, by id, of every token in the demo sentences and of the tokens that are merged into it, so
that text can be encoded to the real ids, and decoded, without the whole vocabulary.

    UV_PROJECT_ENVIRONMENT=venv/mlx uv run --no-sync --package indicsubs-mlx \
        python -m demo.vocabulary

This command writes ``tokens.json`` from the vocabulary file of mlx-whisper.
"""

import base64
import json
from importlib.resources import files
from pathlib import Path

from demo.sentences import sentences

TOKENS = Path(__file__).with_name("models") / "recogniser" / "tokens.json"

SIZE = 51865
"""Number of tokens of the multilingual Whisper models up to large-v2."""
END, START, HINDI, TRANSCRIBE, NO_SPEECH, NO_TIMESTAMPS = 50257, 50258, 50276, 50359, 50362, 50363


def load_tokens() -> dict[int, bytes]:
    """Returns the byte strings of the kept tokens by id, which is the rank."""
    return {
        int(rank): bytes.fromhex(token) for rank, token in json.loads(TOKENS.read_text()).items()
    }


def split(token: bytes, ranks: dict[bytes, int], below: int) -> list[bytes]:
    """Byte-pair encodes ``token`` with only the merges of a rank below ``below``."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 1:
        rank, at = min(
            (ranks.get(parts[i] + parts[i + 1], below), i) for i in range(len(parts) - 1)
        )
        if rank >= below:
            break
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    return parts


def _write() -> None:
    from mlx_whisper.tokenizer import get_tokenizer

    lines = files("mlx_whisper").joinpath("assets/multilingual.tiktoken").read_bytes().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (x.split() for x in lines if x)}
    by_rank = {rank: token for token, rank in ranks.items()}
    tokenizer = get_tokenizer(multilingual=True, language="hi", task="transcribe")
    wanted = [by_rank[i] for sentence in sentences() for i in tokenizer.encode(" " + sentence.hi)]
    kept: set[bytes] = {by_rank[i] for i in range(256)}
    while wanted:
        token = wanted.pop()
        if token not in kept:
            kept.add(token)
            wanted += split(token, ranks, ranks[token])
    TOKENS.parent.mkdir(parents=True, exist_ok=True)
    pairs = {str(ranks[token]): token.hex() for token in sorted(kept, key=lambda x: ranks[x])}
    TOKENS.write_text(json.dumps(pairs, indent=0) + "\n")
    print(f"{len(pairs)} tokens to {TOKENS.name}")


if __name__ == "__main__":
    _write()
