r"""How good translations are: chrF++ on the test sets that IndicTrans2 was published with.

    just bench quality --model ai4bharat/indictrans2-indic-en-dist-200M \
        --source hin_Deva --target eng_Latn --data IN22_testset/conv \
        --engine torch ctranslate2 --compute-type float32 int8

``--data`` is a folder in one of the layouts in which the sets are published, one UTF-8 text file
per language, a sentence per line, the same line the same sentence in every file:

* IN22-Conv (1,503 lines) and IN22-Gen (1,024): ``IN22_testset/conv/test.hin_Deva``;
* FLORES-200 (1,012): ``flores200_dataset/devtest/hin_Deva.devtest``;
* a folder of a pair, as IndicTrans2's own evaluation has it:
  ``eng_Latn-hin_Deva/test.hin_Deva``.

Translated is as the stage does it, with its cutting of lines into sentences; upstream translates
whole lines. Scored is as upstream does it, by its own evaluator (IndicTransToolkit's, which is in
the environment of IndicTrans2 together with sacrebleu, so neither is a dependency of this script):
English as it is, Indian languages after indic-nlp's normalisation and tokenisation, then
sacrebleu's chrF with word order 2. Its signature is printed, rounding is upstream's. The evaluator
drops empty lines; a line without a translation is scored as a dash.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
from IndicTransToolkit.evaluator import IndicEvaluator

from benchmarks.translation import machine
from indicsubs_contract.errors import IndicsubsError
from indicsubs_indictrans2.translator import IndicTrans2
from indicsubs_translation.line_translation import translate_lines

ROOT = Path(__file__).parents[1]
LAYOUTS = (
    "test.{language}",
    "devtest/{language}.devtest",
    "{language}.devtest",
    "{source}-{target}/test.{language}",
    "{target}-{source}/test.{language}",
)
"""Of a file in the folder of data; the first that has both languages counts."""
ENGINES = ("torch", "ctranslate2")
COMPUTE_TYPES = ("float32", "float16", "bfloat16", "int8")
NO_TRANSLATION = "-"


class Run(NamedTuple):
    """What one engine made of the lines."""

    name: str
    seconds: float
    chrf: float
    signature: str
    made: list[str]


def read_data(data: Path, source: str, target: str) -> tuple[list[str], list[str]]:
    """Lines to translate, and their references.

    Raises:
        ValueError: no layout fits, or the files are not parallel.
    """
    for layout in LAYOUTS:
        paths = [
            data / layout.format(language=language, source=source, target=target)
            for language in (source, target)
        ]
        if all(path.is_file() for path in paths):
            said, wanted = (
                path.read_text(encoding="utf-8").removesuffix("\n").split("\n") for path in paths
            )
            if len(said) != len(wanted):
                raise ValueError(
                    f"{paths[0]} has {len(said)} lines and {paths[1]} {len(wanted)}; they must be"
                    " translations of each other, line by line."
                )
            for path, lines in zip(paths, (said, wanted), strict=True):
                if empty := [k for k, line in enumerate(lines, start=1) if not line.strip()]:
                    raise ValueError(f"Line {empty[0]} of {path} is empty; take the line out.")
            return said, wanted
    tried = ", ".join(
        layout.format(language=target, source=source, target=target) for layout in LAYOUTS
    )
    raise ValueError(f"{data} has no files of {source} and {target}; looked for {tried} and so on.")


def find_model(name: str) -> Path:
    """The folder of a model: a path, one made at set-up (``demo/...``), or in the hub's cache.

    Raises:
        ValueError: it is nowhere.
    """
    for folder in (Path(name).expanduser(), ROOT / "models" / name):
        if folder.is_dir():
            return folder
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise ValueError(
            f"The model {name} is neither a folder nor in the hub's cache. Fetch it with:"
            f" just models fetch {name}"
        ) from error


def score(made: Sequence[str], wanted: Sequence[str], target: str) -> tuple[float, str]:
    """ChrF++ of translations against references by upstream's evaluator, and its signature."""
    given = [line if line.strip() else NO_TRANSLATION for line in made]
    found = IndicEvaluator().evaluate(target, given, [*wanted])["chrF2++"]
    return float(found["score"]), str(found["signature"])


def measure(
    name: str,
    translator: IndicTrans2,
    said: list[str],
    wanted: list[str],
    asked: argparse.Namespace,
) -> Run:
    """Translate all lines and score them."""
    sys.stderr.write(f"{name} ...\n")
    _ = translator.generator  # loading is not translating
    start = time.perf_counter()
    attempts = translate_lines(
        translator, said, asked.source, asked.target, beam_size=asked.beam_size
    )
    seconds = time.perf_counter() - start
    made = [attempt.text for attempt in attempts]
    return Run(name, seconds, *score(made, wanted, asked.target), made)


def table(runs: list[Run]) -> str:
    """The runs as Markdown; equal lines are those equal to the first run's."""
    rows = [
        "| engine | chrF++ | lines | seconds | equal lines |",
        "|---|--:|--:|--:|--:|",
    ]
    for run in runs:
        equal = sum(a == b for a, b in zip(run.made, runs[0].made, strict=True))
        count = len(run.made)
        rows.append(
            f"| {run.name} | {run.chrf:.1f} | {count} | {run.seconds:.1f} |"
            f" {equal}/{count} ({equal / count:.1%}) |"
        )
    # Below the table, because signatures have bars.
    return "\n".join([*rows, "", f"chrF++ by sacrebleu: `{runs[0].signature}`"])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; each engine gets a compute type, the only one given or its own."""
    parser = argparse.ArgumentParser(description="Score translations of a test set.")
    parser.add_argument("--model", required=True, help="folder, or a name as in `just models`")
    parser.add_argument("--source", required=True, help="as hin_Deva")
    parser.add_argument("--target", required=True, help="as eng_Latn")
    parser.add_argument("--data", type=Path, required=True, help="folder of the test set")
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=["torch"])
    parser.add_argument("--compute-type", nargs="+", choices=COMPUTE_TYPES, default=["float32"])
    parser.add_argument("--beam-size", type=int, default=5)
    parser.add_argument("--lines", type=int, help="the first so many only")
    parser.add_argument("--device", choices=["cpu", "cuda", "mps"], default="cpu")
    asked = parser.parse_args(arguments)
    if len(asked.compute_type) == 1:
        asked.compute_type *= len(asked.engine)
    if len(asked.compute_type) != len(asked.engine):
        parser.error("--compute-type takes one value, or one for each --engine")
    return asked


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    asked = parse(arguments)
    try:
        folder = find_model(asked.model)
        said, wanted = read_data(asked.data, asked.source, asked.target)
        said, wanted = said[: asked.lines], wanted[: asked.lines]
        runs = []
        for engine, compute_type in zip(asked.engine, asked.compute_type, strict=True):
            translator = IndicTrans2.load(folder, asked.device, compute_type, engine)
            runs.append(measure(f"{engine} {compute_type}", translator, said, wanted, asked))
            del translator  # one model in memory at once
    except (IndicsubsError, ValueError) as error:
        raise SystemExit(str(error)) from error
    command = " ".join(arguments if arguments is not None else sys.argv[1:])
    sys.stdout.write(
        f"`python -m benchmarks.quality {command}`\n\n{machine(asked.device)}\n\n{table(runs)}\n"
    )


if __name__ == "__main__":
    main()
