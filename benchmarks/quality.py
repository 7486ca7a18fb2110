r"""Measures the quality of translations: chrF++ on the test sets of IndicTrans2's publication.

    just bench quality --model ai4bharat/indictrans2-indic-en-dist-200M \
        --source hin_Deva --target eng_Latn --data IN22_testset/conv \
        --engine torch ctranslate2 --compute-type float32 int8

``--data`` is a folder in one of the layouts in which the sets are published: one UTF-8 text file
for each language, one sentence in a line, and the same sentence in the same line of every file:

* IN22-Conv (1,503 lines) and IN22-Gen (1,024): ``IN22_testset/conv/test.hin_Deva``;
* FLORES-200 (1,012): ``flores200_dataset/devtest/hin_Deva.devtest``;
* a folder for each pair, as in IndicTrans2's own evaluation:
  ``eng_Latn-hin_Deva/test.hin_Deva``.

Lines are translated as in the stage, which cuts them into sentences; upstream translates whole
lines. They are scored as upstream scores them, by its own evaluator (IndicTransToolkit's, which is
in the environment of IndicTrans2 together with sacrebleu, so that neither is a dependency of this
script). English is not changed; Indian languages get indic-nlp's normalisation and tokenisation;
then sacrebleu's chrF with word order 2 is computed, with upstream's rounding. The signature is
printed. The evaluator drops empty lines; a line without a translation is therefore scored as a
dash.
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
"""Paths in the folder of data; the first layout that has both languages is read."""
ENGINES = ("torch", "ctranslate2")
COMPUTE_TYPES = ("float32", "float16", "bfloat16", "int8")
NO_TRANSLATION = "-"


class Run(NamedTuple):
    """The result of one engine."""

    name: str
    seconds: float
    chrf: float
    signature: str
    translations: list[str]


def read_data(data: Path, source: str, target: str) -> tuple[list[str], list[str]]:
    """Returns the lines to translate, and their references.

    Raises:
        ValueError: The folder has no known layout, or the files are not parallel.
    """
    for layout in LAYOUTS:
        paths = [
            data / layout.format(language=language, source=source, target=target)
            for language in (source, target)
        ]
        if all(path.is_file() for path in paths):
            sources, references = (
                path.read_text(encoding="utf-8").removesuffix("\n").split("\n") for path in paths
            )
            if len(sources) != len(references):
                raise ValueError(
                    f"{paths[0]} has {len(sources)} lines and {paths[1]} {len(references)}; they"
                    " must be translations of each other, line by line."
                )
            for path, lines in zip(paths, (sources, references), strict=True):
                if empty := [k for k, line in enumerate(lines, start=1) if not line.strip()]:
                    raise ValueError(f"Line {empty[0]} of {path} is empty; take the line out.")
            return sources, references
    tried = ", ".join(
        layout.format(language=target, source=source, target=target) for layout in LAYOUTS
    )
    raise ValueError(f"{data} has no files of {source} and {target}; looked for {tried} and so on.")


def find_model(name: str) -> Path:
    """Returns the folder of a model: a path, a folder under ``models``, or in the hub's cache.

    Raises:
        ValueError: The folder is in none of these places.
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


def score(translations: Sequence[str], references: Sequence[str], target: str) -> tuple[float, str]:
    """Returns the chrF++ of translations by upstream's evaluator, and the evaluator's signature."""
    filled = [line if line.strip() else NO_TRANSLATION for line in translations]
    result = IndicEvaluator().evaluate(target, filled, [*references])["chrF2++"]
    return float(result["score"]), str(result["signature"])


def measure(
    name: str,
    translator: IndicTrans2,
    sources: list[str],
    references: list[str],
    options: argparse.Namespace,
) -> Run:
    """Translates all lines and scores them."""
    sys.stderr.write(f"{name} ...\n")
    _ = translator.generator  # loaded before the time is measured
    start = time.perf_counter()
    attempts = translate_lines(
        translator, sources, options.source, options.target, beam_size=options.beam_size
    )
    seconds = time.perf_counter() - start
    translations = [attempt.text for attempt in attempts]
    return Run(name, seconds, *score(translations, references, options.target), translations)


def table(runs: list[Run]) -> str:
    """Returns the runs as Markdown; their lines are compared with the lines of the first run."""
    rows = [
        "| engine | chrF++ | lines | seconds | equal lines |",
        "|---|--:|--:|--:|--:|",
    ]
    for run in runs:
        equal = sum(a == b for a, b in zip(run.translations, runs[0].translations, strict=True))
        count = len(run.translations)
        rows.append(
            f"| {run.name} | {run.chrf:.1f} | {count} | {run.seconds:.1f} |"
            f" {equal}/{count} ({equal / count:.1%}) |"
        )
    # Below the table, because signatures contain vertical bars.
    return "\n".join([*rows, "", f"chrF++ by sacrebleu: `{runs[0].signature}`"])


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Reads the command line. A single compute type applies to all engines."""
    parser = argparse.ArgumentParser(description="Score translations of a test set.")
    parser.add_argument("--model", required=True, help="folder, or a name as in `just models`")
    parser.add_argument("--source", required=True, help="for instance hin_Deva")
    parser.add_argument("--target", required=True, help="for instance eng_Latn")
    parser.add_argument("--data", type=Path, required=True, help="folder of the test set")
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=["torch"])
    parser.add_argument("--compute-type", nargs="+", choices=COMPUTE_TYPES, default=["float32"])
    parser.add_argument("--beam-size", type=int, default=5)
    parser.add_argument("--lines", type=int, help="translate only this many lines, from the first")
    parser.add_argument("--device", choices=["cpu", "cuda", "mps"], default="cpu")
    options = parser.parse_args(arguments)
    if len(options.compute_type) == 1:
        options.compute_type *= len(options.engine)
    if len(options.compute_type) != len(options.engine):
        parser.error("--compute-type takes one value, or one for each --engine")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the table."""
    options = parse(arguments)
    try:
        folder = find_model(options.model)
        sources, references = read_data(options.data, options.source, options.target)
        sources, references = sources[: options.lines], references[: options.lines]
        runs = []
        for engine, compute_type in zip(options.engine, options.compute_type, strict=True):
            translator = IndicTrans2.load(folder, options.device, compute_type, engine)
            runs.append(
                measure(f"{engine} {compute_type}", translator, sources, references, options)
            )
            del translator  # only one model in memory at a time
    except (IndicsubsError, ValueError) as error:
        raise SystemExit(str(error)) from error
    command = " ".join(arguments if arguments is not None else sys.argv[1:])
    sys.stdout.write(
        f"`python -m benchmarks.quality {command}`\n\n{machine(options.device)}\n\n{table(runs)}\n"
    )


if __name__ == "__main__":
    main()
