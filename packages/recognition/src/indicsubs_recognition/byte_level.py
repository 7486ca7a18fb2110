"""The bytes behind the characters of a byte-level vocabulary (openai/gpt-2, encoder.py).

A tokenizer file writes each byte of a token as one visible character: as its Latin-1 character
where that is visible, and otherwise as a character from U+0100 on.
"""

_VISIBLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_HIDDEN = tuple(byte for byte in range(0x100) if byte not in _VISIBLE)
_BYTES = {chr(byte): byte for byte in _VISIBLE} | {
    chr(0x100 + rank): byte for rank, byte in enumerate(_HIDDEN)
}


def token_bytes(token: str) -> bytes:
    """Returns the bytes of a token of a byte-level vocabulary.

    A token that was added to the vocabulary is written as it is, so other characters stand for
    themselves.

    >>> token_bytes("Ġà¤ķ").decode()
    ' क'
    """
    if not set(token) <= _BYTES.keys():
        return token.encode()
    return bytes(_BYTES[character] for character in token)
