"""The checks of translated lines, in several scripts."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_text.languages import LANGUAGES
from indicsubs_text.scripts import SCRIPTS
from indicsubs_translation.checks import CHECKS, issues_of

SENTENCES = Path(__file__).parents[3] / "demo" / "sentences.tsv"

# Source and target language, a line, its translation.
FIRING = {
    "empty": [
        ("ur-en", "ہاں", ""),
        ("ks-en", "آ", "♪ ..."),
        ("hi-en", "चलो!", "!"),
    ],
    "numbers": [
        ("hi-en", "कमरा १२ में", "In room 21"),
        ("hi-en", "कमरा १२ में", "In the room"),
        ("en-ta", "In the room", "அறை 7 இல்"),
        ("en-bn", "5 men", "পাঁচজন লোক"),  # spelled out: strict by choice
        ("ta-en", "௧௨ பேர்", "13 people"),
        ("ur-en", "۵:۴۵ پر", "At 5:54"),
        ("en-sat", "Room 12", "᱑᱓ ᱚᱲᱟᱜ"),
        ("en-mni", "Room 12", "ꯀꯥ ꯱꯳"),
        ("hi-en", "3.5 किलो", "35 kilos"),
        ("hi-en", "5 और 5", "5 of them"),
        ("hi-en", "तुम कौन हो", "Who are <ID1> you"),  # a leftover placeholder
    ],
    "script": [
        ("hi-ta", "वह कहाँ गया", "அவன் वह कहाँ गया"),
        ("en-bn", "He went home", "वह घर गया"),
        ("en-ur", "He went home", "वह घर गया"),
        ("en-sat", "He went home", "সে বাড়ি গেল"),
        ("en-mni", "He went home", "সে বাড়ি গেল"),
        ("ur-ks-Deva", "وہ گھر گیا", "وہ گھر گو"),
        ("hi-en", "वह घर गया", "Он ушёл домой"),
    ],
    "leftover": [
        ("hi-en", "वह दरवाज़ा", "That दरवाज़ा there"),
        ("ta-en", "கதவை மூடு", "Shut the கதவை"),
        ("ur-hi", "وہ گھر گیا", "वह گھر गया"),
        ("bn-mni", "সে বাড়ি গেল", "ꯃꯍꯥꯛ বাড়ি ꯆꯠꯈꯤ"),
        ("sat-en", "ᱚᱲᱟᱜ ᱛᱮ", "To the ᱚᱲᱟᱜ"),
        ("en-hi", "He went naturally", "वह naturally गया"),
    ],
    "repetition": [
        ("hi-en", "वह घर गया", "He went went went home"),
        ("hi-ur", "वह घर गया", "وہ گھر گیا وہ گھر گیا وہ گھر گیا"),
        ("en-ta", "He went", "அவன் அவன் அவன் போனான்"),
        ("hi-en", "वह घर गया", "He went hooooooooooome"),
        ("hi-ks", "वह घर गया और फिर नहीं आया", "گو گو گو گو گو"),
        (
            "hi-en",
            "वह घर गया और दुकान से रोटी लेकर शाम को वापस आया",
            "he went home and he went back and he went home and he went back and he went",
        ),
    ],
    "stop": [
        ("hi-ta", "जब मैं घर गया", "நான் வீட்டிற்குச் சென்றபோது."),
        ("en-bn", "when I went home,", "যখন আমি বাড়ি গেলাম।"),
        ("en-ur", "when I went home", "جب میں گھر گیا۔"),
        ("en-sat", "to the house", "ᱚᱲᱟᱜ ᱛᱮ᱾"),
        ("en-mni", "to the house", "ꯌꯨꯝꯗꯥ꯫"),
        ("en-te", "♪ to the house ♪", "♪ ఇంటికి. ♪"),
    ],
    "length": [
        ("hi-en", "हाँ", "Yes, and I will tell you all of it"),
        ("en-hi", "I have told you a hundred times that you must never go there again", "नहीं"),
    ],
    "identical": [
        ("hi-mr", "वह घर गया", "वह घर गया!"),
        ("ur-ks", "وہ گھر گیا", "وہ گھر گیا"),
        ("bn-as", "সে বাড়ি গেল", "সে  বাড়ি গেল।"),
    ],
    "question": [
        ("hi-en", "तुम कौन हो?", "Who are you."),
        ("ur-hi", "تم کون ہو؟", "तुम कौन हो।"),
        ("en-mni", "Who?", "ꯀꯅꯥ"),
    ],
    "source": [
        ("hi-en", "Tum kaun ho", "Who are you"),
        ("ur-en", "तुम कौन हो", "Who are you"),
        ("ta-en", "Привет всем", "Hello all"),
    ],
}
QUIET = {
    "empty": [("hi-en", "♪ 5 ♪", "♪ 5 ♪"), ("hi-en", "", ""), ("ur-en", "ہاں", "Yes")],
    "numbers": [
        ("hi-en", "कमरा १२ में ५ लोग", "5 people in room 12"),
        ("ta-en", "௧௨ பேர்", "12 people"),
        ("ur-en", "۵:۴۵ پر", "At 5.45"),
        ("ur-en", "۳٫۵", "3.5"),
        ("en-hi", "100,000 people and 1,234,567.50", "1,00,000 लोग और 12,34,567.50"),
        ("en-mni", "12/05/2024", "꯲꯰꯲꯴-꯰꯵-꯱꯲"),
        ("en-sat", "Room 12", "᱑᱒ ᱚᱲᱟᱜ"),
        ("hi-en", "<font size=12>चलो</font>", "<font size=12>Let's go</font>"),
        ("en-bn", "Pages 10,20", "পৃষ্ঠা 10, 20"),
    ],
    "script": [
        ("hi-ta", "WhatsApp मत करो", "WhatsApp செய்யாதே"),
        ("en-hi", "The CBI is here", "CBI यहाँ है"),
        ("hi-ta", "www.example.com देखो", "www.example.com பார்"),
        ("en-ks-Deva", "He went", "सु गव"),
        ("hi-en", "42", "42"),
    ],
    "leftover": [
        ("hi-mr", "वह घर गया", "तो घर गया"),
        ("en-hi", "The CBI has an iPhone at 5 km", "CBI के पास iPhone 5 km पर"),
        ("en-hi", "Write to ram@example.com", "ram@example.com को लिखो"),
        ("hi-en", "अक्षर क लिखो", "Write the letter क"),
        ("hi-mr", "Tum kaun", "तू कोण"),
    ],
    "repetition": [
        ("hi-en", "नहीं नहीं नहीं!", "No, no, no!"),
        ("hi-en", "हाहाहा", "Ha ha ha"),
        ("hi-en", "जल्दी जल्दी चलो", "Quick, quick"),
        ("hi-en", "नहींऽऽऽ", "Noooooo"),
        ("hi-en", "", ""),
    ],
    "stop": [
        ("hi-ta", "मैं घर गया।", "நான் வீட்டிற்குச் சென்றேன்."),
        ("hi-en", "जब मैं...", "When I."),
        ("hi-en", "जब मैं", "When I..."),
        ("hi-en", "“वह गया।” ❤️", "“He went.” ❤️"),
        ("en-mni", "To the house.", "ꯌꯨꯝꯗꯥ꯫"),
    ],
    "length": [("hi-en", "हाँ", "Yes, of course"), ("ur-en", "۵", "۵")],
    "identical": [
        ("hi-mr", "राम!", "राम!"),
        ("hi-mr", "12 - 14", "12 - 14"),
        ("hi-hi", "वह घर गया", "वह घर गया"),
        ("hi-mr", "वह घर गया", "तो घरी गेला"),
    ],
    "question": [
        ("hi-ur", "तुम कौन हो?", "تم کون ہو؟"),
        ("hi-en", "तुम कौन हो", "Who are you?"),
        ("hi-en", "http://a.in/?x देखो", "See http://a.in/?x"),
    ],
    "source": [("hi-en", "OK.", "OK."), ("hi-en", "CBI आ रही है", "The CBI is coming")],
}


def flat(table: dict[str, list[tuple[str, str, str]]]) -> list[tuple[str, str, str, str]]:
    return [(reason, *row) for reason, rows in table.items() for row in rows]


def reasons(pair: str, source_text: str, translation: str) -> list[str]:
    source, target = pair.split("-", 1)
    return [r for r, _ in issues_of(source_text, translation, LANGUAGES[source], LANGUAGES[target])]


def test_every_check_has_examples_of_both_kinds() -> None:
    assert set(FIRING) == set(QUIET) == set(CHECKS)


@pytest.mark.parametrize(("reason", "pair", "source_text", "translation"), flat(FIRING))
def test_an_error_is_found(reason: str, pair: str, source_text: str, translation: str) -> None:
    assert reason in reasons(pair, source_text, translation)


@pytest.mark.parametrize(("reason", "pair", "source_text", "translation"), flat(QUIET))
def test_a_right_translation_passes(
    reason: str, pair: str, source_text: str, translation: str
) -> None:
    assert reason not in reasons(pair, source_text, translation)


def test_demo_sentences_have_no_issue_in_any_direction() -> None:
    rows = [line.split("\t") for line in SENTENCES.read_text(encoding="utf-8").splitlines()]
    tags, *sentences = rows
    assert len(sentences) == 24
    for sentence in sentences:
        texts = dict(zip(tags, sentence, strict=True))
        for source in tags:
            for target in set(tags) - {source}:
                found = issues_of(
                    texts[source], texts[target], LANGUAGES[source], LANGUAGES[target]
                )
                assert found == [], (texts[source], texts[target])


@pytest.mark.parametrize(
    ("pair", "source_text", "translation", "details"),
    [
        ("hi-en", "कमरा 12 में 5", "In room 21", ["12, 5 missing; 21 new"]),
        ("hi-en", "घर", "", ["no words"]),
        ("hi-ta", "घर", "ghar", ["Latin, not Tamil"]),
        ("hi-ta", "घर", "дом", ["another script, not Tamil"]),
        ("hi-en", "मेरा घर", "My घर", ["घर is not translated"]),
        ("hi-en", "घर", "A A A", ["the same words 3 times in a row"]),
        ("hi-en", "घर", "Home.", ["ends with . and the line does not"]),
        ("hi-en", "क्या?", "What", ["the question mark is lost"]),
        ("hi-mr", "मेरा घर", "मेरा घर", ["the same as the source"]),
        ("hi-en", "हाँ", "Yes, and we will all be there", ["22 letters for the line's 3"]),
    ],
)
def test_the_detail_of_an_issue_says_what_was_found(
    pair: str, source_text: str, translation: str, details: list[str]
) -> None:
    source, target = pair.split("-")
    found = issues_of(source_text, translation, LANGUAGES[source], LANGUAGES[target])
    assert [detail for _, detail in found] == details


def test_an_empty_line_has_no_other_issue() -> None:
    assert reasons("hi-en", "क्या तुम 5 बजे वहाँ पहुँच जाओगे या फिर नहीं आओगे?", "…") == ["empty"]


def test_every_language_has_a_script_and_no_letter_two() -> None:
    assert set(SCRIPTS) == {language.own_script for language in LANGUAGES.values()}
    blocks = sorted(block for script in SCRIPTS.values() for block in script.blocks)
    for (first, last), (following, _) in itertools.pairwise(blocks):
        assert first <= last < following


languages = st.sampled_from(list(LANGUAGES.values()))
digits = st.sampled_from(
    ["0123456789", "०१२३४५६७८९", "௦௧௨௩௪௫௬௭௮௯", "۰۱۲۳۴۵۶۷۸۹", "᱐᱑᱒᱓᱔᱕᱖᱗᱘᱙", "꯰꯱꯲꯳꯴꯵꯶꯷꯸꯹"]
)


@given(st.lists(st.integers(0, 10**7), max_size=5), st.randoms(), digits, digits)
def test_numbers_are_the_same_in_any_order_and_script(
    numbers: list[int], random: object, one: str, other: str
) -> None:
    shuffled = sorted(numbers, key=lambda _: random.random())  # type: ignore[attr-defined]
    source_text = " ".join(map(str, numbers)).translate({48 + k: d for k, d in enumerate(one)})
    translation = " ".join(map(str, shuffled)).translate({48 + k: d for k, d in enumerate(other)})
    assert "numbers" not in reasons("hi-en", source_text, translation)
    assert "numbers" in reasons("hi-en", source_text, f"{translation} 10000001")


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(), languages, languages)
def test_anything_can_be_checked(
    source_text: str, translation: str, source: object, target: object
) -> None:
    for reason, detail in issues_of(source_text, translation, source, target):  # type: ignore[arg-type]
        assert reason in CHECKS
        assert detail


@given(st.text("♪♫❤️- .,?!…<i>१२5\u200d"), languages, languages)
def test_lines_that_are_copied_because_they_have_no_letters_have_no_issue(
    source_text: str, source: object, target: object
) -> None:
    if not any(map(str.isalpha, source_text)):
        assert issues_of(source_text, source_text, source, target) == []  # type: ignore[arg-type]
