"""Detects the language of a film from chunks of its speech."""

import math
import wave
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from indicsubs_contract.audio import read_samples
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.chunks import LONGEST_CHUNK_MS, make_chunks
from indicsubs_text.languages import LANGUAGES, Language

Probabilities: TypeAlias = Callable[[Sequence[bytes]], list[dict[str, float]]]
"""A function that returns the probability of each language, by the engine's codes, for each chunk
(16 kHz mono little-endian 16-bit samples)."""

_CHUNKS = 8
"""The number of chunks from which the language is detected. They come from all parts of the film,
because a single chunk may be a song or a title in another language."""


def detect_language(
    regions: Sequence[SpeechRegion],
    audio: wave.Wave_read,
    probabilities_of: Probabilities,
    known: Mapping[str, EngineLanguage],
) -> tuple[Language, float]:
    """Returns the language of the film and its probability.

    Args:
        regions: All speech of the film, in order.
        audio: The film's dialogue.
        probabilities_of: The function that calls the engine.
        known: The languages that the film may be in, by tag.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the most probable language is not in ``known``.
        RuntimeError: The memory of the device is full.
    """
    chunks = longest_of_each_part(make_chunks(regions, LONGEST_CHUNK_MS), _CHUNKS)
    probabilities = mean_probabilities(
        probabilities_of([read_samples(audio, chunk) for chunk in chunks])
    )
    code = max(probabilities, key=lambda code: probabilities[code])
    tag = next((tag for tag, language in known.items() if language.code == code), None)
    if tag is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The film seems to be in a language that indicsubs does not translate ({code!r},"
            f" probability {probabilities[code]:.2f}). If that is wrong, give its language with"
            " -s.",
        )
    return LANGUAGES[tag], probabilities[code]


def longest_of_each_part(chunks: Sequence[SpeechRegion], count: int) -> list[SpeechRegion]:
    """Returns the longest chunk of each of ``count`` equal parts, or all chunks if fewer exist."""
    count = min(count, len(chunks))
    parts = (
        chunks[len(chunks) * k // count : len(chunks) * (k + 1) // count] for k in range(count)
    )
    return [max(part, key=lambda chunk: chunk.end_ms - chunk.start_ms) for part in parts]


def mean_probabilities(probabilities: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Returns the mean probability of each language over the chunks."""
    codes = {code for row in probabilities for code in row}
    return {
        code: math.fsum(row.get(code, 0.0) for row in probabilities) / len(probabilities)
        for code in sorted(codes)
    }
