"""The demo translators know every sentence by heart, with placeholders too."""

import re
from pathlib import Path

import pytest
from conftest import DEMO_COLUMNS, DEMO_PAIRS, translated

from demo.sentences import sentences, terms
from indicsubs_indictrans2.translator import IndicTrans2

Sentences = list[tuple[str, str, str]]

HIDDEN = [
    ("#t1 बंद कर दो।", "Close the #t1.", "#t1 மூடு."),
    ("#t1 हमारा पीछा कर रही है।", "The #t1 are chasing us.", "#t1 எங்களைத் துரத்துகிறது."),
    ("#t1 की #t2 कहाँ है?", "Where are the #t1 #t2?", "#t1 #t2 எங்கே இருக்கிறது?"),
    (
        "#t2 अभी खत्म नहीं हुआ है, मेरे #t1।",
        "The #t2 is not over yet, my #t1.",
        "#t2 இன்னும் முடியவில்லை, #t1.",
    ),
    (
        "कल सुबह हम #Zenda जाएँगे।",
        "We will go to #Zenda tomorrow morning.",
        "நாளை காலை நாம் #Zenda செல்வோம்.",
    ),
    ("हम 10:30 बजे मिलेंगे।", "We will meet at 10:30.", "நாம் 10:30 மணிக்குச் சந்திப்போம்."),
    ("हम 12:45 बजे मिलेंगे।", "We will meet at 12:45.", "நாம் 12:45 மணிக்குச் சந்திப்போம்."),
]
"""Hindi, English and Tamil with what the processor hides behind ``<ID1>`` and ``<ID2>``."""


@pytest.fixture(scope="module")
def translators(demo_translators: dict[str, Path]) -> dict[str, IndicTrans2]:
    return {
        name: IndicTrans2.load(folder, "cpu", "float32")
        for name, folder in demo_translators.items()
    }


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize("punctuated", [True, False])
@pytest.mark.parametrize(("direction", "source", "target"), DEMO_PAIRS)
def test_every_sentence_is_right(
    translators: dict[str, IndicTrans2],
    demo_sentences: Sentences,
    direction: str,
    source: str,
    target: str,
    beam_size: int,
    *,
    punctuated: bool,
) -> None:
    source_texts = [row[DEMO_COLUMNS[source]] for row in demo_sentences]
    if not punctuated:
        source_texts = [re.sub("[।?!,.]", "", text) for text in source_texts]
    found = translated(translators[direction], source_texts, source, target, beam_size=beam_size)
    assert found == [row[DEMO_COLUMNS[target]] for row in demo_sentences]


def test_through_english_is_right_too(
    translators: dict[str, IndicTrans2], demo_sentences: Sentences
) -> None:
    hindi, english, tamil = (list(column) for column in zip(*demo_sentences, strict=True))
    between = translated(translators["indic-en"], hindi)
    assert between == english
    assert translated(translators["en-indic"], between, "eng_Latn", "tam_Taml") == tamil


@pytest.mark.parametrize("beam_size", [1, 5])
@pytest.mark.parametrize(("direction", "source", "target"), DEMO_PAIRS)
def test_placeholders_come_back_in_their_places(
    translators: dict[str, IndicTrans2],
    direction: str,
    source: str,
    target: str,
    beam_size: int,
) -> None:
    source_texts, wanted = (
        [row[DEMO_COLUMNS[code]] for row in HIDDEN] for code in (source, target)
    )
    assert (
        translated(translators[direction], source_texts, source, target, beam_size=beam_size)
        == wanted
    )


@pytest.mark.parametrize("term", terms(), ids=lambda term: term.en)
def test_a_term_stands_in_a_sentence_in_all_its_languages(term) -> None:
    holding = [
        {column for column in ("hi", "en", "ta") if getattr(term, column) in getattr(s, column)}
        for s in sentences()
    ]
    assert {"hi", "en", "ta"} in holding
