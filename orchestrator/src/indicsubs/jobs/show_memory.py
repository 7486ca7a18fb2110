"""The translation memory of a show: lines that a person has corrected in its episodes.

A line counts where the corrected cue shows one sentence alone and differs from what indicsubs had
written. A sentence that was corrected in two ways counts not at all.
"""

import os
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from indicsubs.jobs.film_edits import EDITS_FILE, FILMS, FilmFolder, TargetEdit
from indicsubs.jobs.job_index import SETTLED_NS
from indicsubs.jobs.specification import JobSpec
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.translation import MemoryLine
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import overlapping_segments
from indicsubs_text.subtitle_files.formats import read_subtitles

_MOST_FILMS = 100_000
"""The number of films of which a process remembers what it has read."""
_DASHES = ("-", "‐", "‑", "–", "—")


def memory_of_show(jobs: Path, spec: JobSpec, source_language: str) -> tuple[MemoryLine, ...]:
    """Returns the corrected lines of the other films of a job's show, in a fixed order.

    The film's own corrections are its subtitles already.

    Args:
        jobs: The folder of the jobs.
        spec: The specification of the job; there are no lines where it names no show.
        source_language: Tag of the language that is translated from.

    Raises:
        IndicsubsError: As :meth:`~indicsubs.jobs.film_edits.FilmFolder.read`.
    """
    texts: dict[tuple[str, str], set[str]] = {}
    if spec.memory is None or not spec.edits:
        return ()
    for folder in _films_of_show(jobs, spec.memory):
        if folder.path.name == spec.source.fingerprint:
            continue
        for edit in folder.read().targets:
            language = edit.edited.subtitles.language or ""
            if language in spec.targets:
                for source, text in _corrected(folder.path, edit, source_language):
                    texts.setdefault((language, source), set()).add(text)
    return tuple(
        MemoryLine(language=language, source=source, text=found.pop())
        for (language, source), found in sorted(texts.items())
        if len(found) == 1
    )


def _films_of_show(jobs: Path, show: str) -> Iterator[FilmFolder]:
    """Yields the folders of a show's films, in a fixed order.

    Strings in place of paths: there may be thousands of films, and this is asked for each of them.
    """
    films = jobs / FILMS
    settled_ns = time.time_ns() - SETTLED_NS
    for name in sorted(os.listdir(films) if films.is_dir() else ()):  # noqa: PTH208
        try:
            found = os.stat(f"{films}/{name}/{EDITS_FILE}")  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            continue
        state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        shows = _shows if found.st_mtime_ns < settled_ns else _shows.__wrapped__
        if show in shows(jobs, name, state):
            yield FilmFolder(jobs, name)


@lru_cache(maxsize=_MOST_FILMS)
def _shows(jobs: Path, film: str, _state: tuple[int, ...]) -> tuple[str, ...]:
    """Returns the shows of a film whose edits are in a state; they are read once in a run."""
    return FilmFolder(jobs, film).read().shows


def corrected_lines(
    cues: Sequence[Cue], written: Sequence[Cue], sentences: Sequence[Segment]
) -> Iterator[tuple[str, str]]:
    """Yields each sentence that one or more corrected cues show alone, and their text.

    Args:
        cues: The cues as a person saved them.
        written: The cues as indicsubs wrote them.
        sentences: The sentences that they were translated from.
    """
    before = _texts(written, sentences)
    for index, text in _texts(cues, sentences).items():
        sentence = sentences[index]
        if sentence.kind == "speech" and sentence.language is None and text != before.get(index):
            yield " ".join(sentence.text.split()), text


@lru_cache(maxsize=_MOST_FILMS)
def _corrected(folder: Path, edit: TargetEdit, language: str) -> tuple[tuple[str, str], ...]:
    """Returns the corrected lines of an edit. It names its files by content: they never change."""
    file, sentences, written = edit.edited.subtitles, edit.edited.transcript, edit.written
    if sentences is None or written is None:
        return ()
    document = folder / sentences.path
    transcript = read_document(document.read_bytes(), Transcript, str(document))
    if transcript.language != language:
        return ()
    cues, before = (
        read_subtitles((folder / one.path).read_bytes(), one.kind, one.path).cues
        for one in (file, written)
    )
    return tuple(corrected_lines(cues, before, transcript.segments))


def _texts(cues: Sequence[Cue], sentences: Sequence[Segment]) -> dict[int, str]:
    """Returns the text of each sentence whose cues show it alone, without songs and dialogues."""
    found: dict[int, list[str]] = {}
    shared: set[int] = set()
    for cue, indices in zip(cues, overlapping_segments(cues, sentences, "show"), strict=True):
        if len(indices) != 1 or cue.kind != "speech" or cue.lines[0].startswith(_DASHES):
            shared.update(indices)
        else:
            found.setdefault(indices[0], []).extend(cue.lines)
    return {
        index: " ".join(" ".join(lines).split())
        for index, lines in found.items()
        if index not in shared
    }
