r"""Writes ASS (Advanced SubStation Alpha), its head with ``pysubs2``, and reads it.

``pysubs2`` writes every time after ten hours as the same. Its reader refuses hours of three digits,
refuses or warns of styles and margins that a reader of text does not need, ignores the ``Format``
line, and names no line in its errors.

The text of an event is escaped. ``\{`` and ``\}`` show braces (in libass, and all players built on
it). A word joiner after a backslash prevents a code (as in FFmpeg and mpv). ``{}``, which shows
nothing, keeps the spaces at the end.
"""

import re
from collections.abc import Sequence
from functools import partial

from pysubs2 import Alignment, Color, SSAFile, SSAStyle

from indicsubs_text.cues import Cue, CueKind
from indicsubs_text.fonts import Font
from indicsubs_text.subtitle_files.file_format import FileFormat
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import (
    FileCue,
    MalformedSubtitlesError,
    SubtitleFile,
    in_order,
    parse_time,
)
from indicsubs_text.subtitle_files.timed_text import (
    JOINER,
    embed,
    is_embedded,
    plain,
    strip_embedding,
)

_FONT_SIZE = 0.05
"""The font size as a share of the picture's height, as in WebVTT by default (5vh)."""
_MARGIN = 0.05
"""The margin as a share of the picture's height at the bottom, and of its width at the sides. Text
stays within the safe area of EBU R 95."""
_KINDS: dict[str, CueKind] = {"song": "song", "sound": "sound"}
"""The kinds of cues by the name of the event. Any other name is the name of a speaker."""
_ESCAPE = re.compile(r"[{}\\]")
_CODE = re.compile(rf"\\(?P<code>[{JOINER}{{}}Nnh])")
_CODES = re.compile(rf"{_CODE.pattern}|(?P<override>\{{[^}}]*\}})")
_DRAWING_SIZE = re.compile(r"\\p(\d)")
"""The code in an override that begins a shape, which is not text, or ends it (0)."""
_NEUTRAL_DIRECTION = -1
"""The style encoding with which libass takes the direction of a line from its letters."""
_TIME = re.compile(r"(-?\d+):(-?\d+):(-?\d+)(?:[.,:](-?\d+|\d*))?")
_FIELDS = (
    "layer",
    "start",
    "end",
    "style",
    "name",
    "marginl",
    "marginr",
    "marginv",
    "effect",
    "text",
)
"""The fields of an event, unless a ``Format`` line names others."""


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """Returns ASS with one style, sized for the film.

    Songs are in italics. A cue in another language has the font of that language. The name of an
    event is the kind of its cue, or empty for speech. Times are hundredths of a second, rounded
    down from the frame's own time.
    """
    script = SSAFile()
    script.info.update(
        {
            "Title": style.language.name,
            "Language": style.language.tag,
            "PlayResX": str(style.width),
            "PlayResY": str(style.height),
            "WrapStyle": "0",
            "ScaledBorderAndShadow": "yes",
            "YCbCr Matrix": "None",
        }
    )
    script.styles = {"Default": _style(style)}
    # pysubs2 would write every time after ten hours as 9:59:59.99.
    events = "".join(map(partial(_event, style=style), cues))
    return script.to_string("ass", header_notice="indicsubs") + events


def read(text: str) -> SubtitleFile:
    """Reads the dialogue without its markup and drawings; comments are left out.

    Where Aegisub made the syllables of a song into events of their own (effect ``fx``), the comment
    with the whole line is read instead (effect ``karaoke``).

    Raises:
        MalformedSubtitlesError: The text is not ASS.
    """
    found: list[FileCue | MalformedSubtitlesError] = []
    events: list[tuple[int, str, dict[str, str]]] = []
    fields: Sequence[str] | None = None
    for number, line in enumerate(map(str.strip, text.split("\n")), 1):
        key, _, value = line.partition(":")
        if line.startswith("["):
            fields = _FIELDS if line.lower() == "[events]" else fields
        elif fields and key == "Format":
            fields = [name.strip().lower() for name in value.split(",")]
        elif fields and key in {"Dialogue", "Comment"}:
            values = value.strip().split(",", len(fields) - 1)
            events.append((number, line, dict(zip(fields, values, strict=False))))
    if fields is None:
        raise MalformedSubtitlesError("it", "has no section [Events]")
    has_song_lines = any(_is_song_line(line, event) for _, line, event in events)
    for number, line, event in events:
        is_syllable = has_song_lines and _effect(event) == "fx"
        is_shown = line.startswith("Dialogue") and not is_syllable
        if is_shown or _is_song_line(line, event):
            found.append(_entry(f"line {number}", event, line))
    return in_order(found)


def _is_song_line(line: str, event: dict[str, str]) -> bool:
    return line.startswith("Comment") and _effect(event) == "karaoke"


def _effect(event: dict[str, str]) -> str:
    return event.get("effect", "").strip().lower()


def _event(cue: Cue, style: FileStyle) -> str:
    start, end = (_clock(style.exact_us(ms) // 10_000) for ms in (cue.start_ms, cue.end_ms))
    name = "" if cue.kind == "speech" else cue.kind
    return f"Dialogue: 0,{start},{end},Default,{name},0,0,0,,{_text(cue, style)}\n"


def _clock(hundredths: int) -> str:
    seconds, hundredths = divmod(hundredths, 100)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}.{hundredths:02}"


def _style(style: FileStyle) -> SSAStyle:
    size = style.height * _FONT_SIZE
    return SSAStyle(
        fontname=style.font.family,
        fontsize=_font_size(style, style.font),
        primarycolor=Color(255, 255, 255),
        outlinecolor=Color(0, 0, 0),
        outline=round(size * 0.06, 1),
        shadow=0.0,
        alignment=Alignment.BOTTOM_CENTER,
        marginl=round(style.width * _MARGIN),
        marginr=round(style.width * _MARGIN),
        marginv=round(style.height * _MARGIN),
        encoding=_NEUTRAL_DIRECTION if style.language.right_to_left else 1,
    )


def _font_size(style: FileStyle, font: Font) -> float:
    return float(round(style.height * _FONT_SIZE * font.ass_scale))


def _text(cue: Cue, style: FileStyle) -> str:
    lines: list[str] = []
    right_to_left = style.language_of(cue).right_to_left
    for line in map(plain, cue.lines):
        embedded = right_to_left or is_embedded(line)
        lines.append(_ESCAPE.sub(_escaped, embed(line) if embedded else line))
    text = r"\N".join(lines)
    if style.is_italic(cue):
        text = r"{\i1}" + text
    if font := style.other_font(cue):
        text = rf"{{\fn{font.family}\fs{_font_size(style, font):g}}}{text}"
    return text + "{}" if text.strip() != text else text


def _escaped(found: re.Match[str]) -> str:
    return f"\\{JOINER}" if found[0] == "\\" else f"\\{found[0]}"


def _entry(place: str, event: dict[str, str], line: str) -> FileCue | MalformedSubtitlesError:
    if not {"start", "end", "text"} <= event.keys():
        return MalformedSubtitlesError(place, "has an event without times and text", line)
    try:
        start_ms, end_ms = (_ms(event[field], place) for field in ("start", "end"))
    except MalformedSubtitlesError as error:
        return error
    return read_cue(place, (start_ms, end_ms), event["text"], event.get("name", ""))


def read_cue(place: str, times: tuple[int, int], raw_text: str, name: str) -> FileCue:
    """Returns a cue.

    Args:
        place: The place of the event in messages.
        times: Its start and its end, in ms.
        raw_text: Its text, with overrides.
        name: The field with the name of the speaker, or the kind of the cue.
    """
    name = name.strip()
    text = text_of_event(raw_text)
    return FileCue(
        cue=Cue(
            start_ms=times[0],
            end_ms=times[1],
            lines=tuple(map(strip_embedding, text.split("\n"))) if text else (),
            kind=_KINDS.get(name, "speech"),
            speaker=name if name and name not in _KINDS else None,
        ),
        place=place,
        raw_text=raw_text,
    )


def text_of_event(raw_text: str) -> str:
    """Returns the text of an event without overrides and drawings; newlines separate its lines."""
    closed = raw_text.rfind("}") + 1
    """The place after which a brace begins no override. Without it, each brace would be searched
    for its end through the whole text."""
    shown: list[str] = []
    is_drawing = False
    at = 0
    for found in _CODES.finditer(raw_text, 0, closed):
        if not is_drawing:
            shown.append(raw_text[at : found.start()])
            shown.append(_decoded(found))
        at = found.end()
        sizes = _DRAWING_SIZE.findall(found["override"] or "")
        is_drawing = sizes[-1] != "0" if sizes else is_drawing
    if not is_drawing:
        shown.append(_CODE.sub(_decoded, raw_text[at:]))
    return "".join(shown)


def _ms(time: str, place: str) -> int:
    found = _TIME.fullmatch(time.strip())
    if found is None:
        raise MalformedSubtitlesError(place, "has a time that cannot be read", time)
    try:
        return parse_time(*found.groups())
    except ValueError as error:
        raise MalformedSubtitlesError(place, str(error), time) from error


def _decoded(found: re.Match[str]) -> str:
    code = found["code"]
    if code is None:
        return ""  # an override
    return {"N": "\n", "n": "\n", "h": "\N{NO-BREAK SPACE}", JOINER: "\\"}.get(code, code)


FORMAT = FileFormat(write=write, read=read)
