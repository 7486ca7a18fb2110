"""Which tokens may be part of a text in a script, and what is decoded with them."""

from collections.abc import Sequence

import pytest
from recognisers import decoded

from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.script_guard import ScriptTokens, decode_in_script, script_tokens
from indicsubs_text.scripts import SCRIPTS

BYTES = [bytes([byte]) for byte in range(256)]
CA = b"\xe0\xa4"
"""The beginning of most letters of Devanagari; ``E0 A5`` begins the others, and the danda."""
WORDS = ["क", " क", "क्या", " hello", "र5", "5", "?", " ?", "...", "।", "\u0651", "ா"]
VOCABULARY = [*BYTES, CA, b"\xe0\xa5", b" " + CA, *(word.encode() for word in WORDS), b""]


def allowed(script: str, group: str) -> set[bytes]:
    return {VOCABULARY[k] for k in getattr(script_tokens(VOCABULARY, script), group)}


def test_letters_of_the_script_are_allowed_and_no_others() -> None:
    letters = allowed("Deva", "letters")
    assert {"क".encode(), " क".encode(), "क्या".encode(), b" "} <= letters
    assert not letters & {w.encode() for w in (" hello", "र5", "5", "?", "\u0651", "ா")}
    assert b"h" not in letters
    assert b"" not in letters
    assert "ா".encode() in allowed("Taml", "letters")
    assert {b"h", b" hello"} <= allowed("Latn", "letters")


def test_a_part_of_a_letter_is_allowed_where_a_letter_needs_it() -> None:
    letters = allowed("Deva", "letters")
    assert {CA, b"\xe0\xa5", b" " + CA, b"\x96"} <= letters  # E0 A4 96 is ख
    assert b"\xe0" not in letters  # always part of a longer token
    assert b"\xe1" not in letters  # the accents of the Vedas, and all of Greek
    assert b"\xe2" not in letters


def test_marks_are_single_ones_that_end_a_clause() -> None:
    assert allowed("Deva", "marks") == {b".", b",", b"?", b"!", "।".encode()}
    assert "।".encode() not in allowed("Taml", "marks")
    assert allowed("Deva", "mark_ends") == {b"\xa4", b"\xa5"}  # a danda is E0 A5 A4
    assert allowed("Taml", "mark_ends") == set()


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_can_be_written_with_single_bytes(script: str) -> None:
    tokens = script_tokens(BYTES, script)
    letter = next(
        c
        for first, last in SCRIPTS[script].blocks
        for c in map(chr, range(first, last))
        if c.isalpha()
    )
    assert set(f" {letter}".encode()) <= tokens.letters


# --- decoding --------------------------------------------------------------------------------

TOKENS = ScriptTokens(letters=frozenset({1, 2, 3}), marks=frozenset({4}), mark_ends=frozenset({3}))


class Decoder:
    """Answers each attempt from a table, by chunk."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = answers
        self.calls: list[tuple[list[str], set[int], float]] = []

    def __call__(
        self, chunks: Sequence[bytes], allowed: frozenset[int], penalty: float
    ) -> list[DecodedChunk]:
        names = [chunk.decode() for chunk in chunks]
        attempt = len(self.calls)
        self.calls.append((names, set(allowed), penalty))
        return [decoded(self.answers[name][attempt]) for name in names]


def texts(decoder: Decoder, *names: str) -> list[str]:
    chunks = [name.encode() for name in names]
    return [chunk.text for chunk in decode_in_script(chunks, "Deva", TOKENS, decoder)]


def test_an_output_in_the_script_is_taken_at_once() -> None:
    decoder = Decoder(a=["हाँ, जी।"], b=["नहीं"])
    assert texts(decoder, "a", "b") == ["हाँ, जी।", "नहीं"]
    assert decoder.calls == [(["a", "b"], {1, 2, 3, 4}, 1.15)]


@pytest.mark.parametrize(
    "escape", ["", " । । ।", "मैं । । ।", ", , ,", "ू ू", "ὁ ὀ", "न" * 60 + " " + "न" * 60]
)
def test_an_escape_is_decoded_again_with_fewer_tokens(escape: str) -> None:
    decoder = Decoder(a=["हाँ"], b=[escape, "नहीं"])
    assert texts(decoder, "a", "b") == ["हाँ", "नहीं"]
    assert decoder.calls[1] == (["b"], {1, 2}, 1.15)


def test_the_last_attempt_has_a_higher_penalty_and_its_output_is_kept() -> None:
    decoder = Decoder(a=["", "। ।", "मम"], b=["", "। ।", "।"])
    assert texts(decoder, "a", "b") == ["मम", "।"]
    assert [(names, penalty) for names, _, penalty in decoder.calls] == [
        (["a", "b"], 1.15),
        (["a", "b"], 1.15),
        (["a", "b"], 1.3),
    ]
