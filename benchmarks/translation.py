"""Compares the speed of translation with upstream's recipe on the same weights.

    UV_PROJECT_ENVIRONMENT=venv/indictrans2 uv run --no-sync --package indicsubs-indictrans2 \
        python -m benchmarks.translation --size 200M --lines 1000

Every contender gets the same raw lines and returns translations. The time includes preparation,
tokenisation, search and decoding of the text. Upstream's recipe is the example of its model cards:
batches of 4 in the order of the film, 5 beams, float32, transformers' ``generate`` with its own
stopping rule. It runs on this project's network, which writes the same tokens as upstream's code
(``just check-upstream``), because upstream's code does not run under the locked transformers. The
others run as in the stage, by the same translator, which forms the batches.

``--size demo`` takes the demo's model; the other sizes have random weights in the official shapes
(indic-en), whose outputs end after about as many tokens as the source has (``random_checkpoint``).
The lines consist of the demo's words and are all different, so that no translation is reused. With
random weights, equal outputs show that engines agree; they do not show quality.

The stage fills batches by the memory that is free, with at most 32 lines on a CPU and 512 on a GPU.
``--batch-tokens`` measures other limits besides. An engine that cannot run has a row with the
reason.
"""

import argparse
import gc
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from benchmarks.machine import processor
from benchmarks.random_checkpoint import SIZES, write_random
from benchmarks.translation_table import NotRun, Run, table
from demo.expand_translator import expand
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.generator import TokenGenerator
from indicsubs_indictrans2.network import Network
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import BOS, EOS, PAD, read_shape
from indicsubs_indictrans2.tokenizer import Tokenizer
from indicsubs_indictrans2.torch_engine import TorchGenerator
from indicsubs_indictrans2.translator import IndicTrans2
from indicsubs_translation.hypotheses import Hypothesis
from indicsubs_translation.line_translation import translate_lines

DEMO = Path(__file__).parents[1] / "demo"
SOURCE, TARGET = "hin_Deva", "eng_Latn"
BEAMS = 5
UPSTREAM_BATCH = 4
"""The batch size of the example on the model cards of ai4bharat/indictrans2-*."""
WORDS = (1, 5)
"""Fewest and most words of a line. They have 5 to 25 of the demo's short pieces, as many as a cue
has of the official pieces."""
FITTED = 64
"""The number of additional lines, to which the ends of random outputs are fitted."""
CONTENDERS: dict[Device, dict[str, list[ComputeType]]] = {
    "cpu": {"torch": ["float32", "bfloat16"], "ctranslate2": ["float32", "int8"]},
    "cuda": {
        "torch": ["float32", "bfloat16", "float16"],
        "ctranslate2": ["float32", "float16", "int8"],
    },
}
"""Number formats by device and engine."""
RECIPES: dict[Device, list[ComputeType]] = {"cpu": ["float32"], "cuda": ["float32", "float16"]}
"""Number formats of upstream's recipe by device; its model cards use float16 on a GPU."""

Generate = Callable[[Sequence[Sequence[int]]], list[list[int]]]


def make_lines(count: int) -> list[str]:
    """Returns different lines of the demo sentences' words; every run gets the same lines."""
    rows = (DEMO / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    words = [word.strip("।?!,.") for row in rows for word in row.split("\t")[0].split()]
    chance = random.Random(0)  # noqa: S311 - not for security
    lines: dict[str, None] = {}
    while len(lines) < count:
        lines[" ".join(chance.choices(words, k=chance.randint(*WORDS))) + "।"] = None
    return list(lines)


def upstream(network: Network, *, early_stopping: bool) -> Generate:
    """Returns the search of upstream's example, or this search with the other stopping rule."""
    config = GenerationConfig(
        num_beams=BEAMS,
        early_stopping=early_stopping,
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
        # Padded on the left, as by upstream's tokenizer.
        rows = [[*[PAD] * (width - len(source)), *source] for source in batch]
        ids = torch.tensor(rows, device=network.device)
        with torch.inference_mode():
            rows_out = network.generate(ids, attention_mask=ids.ne(PAD), generation_config=config)
        return [
            row[: row.index(EOS) + 1] if EOS in row else row for row in rows_out[:, 1:].tolist()
        ]

    return generate


def by_recipe(lines: Sequence[str], tokenizer: Tokenizer, generate: Generate) -> list[list[int]]:
    """Translates lines in their order by the processor, the tokenizer and the search."""
    outputs: list[list[int]] = []
    for first in range(0, len(lines), UPSTREAM_BATCH):
        processing = Processing(SOURCE, TARGET)
        prepared = processing.prepare(lines[first : first + UPSTREAM_BATCH])
        generated = generate([tokenizer.encode(text, SOURCE, TARGET) for text in prepared])
        processing.finish([tokenizer.decode(ids) for ids in generated])
        outputs += generated
    return outputs


class Recorder:
    """An engine that records its best hypothesis for each source."""

    def __init__(self, engine: TokenGenerator) -> None:
        self._engine = engine
        self.best: dict[tuple[int, ...], list[int]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def search(  # noqa: D102 - the engine's own
        self, batch: Sequence[Sequence[int]], *options: int
    ) -> list[list[Hypothesis]]:
        found = self._engine.search(batch, *options)
        for source, hypotheses in zip(batch, found, strict=True):
            self.best[tuple(source)] = hypotheses[0].ids
        return found


def by_stage(
    lines: Sequence[str],
    tokenizer: Tokenizer,
    engine: TokenGenerator,
    batch_tokens: int | None = None,
) -> list[list[int]]:
    """Translates lines by the stage's translator, in batches as it chooses them or of a size."""
    recorder = Recorder(engine)
    positions = engine.shape.max_source_positions
    translator = IndicTrans2(lambda: recorder, tokenizer, positions)
    translate_lines(translator, lines, SOURCE, TARGET, beam_size=BEAMS, batch_tokens=batch_tokens)
    prepared = Processing(SOURCE, TARGET).prepare(lines)
    return [recorder.best[tuple(tokenizer.encode(text, SOURCE, TARGET))] for text in prepared]


def measure(name: str, translate: Callable[[Sequence[str]], Any], lines: list[str]) -> Run:
    """Measures the translation of all lines, after a warm-up with two lines."""
    sys.stderr.write(f"{name} ...\n")
    translate(lines[:2])
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    wall, cpu = time.perf_counter(), time.process_time()
    outputs = translate(lines)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0
    return Run(name, wall, cpu, outputs, peak or None)


def load_engine(
    engine: str, folder: Path, device: Device, precision: ComputeType, *, early_stopping: bool
) -> TokenGenerator:
    """Loads an engine of the stage.

    Raises:
        ImportError: CTranslate2 is not there.
        IndicsubsError: The engine cannot use the device.
    """
    if engine == "torch":
        return TorchGenerator.load(folder, device, precision)
    from indicsubs_indictrans2.ctranslate2_engine import PATIENCE, CTranslate2Generator

    patience = 1.0 if early_stopping else PATIENCE
    return CTranslate2Generator.load(folder, "", device, precision, folder / "converted", patience)


def compare(
    folder: Path,
    lines: list[str],
    device: Device,
    batch_tokens: Sequence[int],
    *,
    early_stopping: bool,
) -> Iterator[Run | NotRun]:
    """Measures all contenders, one after the other, upstream's recipe first.

    Only one model is in memory at a time. With ``early_stopping``, every search ends at the first
    five finished hypotheses. Both libraries have this rule, so that float32 outputs can be compared
    token by token.
    """
    tokenizer = Tokenizer.load(folder, read_shape(folder))
    for precision in RECIPES[device]:
        network = load_network(folder, device, getattr(torch, precision))
        generate = upstream(network, early_stopping=early_stopping)
        recipe = partial(by_recipe, tokenizer=tokenizer, generate=generate)
        yield measure(f"upstream's recipe {precision}", recipe, lines)
        del network, generate, recipe
    for name, precisions in CONTENDERS[device].items():
        if name == "torch" and early_stopping:
            continue  # it has only upstream's rule
        for precision in precisions:
            gc.collect()  # the memory of one model is free before the next is loaded
            label = f"{name} {precision}"
            try:
                engine = load_engine(name, folder, device, precision, early_stopping=early_stopping)
                for most in (None, *batch_tokens):
                    label = f"{name} {precision}" + (f", batches of {most} tokens" if most else "")
                    by_this = partial(
                        by_stage, tokenizer=tokenizer, engine=engine, batch_tokens=most
                    )
                    run = measure(label, by_this, lines)
                    # CTranslate2 takes its memory without torch.
                    yield run if name == "torch" else run._replace(peak_gpu_bytes=None)
                del engine, by_this
            except (ImportError, IndicsubsError, RuntimeError) as error:
                yield NotRun(label, str(error).splitlines()[0])


def machine(device: Device) -> str:
    """Returns the processor and the versions, for the table's caption."""
    gpu = f", {torch.cuda.get_device_name()}" if device == "cuda" else ""
    versions = ", ".join(map(_version, ("torch", "ctranslate2", "transformers")))
    threads = torch.get_num_threads()
    return f"{processor()}, {threads} threads{gpu}; {platform.platform()}; {versions}"


def _version(name: str) -> str:
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"{name} absent"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="Translate against upstream's recipe.")
    parser.add_argument("--size", choices=["demo", *SIZES], default="demo")
    parser.add_argument(
        "--lines", type=int, default=200, help="number of lines; a film has about 1000"
    )
    parser.add_argument("--device", choices=[*CONTENDERS], default="cpu")
    parser.add_argument(
        "--batch-tokens",
        type=int,
        nargs="*",
        default=[],
        help="also measure batches of at most so many tokens",
    )
    parser.add_argument(
        "--early-stopping",
        action="store_true",
        help="end all searches by the same rule, for equal tokens",
    )
    options = parser.parse_args()
    lines = make_lines(options.lines + FITTED)
    with tempfile.TemporaryDirectory() as root:
        demo, folder = Path(root) / "demo", Path(root) / "random"
        demo.mkdir()
        folder.mkdir()
        expand(DEMO / "models" / "translator-indic-en", demo)
        if options.size != "demo":
            tokenizer = Tokenizer.load(demo, read_shape(demo))
            prepared = Processing(SOURCE, TARGET).prepare(lines[options.lines :])
            fitted = [tokenizer.encode(text, SOURCE, TARGET) for text in prepared]
            write_random(folder, options.size, demo, fitted)
        chosen = demo if options.size == "demo" else folder
        command = f"`python -m benchmarks.translation {' '.join(sys.argv[1:])}`"
        sys.stdout.write(f"{command}\n\n{machine(options.device)}\n\n")
        runs = compare(
            chosen,
            lines[: options.lines],
            options.device,
            options.batch_tokens,
            early_stopping=options.early_stopping,
        )
        for line in table(runs, has_gpu=options.device == "cuda"):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
