"""The vocabulary of the demo IndicConformer."""

import pytest

from demo.pieces import LANGUAGES, START_OF_WORD, decode, encode, plain, vocabulary
from demo.sentences import lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_written_in_pieces_and_read_back(language):
    for line in lines(language):
        text = plain(line[language])
        ids = [i for word in text.split() for i in encode(word, language)]
        assert decode(ids, language) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_256_different_pieces(language):
    assert len(set(vocabulary(language))) == len(vocabulary(language)) == 256


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_have_several_pieces_as_in_a_real_vocabulary(language):
    words = [w for line in lines(language) for w in plain(line[language]).split()]
    pieces = [len(encode(word, language)) for word in words]
    assert 1.5 < sum(pieces) / len(pieces) < 3.5
    assert max(pieces) > 3


def test_only_the_first_piece_of_a_word_begins_a_word():
    first, *rest = (vocabulary("hi")[i] for i in encode("इंतज़ार", "hi"))
    assert first.startswith(START_OF_WORD)
    assert rest
    assert not any(piece.startswith(START_OF_WORD) for piece in rest)


def test_a_letter_of_another_script_has_no_piece():
    with pytest.raises(ValueError, match="no piece of hi"):
        encode("நான்", "hi")
