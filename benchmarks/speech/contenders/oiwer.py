"""The word error rate that accepts other right spellings, by the Voice of India's scorer."""


def rate(lattices: list[list[list[str]]], texts: list[str], language: str) -> float:
    """Returns the OI-WER over all recordings, as a share of the reference's words.

    Args:
        lattices: For each recording the accepted spellings of each place.
        texts: What was recognised.
        language: The language's English name in small letters.
    """
    from voi_oiwer import oiwer

    wrong = words = 0
    for lattice, text in zip(lattices, texts, strict=True):
        found = oiwer(hypothesis=text, reference_lists=lattice, input_language=language)
        wrong += sum(found[4])
        words += found[5]
    return wrong / words
