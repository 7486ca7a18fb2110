"""The translation memory of a show: lines that a person has corrected in its episodes.

A line counts where the corrected cue shows one sentence alone and differs from what indicsubs had
written. A sentence that was corrected in two ways counts not at all.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from indicsubs.jobs.film_edits import FILMS, FilmFolder, TargetEdit
from indicsubs.jobs.specification import JobSpec
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.translation import MemoryLine
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import overlapping_segments
from indicsubs_text.subtitle_files.formats import read_subtitles

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
    for path in sorted((jobs / FILMS).glob("*/edits.json")):
        if path.parent.name == spec.source.fingerprint:
            continue
        folder = FilmFolder(jobs, path.parent.name)
        film = folder.read()
        for edit in film.targets if spec.memory in film.shows else ():
            language = edit.edited.subtitles.language or ""
            if language in spec.targets:
                for source, text in _corrected(folder.path, edit, source_language):
                    texts.setdefault((language, source), set()).add(text)
    return tuple(
        MemoryLine(language=language, source=source, text=found.pop())
        for (language, source), found in sorted(texts.items())
        if len(found) == 1
    )


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


def _corrected(folder: Path, edit: TargetEdit, language: str) -> list[tuple[str, str]]:
    file, sentences, written = edit.edited.subtitles, edit.edited.transcript, edit.written
    if sentences is None or written is None:
        return []
    document = folder / sentences.path
    transcript = read_document(document.read_bytes(), Transcript, str(document))
    if transcript.language != language:
        return []
    cues, before = (
        read_subtitles((folder / one.path).read_bytes(), one.kind, one.path).cues
        for one in (file, written)
    )
    return list(corrected_lines(cues, before, transcript.segments))


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
