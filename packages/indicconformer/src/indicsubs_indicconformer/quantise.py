"""Makes an IndicConformer model smaller: one file of about 0.6 GB instead of 2.4 GB.

    python -m indicsubs_indicconformer.quantise SOURCE TARGET

SOURCE is a folder in the official layout; TARGET is a new folder. The result holds the encoder and
the CTC head in one file, with int8 matrices, and no transducer.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, EncodeError

from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_indicconformer.checkpoint import (
    CONFIG,
    CTC_HEAD,
    ENCODER,
    MASKS,
    SMALL,
    VOCABULARY,
    read_checkpoint,
)
from indicsubs_indicconformer.indic_conformer import LAYOUT, open_model
from indicsubs_indicconformer.joined_graph import join_head
from indicsubs_networks.int8_graph import load_external_tensors, quantise_products
from indicsubs_recognition.model_files import load_errors_reported


def quantise(source: Path, target: Path) -> None:
    """Makes a smaller model.

    The result is made beside ``target``, loaded once, and only then given its name.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where ``target`` exists; ``MISSING_MODEL`` where a file of
            ``source`` is absent or damaged.
    """
    if target.exists():
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{target} exists. Name a folder that does not exist yet."
        )
    for name in (CONFIG, VOCABULARY, MASKS, ENCODER, CTC_HEAD):
        if not (source / name).is_file():
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"{source} lacks {name}. Give the folder of a model in the official layout.",
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as temporary:
        made = Path(temporary) / target.name
        with load_errors_reported(source.name, LAYOUT, source):
            read_checkpoint(source)
            _write(source, made)
        open_model(made, target.name, "cpu")
        made.rename(target)


def _write(source: Path, made: Path) -> None:
    """Writes the smaller layout.

    Raises:
        ValueError: The networks are damaged, or are not IndicConformer's.
    """
    try:
        encoder = onnx.load(str(source / ENCODER), load_external_data=False)
        head = onnx.load(str(source / CTC_HEAD), load_external_data=False)
        load_external_tensors(head, source / CTC_HEAD)
        join_head(encoder, head)
        if quantise_products(encoder, source / ENCODER) == 0:
            raise ValueError("the network has no matrices of float32 weights")
        load_external_tensors(encoder, source / ENCODER)
        (made / "assets").mkdir(parents=True)
        onnx.save_model(encoder, str(made / SMALL))
    except (DecodeError, EncodeError, onnx.checker.ValidationError) as error:
        raise ValueError(str(error)) from error
    for name in (CONFIG, VOCABULARY, MASKS):
        shutil.copyfile(source / name, made / name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m indicsubs_indicconformer.quantise",
        description="Makes an IndicConformer model smaller: int8, one file, CTC alone.",
    )
    parser.add_argument("source", type=Path, help="a model in the official layout")
    parser.add_argument("target", type=Path, help="the folder to make")
    given = parser.parse_args(arguments)
    try:
        quantise(given.source, given.target)
    except IndicsubsError as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - a command
        return error.status
    return ExitStatus.DONE


if __name__ == "__main__":
    sys.exit(main())
