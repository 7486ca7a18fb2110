"""The latest outputs of an encoder."""

from indicsubs_recognition.encoded_chunks import EncodedChunks


def test_a_chunk_is_encoded_once_while_it_is_kept() -> None:
    calls: list[list[bytes]] = []

    def encode(chunks: list[bytes]) -> list[str]:
        calls.append(chunks)
        return [chunk.decode() for chunk in chunks]

    encoded = EncodedChunks(encode, 2)
    assert encoded.of([b"a", b"b"]) == ["a", "b"]
    assert encoded.of([b"b"]) == ["b"]
    assert encoded.of([b"c", b"b", b"c"]) == ["c", "b", "c"]
    assert encoded.of([b"b", b"a"]) == ["b", "a"]  # a was the oldest of three
    assert encoded.of([b"x", b"y", b"z"]) == ["x", "y", "z"]
    assert encoded.of([b"z", b"x", b"y"]) == ["z", "x", "y"]
    assert calls == [[b"a", b"b"], [b"c"], [b"a"], [b"x", b"y", b"z"]]
