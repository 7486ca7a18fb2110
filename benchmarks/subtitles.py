r"""Compares the layout of words as cues with other splitters.

    just bench subtitles
    just bench subtitles --transcript transcript.json --reference edited.srt --cuts 4120,9800

In the same run, every contender lays out the same sentences with the same words and times, and
returns SubRip; this time is measured. No contender gets speakers, and only this project uses the
shot changes. The others are used as their documentation says, with their options for lines of 42
characters and two lines. ``just bench`` installs them; the lock file does not have them:

* whisperX's writer (``--max_line_width 42 --max_line_count 2``, and without), and its
  ``SubtitlesProcessor``, which writes cues of one line and has 30 characters for Indic languages;
* stable-ts's regrouping: the default, with ``split_by_length(42)``, and with 84 characters that are
  broken into lines of 42;
* srt_equalizer: the three methods, with lines of 42, each a cue.

All are scored by :mod:`benchmarks.cue_scores`; a contender that loses or adds a word ends the run.
Data sets: the true words of the demo film, with each of its lines as the reference; generated
dialogue (:mod:`benchmarks.dialogue`) with its reference; and any transcript.
"""

import argparse
import io
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.cue_scores import Scores, score
from benchmarks.dialogue import make_dialogue
from benchmarks.machine import processor
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.layout import source_cues
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, Timing, Transcript, Word
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.rule_profiles import load_profile
from indicsubs_text.subtitle_files import subrip
from indicsubs_text.subtitle_files.formats import read_subtitles
from indicsubs_text.subtitle_files.style import FileStyle

DEMO = Path(__file__).parents[1] / "demo" / "clip.json"
CUES = 3_000
"""The number of cues in a film of about three hours."""
COMPARED = 300
"""SubER is measured on about this many cues of the reference, up to the end of a scene, because its
search for shifted words takes hours for a whole film."""
LANGUAGES = "en,hi,ta,te,bn,mr,ur"
LINE, LINES = 42, 2
"""The limits given to the other splitters; the profile has the same limits."""
REPEATS = 3
"""The number of runs, of which the best time is reported."""


class Data(NamedTuple):
    """The words that all contenders lay out."""

    name: str
    language: str
    segments: Sequence[Segment]
    cuts_ms: tuple[int, ...] = ()
    reference: Sequence[Cue] = ()
    compared_ms: int | None = None
    """SubER is measured on the cues before this time; None for all cues."""


class Row(NamedTuple):
    """The result of one contender."""

    name: str
    scores: Scores
    suber: float | None
    seconds: float


# --- contenders ------------------------------------------------------------------------------

Splitter = Callable[[], str]
"""A function that returns its layout of the words of one data set, as SubRip."""


def _ours(data: Data, rules: Rules, facts: FilmFacts) -> str:
    layout = source_cues(data.segments, data.language, rules, facts)
    return subrip.write(layout.cues, FileStyle(language=find_language(data.language)))


def _by_whisperx(result: dict[str, Any], width: int | None, lines: int | None) -> str:
    from whisperx.utils import WriteSRT

    file = io.StringIO()
    options = {"max_line_width": width, "max_line_count": lines, "highlight_words": False}
    WriteSRT("").write_result(result, file=file, options=options)
    return file.getvalue()


def _by_whisperx_processor(result: dict[str, Any]) -> str:
    from whisperx.SubtitlesProcessor import SubtitlesProcessor

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cues.srt"
        SubtitlesProcessor(result["segments"], result["language"], max_line_length=LINE).save(
            str(path), advanced_splitting=True
        )
        return path.read_text(encoding="utf-8")


def _by_stable_ts(result: dict[str, Any], lengths: Sequence[dict[str, Any]]) -> str:
    from stable_whisper import WhisperResult

    regrouped = WhisperResult(result, check_sorted=False).regroup()
    for length in lengths:
        regrouped.split_by_length(**length)
    return regrouped.to_srt_vtt(word_level=False)


def _by_srt_equalizer(result: dict[str, Any], method: str) -> str:
    import srt
    from srt_equalizer import srt_equalizer

    found: list[Any] = []
    for subtitle in srt_equalizer.whisper_result_to_srt(result["segments"]):
        found += srt_equalizer.split_subtitle(subtitle, LINE, method=method)
    return srt.compose(found)


def _contenders(data: Data, rules: Rules, facts: FilmFacts) -> dict[str, Splitter]:
    """Returns all contenders by name, each prepared with the words in its own format."""
    bare, spaced = _result(data, ""), _result(data, " ")
    fitted = {"max_chars": LINE}
    two = ({"max_chars": LINES * LINE}, {"max_chars": LINE, "newline": True})
    return {
        "indicsubs": partial(_ours, data, rules, facts),
        "whisperX, default": partial(_by_whisperx, bare, None, None),
        f"whisperX, {LINE} × {LINES}": partial(_by_whisperx, bare, LINE, LINES),
        f"whisperX SubtitlesProcessor, {LINE}": partial(_by_whisperx_processor, bare),
        "stable-ts, default": partial(_by_stable_ts, spaced, ()),
        f"stable-ts, {LINE}": partial(_by_stable_ts, spaced, (fitted,)),
        f"stable-ts, {LINE} × {LINES}": partial(_by_stable_ts, spaced, two),
        f"srt_equalizer greedy, {LINE}": partial(_by_srt_equalizer, bare, "greedy"),
        f"srt_equalizer halving, {LINE}": partial(_by_srt_equalizer, bare, "halving"),
        f"srt_equalizer punctuation, {LINE}": partial(_by_srt_equalizer, bare, "punctuation"),
    }


def _result(data: Data, before_word: str) -> dict[str, Any]:
    """Returns the transcript in whisperX's format; words that Whisper writes begin with a space."""
    return {
        "language": data.language,
        "segments": [
            {
                "start": segment.start_ms / 1000,
                "end": segment.end_ms / 1000,
                "text": before_word + segment.text,
                "words": [
                    {
                        "word": before_word + word.text,
                        "start": word.start_ms / 1000,
                        "end": word.end_ms / 1000,
                    }
                    for word in segment.words
                ],
            }
            for segment in data.segments
        ],
    }


# --- measuring -------------------------------------------------------------------------------


def compare(data: Data, profile: str) -> list[Row]:
    """Measures all contenders on one data set, one after the other."""
    rules = load_profile(profile).rules_for(data.language)
    facts = FilmFacts(shot_changes_ms=data.cuts_ms)
    rows: list[Row] = []
    warm = _contenders(data._replace(segments=data.segments[:20]), rules, facts)
    for name, split in _contenders(data, rules, facts).items():
        sys.stderr.write(f"{data.name}: {name} ...\n")
        warm[name]()  # imports
        seconds: list[float] = []
        text = ""
        for _ in range(REPEATS):
            began = time.perf_counter()
            text = split()
            seconds.append(time.perf_counter() - began)
        cues = subrip.read(text).cues
        scores = score(cues, data.segments, data.language, rules, facts)
        rows.append(Row(name, scores, suber(cues, data), min(seconds)))
    return rows


def suber(cues: Sequence[Cue], data: Data) -> float | None:
    """Returns the edits per 100 words and breaks of the reference; None without a reference."""
    from suber.file_readers import read_input_file
    from suber.metrics.suber import calculate_SubER

    if not data.reference:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cues.srt"
        read: list[Any] = []
        for laid_out in (cues, data.reference):
            # The library refuses cues that last 0 ms or less; other splitters write some.
            forward = [
                msgspec.structs.replace(cue, end_ms=max(cue.start_ms + 1, cue.end_ms))
                for cue in laid_out
                if data.compared_ms is None or cue.start_ms < data.compared_ms
            ]
            path.write_text(_without_directions(forward), encoding="utf-8")
            read.append(read_input_file(str(path), file_format="SRT"))
    return calculate_SubER(hypothesis=read[0], reference=read[1])


def _without_directions(cues: Sequence[Cue]) -> str:
    """Returns SubRip without directional characters and tags, which would count as letters."""
    plain = FileStyle(language=find_language("en"), for_editing=True, song_italics=False)
    return subrip.write(cues, plain)


def table(rows: Sequence[Row]) -> str:
    """Returns the rows as Markdown."""
    heads = (
        "splitter",
        "cues",
        "lines",
        "length",
        "speed",
        "possible",
        "duration",
        "possible",
        "gap",
        "overlap",
        "cuts",
        "cue ends",
        "line ends",
        "stranded",
        "SubER",
        "seconds",
    )
    found = ["| " + " | ".join(heads) + " |", "|---" + "|--:" * (len(heads) - 1) + "|"]
    for row in rows:
        edits = "–" if row.suber is None else f"{row.suber:.1f}"
        cells = (row.name, *map(str, row.scores), edits, f"{row.seconds:.3f}")
        found.append("| " + " | ".join(cells) + " |")
    return "\n".join(found)


# --- data ------------------------------------------------------------------------------------


def demo() -> Data:
    """Returns the lines and words of the demo film, in Hindi."""
    segments: list[Segment] = []
    for line in msgspec.json.decode(DEMO.read_bytes())["lines"]:
        words = tuple(msgspec.convert(word, Word) for word in line["words"])
        segments.append(
            Segment(
                start_ms=words[0].start_ms,
                end_ms=words[-1].end_ms,
                text=line["text"],
                timing=Timing.ALIGNED,
                words=words,
            )
        )
    reference = [
        Cue(start_ms=segment.start_ms, end_ms=segment.end_ms, lines=(segment.text,))
        for segment in segments
    ]
    return Data("the demo film", "hi", segments, (), reference)


def generated(language: str, cues: int) -> Data:
    """Returns generated dialogue."""
    dialogue = make_dialogue(language, cues)
    last = dialogue.reference[min(COMPARED, len(dialogue.reference)) - 1]
    compared_ms = next(end for end in dialogue.scene_ends_ms if end > last.start_ms)
    return Data(
        f"dialogue in {language}, {len(dialogue.segments)} sentences",
        language,
        dialogue.segments,
        dialogue.cuts_ms,
        dialogue.reference,
        compared_ms,
    )


def read_data(path: Path, reference: Path | None, cuts_ms: tuple[int, ...]) -> Data:
    """Reads a transcript; sentences without word times, songs and sounds are left out."""
    transcript = read_document(path.read_bytes(), Transcript, str(path))
    segments = [
        msgspec.structs.replace(segment, speaker=None)
        for segment in transcript.segments
        if segment.words and segment.kind == "speech"
    ]
    cues = read_subtitles(reference.read_bytes(), "srt", str(reference)).cues if reference else ()
    return Data(path.name, transcript.language, segments, cuts_ms, cues)


def main() -> None:
    """Prints a table for each data set."""
    parser = argparse.ArgumentParser(description="Compare cues with those of other splitters.")
    parser.add_argument("--cues", type=int, default=CUES, help="of each generated dialogue")
    parser.add_argument("--languages", default=LANGUAGES, help="of the generated dialogues")
    parser.add_argument("--profile", default="house", help="the rules by which all are scored")
    parser.add_argument("--transcript", type=Path, help="measure only this one")
    parser.add_argument("--reference", type=Path, help="SubRip of the same words, by a person")
    parser.add_argument("--cuts", default="", help="the film's shot changes in ms: 4120,9800")
    options = parser.parse_args()
    if options.transcript:
        cuts_ms = tuple(sorted(int(cut) for cut in options.cuts.split(",") if cut))
        sets = [read_data(options.transcript, options.reference, cuts_ms)]
    else:
        sets = [demo(), *(generated(tag, options.cues) for tag in options.languages.split(","))]
    names = ("whisperx", "stable-ts", "srt-equalizer", "subtitle-edit-rate")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    sys.stdout.write(
        f"`{' '.join(['python -m benchmarks.subtitles', *sys.argv[1:]])}`\n\n"
        f"{processor()}; {platform.platform()}; Python {platform.python_version()}, {versions}\n"
    )
    for data in sets:
        sys.stdout.write(f"\n{data.name}:\n\n{table(compare(data, options.profile))}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
