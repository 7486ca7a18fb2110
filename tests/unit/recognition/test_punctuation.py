"""Sentence ends from pauses and question words."""

import pytest

from indicsubs_recognition import punctuation
from indicsubs_recognition.decoded_chunk import HeardWord
from indicsubs_recognition.punctuation import SENTENCE_PAUSE_MS, is_question, punctuate
from indicsubs_text.languages import LANGUAGES, find_language
from indicsubs_text.scripts import SCRIPTS


def heard(text: str, *, word_ms: int = 300, pause_ms: int = SENTENCE_PAUSE_MS) -> list[HeardWord]:
    """Words one after another; ``|`` is a pause."""
    words: list[HeardWord] = []
    now_ms = 100
    for token in text.split():
        if token == "|":
            now_ms += pause_ms
        else:
            words.append(HeardWord(text=token, start_ms=now_ms, end_ms=now_ms + word_ms, score=0.5))
            now_ms += word_ms
    return words


def punctuated(text: str, tag: str = "hi", **times: int) -> str:
    words = heard(text, **times)
    chunk_ms = (words[-1].end_ms if words else 0) + 50
    return " ".join(word.text for word in punctuate(words, find_language(tag), chunk_ms))


def test_a_pause_and_the_chunks_end_are_full_stops() -> None:
    assert punctuated("मुझे अकेला छोड़ दो | आज ठंड है") == "मुझे अकेला छोड़ दो। आज ठंड है।"


def test_a_shorter_pause_is_none() -> None:
    assert punctuated("आज | ठंड है", pause_ms=SENTENCE_PAUSE_MS - 1) == "आज ठंड है।"


def test_times_and_scores_stay() -> None:
    words = heard("आज | ठंड है")
    marked = punctuate(words, find_language("hi"), 5000)
    assert [(w.start_ms, w.end_ms, w.score) for w in marked] == [
        (w.start_ms, w.end_ms, w.score) for w in words
    ]


def test_no_words() -> None:
    assert punctuate([], find_language("hi"), 1000) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ठीक है। | चलो", "ठीक है। चलो।"),
        ("क्या? | चलो", "क्या? चलो।"),
        ("सुनो, | तुम कब आओगे", "सुनो, तुम कब आओगे?"),
        ("कौन है! तुम आओ", "कौन है! तुम आओ।"),
        ("चलो…", "चलो…"),
    ],
)
def test_punctuation_that_is_there_is_not_doubled(text: str, expected: str) -> None:
    assert punctuated(text) == expected


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_language_has_its_own_full_stop(tag: str) -> None:
    assert punctuated("x y", tag) == f"x y{LANGUAGES[tag].full_stop}"


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        ("mr", "मी घरी जातो", "मी घरी जातो."),
        ("ur", "تم کب آؤ گے", "تم کب آؤ گے؟"),
        ("sd", "توهان ڪٿي آهيو", "توهان ڪٿي آهيو؟"),
        ("ta", "உங்கள் பெயர் என்ன", "உங்கள் பெயர் என்ன?"),
        ("te", "మీ పేరు ఏమిటి", "మీ పేరు ఏమిటి?"),
        ("kn", "ನಿಮ್ಮ ಹೆಸರು ಏನು", "ನಿಮ್ಮ ಹೆಸರು ಏನು?"),
        ("ml", "നിങ്ങളുടെ പേര് എന്താണ്", "നിങ്ങളുടെ പേര് എന്താണ്?"),
        ("bn", "তুমি কোথায় যাচ্ছ", "তুমি কোথায় যাচ্ছ?"),
        ("gu", "તમે ક્યાં જાઓ છો", "તમે ક્યાં જાઓ છો?"),
        ("pa", "ਤੁਸੀਂ ਕਿੱਥੇ ਜਾ ਰਹੇ ਹੋ", "ਤੁਸੀਂ ਕਿੱਥੇ ਜਾ ਰਹੇ ਹੋ?"),
        ("mr", "तुझं नाव काय आहे", "तुझं नाव काय आहे?"),
        ("ne", "तिमी कहाँ जान्छौ", "तिमी कहाँ जान्छौ?"),
        ("or", "ତୁମେ କେଉଁଠି ଯାଉଛ", "ତୁମେ କେଉଁଠି ଯାଉଛ?"),
        ("or", "ତୁମେ ଖାଇଲ କି", "ତୁମେ ଖାଇଲ କି?"),
        ("or", "ଖାଇଲ କି ନାହିଁ", "ଖାଇଲ କି ନାହିଁ।"),
        ("bn", "তুমি যাবে নাকি", "তুমি যাবে নাকি?"),
        ("as", "তুমি ক'ত গৈছা", "তুমি ক'ত গৈছা?"),
        ("sa", "त्वं कुत्र गच्छसि", "त्वं कुत्र गच्छसि?"),
        ("gom", "तुजें नांव कितें", "तुजें नांव कितें?"),
        ("mai", "अहाँ कतय जाइत छी", "अहाँ कतय जाइत छी?"),
        ("brx", "नों बबे थांनो", "नों बबे थांनो।"),
        ("ks-Deva", "कौन क्या", "कौन क्या।"),
    ],
)
def test_questions_of_each_language(tag: str, text: str, expected: str) -> None:
    assert punctuated(text, tag) == expected


@pytest.mark.parametrize(
    "text",
    [
        "क्या तुम कल मेरे साथ मेरी बहन के घर तक चलोगे",
        "इतने दिन तुम लोग कहाँ थे",
        "तुम्हारा नाम क्या है",
        "वह क्यों नहीं आया",
    ],
)
def test_hindi_questions(text: str) -> None:
    assert is_question(text.split(), "hi")


@pytest.mark.parametrize(
    "text",
    [
        "मुझे नहीं पता वह कौन है",
        "उसने पूछा कि तुम कब आओगे",
        "मैं जानता हूँ तुम कहाँ थे",
        "मैं कल तुम्हारे घर कब आकर उसको सब सच सच बता दूँगा",
        "आज बहुत ठंड है",
    ],
)
def test_hindi_sentences_that_ask_nothing(text: str) -> None:
    """The question is a part of them, or the word is in the middle of a long sentence."""
    assert not is_question(text.split(), "hi")


def test_the_question_words_are_in_the_script_of_their_language() -> None:
    tables = punctuation._question_words()
    assert set(tables) <= set(LANGUAGES)
    for tag, words in tables.items():
        blocks = SCRIPTS[LANGUAGES[tag].own_script].blocks
        assert words.asks
        assert words.asks.isdisjoint(words.embeds | words.asks_last)
        for letter in "".join((*words.asks, *words.asks_last, *words.embeds)):
            assert letter == "'" or any(a <= ord(letter) <= z for a, z in blocks), (tag, letter)
