"""The kept corpus of the fuzzer, and inputs that would take a reader long if it were not linear."""

import time
import tracemalloc
from pathlib import Path

import pytest
from fuzzing.targets import CORPUS, TARGETS

from indicsubs_contract.errors import IndicsubsError
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles

pytestmark = pytest.mark.no_cover
"""Other tests run every line that these run, and measuring the coverage would double their time."""

INPUTS = sorted(path for name in TARGETS for path in (CORPUS / name).iterdir())
SIZE = 200_000
"""Characters of a long input. A reader that looks at each pair of them would take minutes."""
HEADS = {
    "srt": "1\n00:00:01,000 --> 00:00:02,000\n",
    "vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n",
    "ass": "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,",
    "ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><p begin="00:00:01" end="00:00:02">',
    "json": '{"language":"hi","cues":[',
}
PIECES = (
    *"9\n <{}&-:[(",
    "<i>",
    "</i>a",
    "<v ",
    "<v a>",
    "<font ",
    "{\\p1",
    "{\\p1}",
    "&#9",
    "a:",
    "-->",
    "- >",
    "1:1:1,1 --> ",
    "1:1:1,1 --> 1:1:1,1\n",
    "\n1\n00:00:01,000 --> 00:00:01,010\nA\n",
    "<00:00:01.000>",
    "-1 day, 0-",
    "[[",
    '{"a":',
    "<span>",
    "Dialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,A\n",
    "NOTE\n",
    "\u2060",
    "\r",
)
RUNS = (
    "<v ",
    "<v .",
    "{\\p1",
    "00:00:01,000 --> ",
    "00:00:01,000 -",
    "-1 day, 0:",
    "a:",
    "<i",
    "&#",
)
"""Beginnings after which one character is repeated."""


def length_of_error(data: bytes, kind: str) -> int:
    """The length of the reader's message; 0 where it reads the input."""
    try:
        read_subtitles(data, kind, "film")
    except IndicsubsError as error:
        return len(error.message)
    return 0


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_input_of_the_corpus_is_a_result_or_an_error(path: Path) -> None:
    began = time.monotonic()
    TARGETS[path.parent.name](path.read_bytes())
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("kind", FORMATS)
def test_long_inputs_take_little_time(kind: str) -> None:
    bodies = [piece * (SIZE // len(piece)) for piece in PIECES]
    bodies += [start + character * SIZE for start in RUNS for character in " 9:a-"]
    for text in (before + body for body in bodies for before in ("", HEADS[kind])):
        began = time.monotonic()
        assert length_of_error(text.encode(), kind) < 1_500
        assert time.monotonic() - began < 20, text[:60]


@pytest.mark.parametrize("data", [b"9" * 1_000_000, b"\n" * 3_000_000])
@pytest.mark.parametrize("head", ["", HEADS["srt"]])
def test_a_megabyte_of_digits_and_three_of_newlines(head: str, data: bytes) -> None:
    began = time.monotonic()
    assert length_of_error(head.encode() + data, "srt") < 1_500
    assert time.monotonic() - began < 60  # under coverage, on a busy machine


@pytest.mark.parametrize("piece", ["9", "\n", "<i>", HEADS["srt"]])
def test_memory_is_a_small_multiple_of_the_file(piece: str) -> None:
    data = (HEADS["srt"] + piece * (SIZE // len(piece))).encode()
    tracemalloc.start()
    try:
        read_subtitles(data, "srt", "film.srt")
        assert tracemalloc.get_traced_memory()[1] < 100 * len(data)
    finally:
        tracemalloc.stop()
