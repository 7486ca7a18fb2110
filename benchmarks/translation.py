"""How fast lines are translated, against upstream's recipe on the same weights.

    UV_PROJECT_ENVIRONMENT=venv/indictrans2 uv run --no-sync --package indicsubs-indictrans2 \
        python -m benchmarks.translation --size 200M --lines 1000

Every contender gets the same raw lines and gives translations: preparation, tokens, search, text.
Upstream's recipe is the example of its model cards: batches of 4 in the order of the film, 5 beams,
float32, transformers' ``generate`` with its own stopping rule. It runs on this project's network,
whose tokens equal those of upstream's code (see tests), because that code does not run under the
locked transformers. The others get the batches that the stage makes, sorted by length.

``--size demo`` translates the demo's sentences with the demo's model, which ends its outputs by
itself. Other sizes have random weights of the official shapes (indic-en) and lines of the demo's
words. Random weights do not end by themselves: their end and padding score 0 where the best tokens
score about 20, so every output is cut by ``max_target_positions``, after ``--target-length`` tokens
with every contender. On these, equal lines tell about the engine, not about quality.
"""

import argparse
import json
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from safetensors.torch import save_file
from transformers import GenerationConfig

from demo.expand_translator import expand
from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.ctranslate2_engine import CTranslate2Engine
from indicsubs_indictrans2.network import Network, NetworkConfig
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import BOS, EOS, PAD, Shape, read_shape
from indicsubs_indictrans2.tokenizer import FILES, Tokenizer
from indicsubs_indictrans2.torch_engine import TorchEngine
from indicsubs_indictrans2.translator import Engine

DEMO = Path(__file__).parents[1] / "demo"
SOURCE, TARGET = "hin_Deva", "eng_Latn"
BEAMS = 5
UPSTREAM_BATCH = 4
"""Of the example on the model cards of ai4bharat/indictrans2-*."""
WORDS = (2, 12)
"""Of a cue-like line, least and most."""
SHARPNESS = 5.0
"""Spread of the random logits: wide, so that few tokens nearly tie."""
SIZES = {"200M": (512, 2048, 8, True), "1B": (1024, 8192, 16, False)}
"""Width, feed-forward width, heads and ``layernorm_embedding`` of indictrans2-indic-en."""
CONTENDERS: dict[str, dict[str, list[Any]]] = {
    "cpu": {"torch": ["float32", "bfloat16"], "ctranslate2": ["float32", "int8"]},
    "cuda": {
        "torch": ["float32", "bfloat16", "float16"],
        "ctranslate2": ["float32", "float16", "int8"],
    },
}
"""Precisions by device and engine."""

Generate = Callable[[Sequence[Sequence[int]]], list[list[int]]]


class Run(NamedTuple):
    """What one contender did."""

    name: str
    seconds: float
    cpu_seconds: float
    outputs: list[list[int]]
    """Token ids of each line."""


def write_random(folder: Path, size: str, target_length: int) -> None:
    """Write a checkpoint with random weights, and the demo's dictionaries and pieces."""
    width, feed_forward, heads, normalised = SIZES[size]
    both = {"embed_dim": width, "ffn_dim": feed_forward, "attention_heads": heads, "layers": 18}
    shape = Shape(
        encoder_vocab_size=122_706,
        decoder_vocab_size=32_296,
        layernorm_embedding=normalised,
        share_decoder_input_output_embed=False,
        max_target_positions=target_length + 1,
        **{
            f"{side}_{key}": value for side in ("encoder", "decoder") for key, value in both.items()
        },
    )
    torch.manual_seed(0)
    weights: dict[str, torch.Tensor] = {}
    with torch.device("meta"):
        blank = Network(NetworkConfig(shape)).state_dict()
    for name, weight in blank.items():
        if weight.dim() == 2:
            weights[name] = torch.randn(weight.shape) / weight.shape[1] ** 0.5
        else:  # scale or shift of a norm, or a bias
            weights[name] = torch.full(weight.shape, float("norm" in name and "weight" in name))
    weights["lm_head.weight"] *= SHARPNESS
    weights["lm_head.weight"][[PAD, EOS]] = 0
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(msgspec.to_builtins(shape)), encoding="utf-8")
    for name in FILES:
        shutil.copyfile(DEMO / "models" / "translator-indic-en" / name, folder / name)


def make_lines(count: int, *, whole: bool) -> list[str]:
    """Lines of the demo's sentences, whole or of their words, the same in every run."""
    rows = (DEMO / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    sentences = [row.split("\t")[0] for row in rows]
    words = [word.strip("।?!,.") for sentence in sentences for word in sentence.split()]
    chance = random.Random(0)  # noqa: S311 - no secret
    if whole:
        return chance.choices(sentences, k=count)
    return [" ".join(chance.choices(words, k=chance.randint(*WORDS))) + "।" for _ in range(count)]


def upstream(network: Network) -> Generate:
    """Search as upstream's example does it."""
    how = GenerationConfig(
        num_beams=BEAMS,
        max_length=network.config.shape.max_target_positions,
        min_length=0,
        use_cache=True,
        bos_token_id=BOS,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
    )

    def generate(batch: Sequence[Sequence[int]]) -> list[list[int]]:
        width = max(map(len, batch))
        # On the left, as upstream's tokenizer does.
        rows = [[*[PAD] * (width - len(source)), *source] for source in batch]
        ids = torch.tensor(rows, device=network.device)
        with torch.inference_mode():
            made = network.generate(ids, attention_mask=ids.ne(PAD), generation_config=how)
        return [row[: row.index(EOS) + 1] if EOS in row else row for row in made[:, 1:].tolist()]

    return generate


def translate(
    lines: list[str], tokenizer: Tokenizer, generate: Generate, batch_size: int, *, by_length: bool
) -> list[list[int]]:
    """Lines through the processor, the tokenizer and the search, and the whole way back."""
    whole = len(lines) if by_length else batch_size  # what the processor gets at once
    outputs: list[list[int]] = []
    for first in range(0, len(lines), whole):
        processing = Processing(SOURCE, TARGET)
        prepared = processing.prepare(lines[first : first + whole])
        sources = [tokenizer.encode(text, SOURCE, TARGET) for text in prepared]
        made: list[list[int]] = [[] for _ in sources]
        order = sorted(range(len(sources)), key=lambda k: -len(sources[k]) if by_length else k)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            for k, ids in zip(batch, generate([sources[k] for k in batch]), strict=True):
                made[k] = ids
        processing.finish([tokenizer.decode(ids) for ids in made])
        outputs += made
    return outputs


def measure(
    name: str, tokenizer: Tokenizer, generate: Generate, batch_size: int, lines: list[str]
) -> Run:
    """Time the translation of all lines, after a little of it to warm up."""
    sys.stderr.write(f"{name} ...\n")
    by_length = not name.startswith("upstream")
    translate(lines[:2], tokenizer, generate, batch_size, by_length=by_length)
    wall, cpu = time.perf_counter(), time.process_time()
    outputs = translate(lines, tokenizer, generate, batch_size, by_length=by_length)
    return Run(name, time.perf_counter() - wall, time.process_time() - cpu, outputs)


def compare(folder: Path, lines: list[str], batch_size: int, device: str) -> list[Run]:
    """All contenders, one after the other, upstream's recipe first; one model in memory at once."""
    tokenizer = Tokenizer.load(folder, read_shape(folder))
    search = upstream(load_network(folder, device, torch.float32))
    runs = [measure("upstream's recipe float32", tokenizer, search, UPSTREAM_BATCH, lines)]
    del search
    for name, precisions in CONTENDERS[device].items():
        for precision in precisions:
            engine: Engine = (
                TorchEngine.load(folder, device, precision)
                if name == "torch"
                else CTranslate2Engine.load(folder, "", device, precision, folder / "converted")
            )
            search = partial(engine.generate, beam_size=BEAMS)
            runs.append(measure(f"{name} {precision}", tokenizer, search, batch_size, lines))
            del engine, search
    return runs


def table(runs: list[Run]) -> str:
    """The runs as Markdown, each against the first."""
    first = runs[0]
    rows = [
        "| engine | seconds | CPU seconds | lines/s | ratio | ratio of CPU | equal lines |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for run in runs:
        equal = sum(a == b for a, b in zip(run.outputs, first.outputs, strict=True))
        count = len(run.outputs)
        rows.append(
            f"| {run.name} | {run.seconds:.2f} | {run.cpu_seconds:.2f} |"
            f" {count / run.seconds:.2f} | {first.seconds / run.seconds:.2f} |"
            f" {first.cpu_seconds / run.cpu_seconds:.2f} | {equal}/{count} |"
        )
    return "\n".join(rows)


def machine(device: str) -> str:
    """Processor and versions, for the table's caption."""
    info = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (info.read_text(encoding="utf-8").splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    gpu = f", {torch.cuda.get_device_name()}" if device == "cuda" else ""
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "ctranslate2"))
    return (
        f"{names[0] if names else platform.processor()}, {os.cpu_count()} processors,"
        f" {torch.get_num_threads()} threads{gpu}; {platform.platform()};"
        f" {versions}, transformers {version('transformers')}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Translate against upstream's recipe.")
    parser.add_argument("--size", choices=["demo", *SIZES], default="demo")
    parser.add_argument("--lines", type=int, default=200, help="a film has about 1000")
    parser.add_argument("--batch-size", type=int, default=8, help="of all but upstream's recipe")
    parser.add_argument("--target-length", type=int, default=20, help="with random weights")
    parser.add_argument("--device", choices=[*CONTENDERS], default="cpu")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.size == "demo":
            expand(DEMO / "models" / "translator-indic-en", folder)
        else:
            write_random(folder, asked.size, asked.target_length)
        lines = make_lines(asked.lines, whole=asked.size == "demo")
        runs = compare(folder, lines, asked.batch_size, asked.device)
    command = f"`python -m benchmarks.translation {' '.join(sys.argv[1:])}`"
    sys.stdout.write(f"{command}\n\n{machine(asked.device)}\n\n{table(runs)}\n")


if __name__ == "__main__":
    main()
