"""Changes to a Whisper checkpoint in transformers' layout, which need no engine."""

import json
from pathlib import Path

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError

HOSTILE = "from pathlib import Path\nPath({marker!r}).touch()\n"
"""The text of a Python file that leaves a marker where it is executed."""


def use_older_tokenizer_files(folder: Path) -> None:
    """Replaces ``tokenizer.json`` by the files of 2022, which have no tokens for times."""
    path = folder / "tokenizer.json"
    tokenizer = json.loads(path.read_text())
    path.unlink()
    (folder / "tokenizer_config.json").unlink(missing_ok=True)
    vocabulary = tokenizer["model"]["vocab"]
    added = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    last = added["<|notimestamps|>"]
    vocabulary["<|endoftext|>"] = added.pop("<|endoftext|>")
    pairs = [pair if isinstance(pair, str) else " ".join(pair) for pair in merges(tokenizer)]
    write_json(folder / "vocab.json", vocabulary)
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *pairs, ""]))
    # As in the real files, the order is not that of the numbers.
    write_json(folder / "added_tokens.json", {t: n for t, n in sorted(added.items()) if n <= last})


def merges(tokenizer: dict) -> list:
    return tokenizer["model"]["merges"]


def change_json(path: Path, **fields: object) -> None:
    """Sets fields of a JSON file, or removes those that are None."""
    content = json.loads(path.read_text()) if path.is_file() else {}
    content |= fields
    write_json(path, {name: value for name, value in content.items() if value is not None})


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def plant_code(folder: Path, marker: Path) -> None:
    """Adds Python files that every file of settings asks to execute."""
    code = HOSTILE.format(marker=str(marker))
    for name in ("configuration_whisper", "modeling_whisper", "tokenization_whisper", "__init__"):
        (folder / f"{name}.py").write_text(code)
    change_json(
        folder / "config.json",
        auto_map={
            "AutoConfig": "configuration_whisper.WhisperConfig",
            "AutoModelForSpeechSeq2Seq": "modeling_whisper.WhisperForConditionalGeneration",
        },
        custom_generate="modeling_whisper.generate",
    )
    change_json(
        folder / "tokenizer_config.json",
        auto_map={"AutoTokenizer": ["tokenization_whisper.Tokenizer", None]},
    )
    change_json(
        folder / "preprocessor_config.json",
        auto_map={"AutoFeatureExtractor": "configuration_whisper.Extractor"},
    )


class Pickled:
    """An object that leaves a marker where it is unpickled without care."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple:
        return Path.touch, (self.marker,)


def check_refusal(error: pytest.ExceptionInfo[IndicsubsError], cache: Path) -> None:
    """A refusal says what to do next, and leaves nothing in the cache of conversions."""
    assert error.value.code is FailureCode.MISSING_MODEL
    assert "does not load" in error.value.message
    assert "another model" in error.value.message
    assert [path.name for path in cache.glob("*/*") if path.name != ".lock"] == []
