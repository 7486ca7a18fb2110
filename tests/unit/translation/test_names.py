"""One spelling for each name of a film, and never one for two names."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_text.languages import LANGUAGES
from indicsubs_translation import sounds
from indicsubs_translation.names import Respelling, UnifiedTexts, unify_names


def unified(
    pair: str, film: list[tuple[str, str]], glossary: dict[str, str] | None = None
) -> UnifiedTexts:
    source, target = (LANGUAGES[tag] for tag in pair.split("-", 1))
    lines, texts = [row[0] for row in film], [row[1] for row in film]
    return unify_names(lines, texts, source, target, glossary)


def test_a_name_gets_its_most_frequent_spelling_and_the_changes_are_returned() -> None:
    film = [
        ("वीरू कहाँ है?", "Where is Veeru?"),
        ("वह वीरू है, वीरू!", "Viru's here, that is Viru!"),
        ("सुनो वीरू", "Listen, Veeru-ji"),
        ("यह वीरू है।", "This is Veeru."),
        ("वीरू आया।", "Viru came."),
        ("चलो।", "Viru, go."),  # not in the source line, so its spelling stays
    ]
    found = unified("hi-en", film)
    assert found.texts == [
        "Where is Veeru?",
        "Veeru's here, that is Veeru!",
        "Listen, Veeru-ji",
        "This is Veeru.",
        "Veeru came.",
        "Viru, go.",
    ]
    assert found.respellings == [
        Respelling(1, "Viru", "Veeru"),
        Respelling(1, "Viru", "Veeru"),
        Respelling(4, "Viru", "Veeru"),
    ]


def test_of_equally_frequent_spellings_the_first_of_the_film_is_taken() -> None:
    film = [("सीता को", "To Seeta."), ("सीता को", "To Sita."), ("चलो", "Go.")]
    assert unified("hi-en", film).texts == ["To Seeta.", "To Seeta.", "Go."]


SAME = [
    ("सीता", "Sita", "Seeta"),
    ("पूजा", "Puja", "Pooja"),
    ("गब्बर", "Gabbar", "Gabar"),
    ("लक्ष्मी", "Lakshmi", "Laxmi"),
    ("विक्रम", "Vikram", "Wikram"),
    ("राधा", "Radha", "Raadha"),
    ("जय", "Jai", "Jay"),
    ("राव", "Raav", "Rav"),
    ("ठाकुर", "Thakur", "Thaakoor"),
    ("कृष्णा", "Krishna", "Krishnaa"),
    ("फ़िरोज़", "Firoz", "Phiroz"),
    ("साईं", "Sai", "Sey"),
    ("बड़ौदा", "Baroda", "Baraudaa"),
]
OTHERS = [
    ("राम", "Ram", "Rama"),
    ("राम", "Ram", "Rum"),
    ("राम", "Rama", "Raman"),
    ("राम", "Ram", "Lord"),
    ("सीता", "Sita", "City"),
    ("गीता", "Gita", "Geetha"),
    ("मीना", "Mina", "Mona"),
    ("शर्मा", "Sharma", "Sarma"),
    ("करण", "Karan", "Kiran"),
    ("वीरू", "Veeru", "Veer"),
    ("माँ", "Maa", "Mom"),
    ("जी", "Jee", "Ji"),  # too short to be sure
]


@pytest.mark.parametrize(("name", "often", "once"), SAME)
def test_spellings_of_one_name(name: str, often: str, once: str) -> None:
    film = [(f"{name} को", f"To {often}.")] * 2 + [(f"{name} को", f"To {once}.")]
    assert unified("hi-en", film).texts == [f"To {often}."] * 3


@pytest.mark.parametrize(("name", "often", "once"), OTHERS)
def test_names_that_are_not_the_same(name: str, often: str, once: str) -> None:
    film = [(f"{name} को", f"To {often}.")] * 2 + [(f"{name} को", f"To {once}.")]
    assert unified("hi-en", film).respellings == []


def test_common_words_are_not_names() -> None:
    film = [
        ("सीन देखो", "Look at the Seen."),
        ("सीन देखो", "Sin is bad."),
        ("सीन देखो", "I have seen it, a sin."),
        ("बस रुको", "Buss."),  # never with a capital inside a sentence
        ("बस रुको", "Bus."),
        ("वीरू को", "To VEERU."),
        ("वीरू को", "To Viru."),
        ("वीरू को", "To the VeeRu."),
    ]
    assert unified("hi-en", film).respellings == []


def test_two_people_of_nearly_one_name_stay_two() -> None:
    film = [
        ("मीना को", "To Meena."),
        ("मीना को", "To Meena."),
        ("मिना को", "To Mina."),
        ("मीना और मिना", "Both Meena and Mina."),  # the source word of each is unclear
        ("मीना, मीना", "So Mina and Meena"),
        ("मीना", "So Mina and Meena"),  # once in the source line: one of them is another person
        ("मीना को", "To Mina."),
    ]
    found = unified("hi-en", film)
    assert found.respellings == [Respelling(4, "Mina", "Meena"), Respelling(6, "Mina", "Meena")]


def test_the_terms_of_a_glossary_stay_and_are_not_counted() -> None:
    film = [
        ("वीरू को", "To Viru."),
        ("वीरू को", "To Viru."),
        ("वीरू सिंह और वीरू", "Both Veeru Singh and Veeru."),
        ("वीरू", "So Veeru."),
    ]
    assert unified("hi-en", film, {"वीरू": "Viru"}).respellings == []
    assert unified("hi-en", film, {"वीरू सिंह": "Veeru Singh"}).respellings == [
        Respelling(3, "Veeru", "Viru")
    ]
    assert unified("hi-en", film).respellings == [
        Respelling(0, "Viru", "Veeru"),
        Respelling(1, "Viru", "Veeru"),
    ]


@pytest.mark.parametrize(
    ("pair", "source_word", "often", "once"),
    [
        ("en-hi", "Veeru", "वीरू", "विरु"),
        ("en-hi", "Chandan", "चंदन", "चन्दन"),
        ("en-hi", "Jai", "जय", "जय्"),
        ("en-bn", "Veeru", "বীরু", "বিরূ"),
        ("en-ta", "Sita", "சீதா", "சிதா"),
        ("hi-ta", "वीरू", "வீரு", "விரு"),
        ("hi-bn", "गोपी", "গোপী", "গোপি"),
        ("ta-hi", "கோபி", "गोपी", "गोपि"),
        ("ta-en", "ராமன்", "Raman", "Raaman"),
        ("ml-en", "മോഹൻ", "Mohan", "Mohann"),
        ("te-en", "రామ్", "Ram", "Raam"),
        ("kn-en", "ಗೋಪಾಲ", "Gopal", "Gopaal"),
        ("kn-hi", "ಪ್ರಿಯಾ", "प्रिया", "प्रीया"),
        ("bn-en", "গোপাল", "Gopal", "Gopaal"),
        ("pa-en", "ਬੰਟੀ", "Banti", "Bantee"),
        ("pa-hi", "ਸੰਨੀ", "सन्नी", "सन्नि"),
        ("or-en", "ରାମ", "Rama", "Raama"),
        ("gu-mr", "વીરુ", "विरू", "वीरू"),
        ("hi-gu", "ऋषि", "ઋષિ", "ઋષી"),
        ("hi-te", "वीरू", "వీరు", "విరు"),
        ("ur-en", "ویرو", "Veeru", "Viru"),
        ("ur-en", "راؤ", "Rao", "Raao"),
        ("ur-en", "اندرا", "Indira", "Indeera"),
        ("ur-en", "لکشمی", "Lakshmi", "Laxmi"),
        ("ur-en", "ٹھاکر", "Thakur", "Thakoor"),
        ("ur-hi", "ویرو", "वीरू", "विरू"),
        ("ks-en", "ظہیر", "Zahir", "Zaheer"),
    ],
)
def test_names_in_other_scripts(pair: str, source_word: str, often: str, once: str) -> None:
    film = [
        (f"{source_word}!", f"so {often}!"),
        (f"{source_word}?", f"so ({once})"),
        (f"{source_word}.", f"so {often}"),
    ]
    assert unified(pair, film).respellings == [Respelling(1, once, often)]


@pytest.mark.parametrize(
    ("pair", "source_word", "often", "once"),
    [
        ("en-hi", "Ram", "राम", "रामा"),
        ("en-hi", "Ram", "राम", "रम"),
        ("hi-te", "राम", "రామ్", "రామ"),  # Ram and Rama there
        ("hi-mr", "वीरू", "वीरू", "वीरूने"),
        ("hi-mr", "कि", "की", "कि"),
        ("hi-ta", "वीरू", "வீரு", "வீருவை"),
        ("en-hi", "drama", "ड्रामा", "दरमा"),
        ("hi-ur", "वीरू", "ویرو", "وِرو"),
        ("ur-en", "ویرو", "so Veeru", "so Vero"),
        ("sd-en", "ڄام", "so Jam", "so Jaam"),
        ("ur-en", "جے", "so Jai", "so Jay"),  # too short to be sure
        ("hi-sat", "वीरू", "ᱣᱤᱨᱩ", "ᱣᱤᱨᱩ"),
        ("hi-hi", "वीरू", "वीरू", "विरू"),
    ],
)
def test_other_words_in_other_scripts(pair: str, source_word: str, often: str, once: str) -> None:
    film = [(source_word, often), (source_word, often), (source_word, once)]
    assert unified(pair, film).respellings == []


ENGLISH = ["Ram", "Rama", "Raam", "Rum", "Sita", "Seeta", "Viru", "Veeru", "He", "the", "rum", "."]
HINDI = ["राम", "रामा", "रम", "सीता", "वीरू", "वह", "विरू", "।"]
rows = st.tuples(
    st.lists(st.sampled_from(HINDI), max_size=4).map(" ".join),
    st.lists(st.sampled_from(ENGLISH), max_size=5).map(" ".join),
)


@given(st.lists(rows, max_size=8))
def test_words_change_into_spellings_of_the_same_name_and_then_no_more(
    film: list[tuple[str, str]],
) -> None:
    found = unified("hi-en", film)
    assert len(found.texts) == len(film)
    assert [change.line for change in found.respellings] == sorted(
        c.line for c in found.respellings
    )
    for change in found.respellings:
        assert {change.old, change.new} in (
            {"Ram", "Raam"},
            {"Sita", "Seeta"},
            {"Viru", "Veeru"},
        )
    for index, (_, text) in enumerate(film):
        pairs = zip(text.split(), found.texts[index].split(), strict=True)
        changed = [(c.old, c.new) for c in found.respellings if c.line == index]
        assert [pair for pair in pairs if pair[0] != pair[1]] == changed
    lines = [line for line, _ in film]
    again = unified("hi-en", list(zip(lines, found.texts, strict=True)))
    assert again == UnifiedTexts(found.texts, [])


@pytest.mark.parametrize(
    ("one", "other"),
    list(combinations([f"{c}{v}{d}" for c in "RS" for v in "aiueo" for d in "mn"], 2)),
)
def test_no_two_sounds_are_one(one: str, other: str) -> None:
    assert sounds.spelling(one, "Latn") != sounds.spelling(other, "Latn")
