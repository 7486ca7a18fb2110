"""Reasons to doubt that a text was spoken."""

import pytest

from indicsubs_contract.transcript import Segment
from indicsubs_recognition.doubts import doubts, ghost_lines, letters
from indicsubs_text.languages import LANGUAGES


def segment(text: str, end_ms: int = 3000, **fields: object) -> Segment:
    return Segment(start_ms=0, end_ms=end_ms, text=text, **fields)


@pytest.mark.parametrize(
    ("heard", "reason"),
    [
        (segment("दरवाज़ा बंद कर दो।"), None),
        (segment("दरवाज़ा", no_speech=0.5), None),
        (segment("दरवाज़ा", no_speech=0.7), "the recogniser heard no speech here"),
        (segment("दरवाज़ा", note="not in the language's script"), "not in the language's script"),
        (segment("क" * 41, end_ms=1000), "nobody can say so much in this time"),
        (segment("क " * 40, end_ms=1000), None),
        (segment("क" * 41, end_ms=299), None),
        (segment("Thanks for watching!"), "recognisers are known to invent this line"),
        (
            segment("thanks for watching", language="en"),
            "recognisers are known to invent this line",
        ),
        (segment("Thanks for watching the door for me."), None),
    ],
)
def test_doubts(heard: Segment, reason: str | None) -> None:
    assert doubts(heard, "hi") == ([reason] if reason else [])


def test_a_segment_can_have_several_reasons() -> None:
    found = doubts(segment("Thank you for watching.", note="unsure", no_speech=0.9), "hi")
    assert found[:2] == ["unsure", "the recogniser heard no speech here"]


def test_ghost_lines_are_of_known_languages_and_have_letters() -> None:
    lines = ghost_lines()
    assert {"en", "hi"} <= set(lines) <= set(LANGUAGES)
    for tag, known in lines.items():
        assert known, tag
        assert all(known), "a line without letters would match every other"


def test_a_ghost_line_counts_in_its_own_language_and_in_english_everywhere() -> None:
    line = "सब्सक्राइब करें"
    hindi = next(iter(sorted(ghost_lines()["hi"])))
    assert doubts(segment(hindi), "hi") == ["recognisers are known to invent this line"]
    assert doubts(segment(hindi), "ta") == []
    assert letters(line) == "सब्सक्राइबकरें"
