"""Sets the ends of sentences where a recogniser writes no punctuation.

A pause ends a sentence, and a question word near the start or the end of a sentence makes it a
question. The languages of India put the verb last and the question word before the verb, or, for
"is it so that", first. Commas are not set: a wrong one would disturb the translation more than a
missing one.
"""

import tomllib
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from indicsubs_recognition.decoded_chunk import HeardWord
from indicsubs_text.languages import Language
from indicsubs_text.scripts import SCRIPTS

SENTENCE_PAUSE_MS = 500
"""The shortest pause between two words that ends a sentence. Pauses of 200 to 1000 ms are the
ordinary ones in read and in spontaneous speech of five languages (Campione and Véronis, Speech
Prosody 2002), at the ends of sentences and inside them. On the demo recordings, which are
synthetic, the pauses at commas were 320 ms at most and those between sentences 560 ms at least
(IndicConformer with CTC). A lower limit would cut more sentences in two."""
_FIRST_WORDS, _LAST_WORDS = 2, 4
"""The question word is among the first or the last words of a sentence. In the middle of a longer
one it mostly belongs to a clause."""

_SENTENCE_ENDS = "".join((".?!…", *(script.sentence_ends for script in SCRIPTS.values())))


class QuestionWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a language that make a sentence a question, and those that prevent it."""

    asks: frozenset[str] = frozenset()
    asks_last: frozenset[str] = frozenset()
    embeds: frozenset[str] = frozenset()


def punctuate(
    words: Sequence[HeardWord], language: Language, chunk_ms: int
) -> tuple[HeardWord, ...]:
    """Returns the words of a chunk with full stops and question marks.

    A sentence ends at a pause of :data:`SENTENCE_PAUSE_MS` and with the chunk. A word that has
    punctuation at its end already keeps it, and gets no other.

    Args:
        words: The words in order, with times from the chunk's start.
        language: The language, in the script that the words are written in.
        chunk_ms: The length of the chunk.
    """
    marked: list[HeardWord] = []
    sentence: list[str] = []
    # After the last word, the chunk's end counts as a pause.
    starts = [*(word.start_ms for word in words), chunk_ms + SENTENCE_PAUSE_MS]
    for word, next_ms in zip(words, starts[1:], strict=True):
        sentence.append(word.text)
        mark = ""
        if next_ms - word.end_ms >= SENTENCE_PAUSE_MS and not _has_punctuation(word.text):
            script = SCRIPTS[language.own_script]
            asked = is_question(sentence, language.base)
            mark = script.question_mark if asked else language.full_stop
        marked.append(replace(word, text=word.text + mark))
        if mark or word.text[-1] in _SENTENCE_ENDS:
            sentence = []
    return tuple(marked)


def is_question(sentence: Sequence[str], tag: str) -> bool:
    """Returns whether the words of a sentence ask something; False where that is uncertain.

    Args:
        sentence: The words, without punctuation at the end.
        tag: The language's tag. A language without a list of question words has no questions.
    """
    known = _question_words().get(tag, QuestionWords())
    words = [unicodedata.normalize("NFC", word) for word in sentence]
    near = {*words[:_FIRST_WORDS], *words[-_LAST_WORDS:]}
    asks = not near.isdisjoint(known.asks) or not known.asks_last.isdisjoint(words[-1:])
    return asks and known.embeds.isdisjoint(words)


def _has_punctuation(word: str) -> bool:
    """Returns whether a word ends with a mark; an apostrophe is part of a word (Bodo बर')."""
    return word[-1] not in "'’" and unicodedata.category(word[-1])[0] == "P"


@cache
def _question_words() -> dict[str, QuestionWords]:
    """Returns the question words by language tag, in NFC."""
    tables = tomllib.loads(
        Path(__file__).with_name("question_words.toml").read_text(encoding="utf-8")
    )
    return {
        tag: QuestionWords(
            **{
                name: frozenset(unicodedata.normalize("NFC", text).split())
                for name, text in lists.items()
            }
        )
        for tag, lists in tables.items()
    }
