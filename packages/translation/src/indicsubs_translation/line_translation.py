"""Translates lines of dialogue: cuts them into sentences, and puts the translations together."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from indicsubs_translation.engine import BeamSearch, Rendering, TranslationEngine
from indicsubs_translation.lines import Line, parse_line, sentences_of, split_to_fit
from indicsubs_translation.repair import Attempt


class _TextPart(NamedTuple):
    """A piece of text for the engine: a sentence, or part of a sentence that is too long."""

    text: str
    line: int
    """Index of its line."""


def translate_lines(
    engine: TranslationEngine,
    lines: Sequence[str],
    source: str,
    target: str,
    *,
    beam_size: int = 5,
    hypotheses: int = 1,
    batch_tokens: int | None = None,
    report: Callable[[int], None] = lambda _: None,
) -> list[Attempt]:
    """Translates lines.

    Lines without a letter (empty, notes, digits, emoji) stay unchanged. Lines of several sentences,
    and sentences that are too long for the model, are translated in parts.

    Args:
        engine: Translates the sentences.
        lines: In the order of the film.
        source: The engine's code of their language.
        target: The engine's code of another language.
        beam_size: The number of beams; 1 is greedy.
        hypotheses: The most hypotheses of each line, the best one included.
        batch_tokens: The most tokens in a batch; with None, as many as memory allows.
        report: Called with the number of lines that are finished.

    Returns:
        One attempt for each line; its warnings name cut or missing text and lost markup.

    Raises:
        IndicsubsError: ``BAD_INPUT`` for a language that the model does not know; what the engine
            raises.
    """
    engine.check_languages(source, target)
    parsed = [parse_line(line) for line in lines]
    parts, warnings = _cut(engine, parsed, source, target)
    remaining = Counter(part.line for part in parts)
    report(len(lines) - len(remaining))

    def done(indices: Sequence[int]) -> None:
        nonlocal remaining
        remaining -= Counter(parts[index].line for index in indices)
        report(len(lines) - len(remaining))

    renderings = engine.translate(
        [part.text for part in parts],
        source,
        target,
        BeamSearch(beam_size, min(hypotheses, beam_size), batch_tokens),
        done,
    )
    texts_of: list[list[list[str]]] = [[] for _ in lines]
    for part, ranked in zip(parts, renderings, strict=True):
        texts_of[part.line].append([rendering.text for rendering in ranked])
        warnings[part.line] += _warnings(ranked[0])
    return [
        _attempt(line, texts, line_warnings)
        for line, texts, line_warnings in zip(parsed, texts_of, warnings, strict=True)
    ]


def _cut(
    engine: TranslationEngine, lines: Sequence[Line], source: str, target: str
) -> tuple[list[_TextPart], list[list[str]]]:
    """Returns the parts for the engine, and the warnings about each line."""

    def fits(text: str) -> bool:
        return engine.fits(text, source, target)

    parts: list[_TextPart] = []
    warnings: list[list[str]] = [[] for _ in lines]
    for index, line in enumerate(lines):
        if not line.text:
            continue
        sentences = sentences_of(line.text)
        fitting = [part for sentence in sentences for part in split_to_fit(sentence, fits)]
        if len(fitting) > len(sentences):
            warnings[index].append(
                f"longer than the model's {engine.longest} tokens; translated in pieces"
            )
        if line.dropped_markup:
            warnings[index].append("markup inside the line is lost")
        parts += [_TextPart(part, index) for part in fitting]
    return parts, warnings


def _attempt(line: Line, parts: Sequence[Sequence[str]], warnings: Sequence[str]) -> Attempt:
    """Joins the parts of a line; a part with fewer hypotheses than another repeats its last one."""
    texts = [
        line.before
        + " ".join(filter(None, (part[min(rank, len(part) - 1)] for part in parts)))
        + line.after
        for rank in range(max(map(len, parts), default=1))
    ]
    best, *others = dict.fromkeys(texts)
    return Attempt(best, tuple(warnings), tuple(others))


def _warnings(rendering: Rendering) -> list[str]:
    if not rendering.complete:
        return [f"cut by the model after {rendering.tokens} tokens; check its end"]
    return [] if rendering.text.strip() else ["the model gave no words; translate it by hand"]
