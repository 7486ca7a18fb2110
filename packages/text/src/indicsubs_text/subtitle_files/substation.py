r"""Advanced SubStation Alpha (ASS), through pysubs2.

pysubs2 keeps the text of an event as it is, so what the text needs is done here: ``\{`` and ``\}``
show braces (libass, and all players built on it), a backslash is told from the start of a code by
the word joiner after it (as FFmpeg and mpv do it), and ``{}``, which shows nothing, keeps spaces at
the end.
"""

import re
from collections.abc import Sequence

from pysubs2 import Alignment, Color, SSAEvent, SSAFile, SSAStyle

from indicsubs_text.cues import Cue, CueKind
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.timed_text import (
    JOINER,
    embed,
    is_embedded,
    plain,
    strip_embedding,
)

_FONT_SIZE = 0.05
"""Of the picture's height: what WebVTT has by default (5vh)."""
_MARGIN = 0.05
"""Of the picture's height below, of its width at the sides: within the safe area of EBU R 95."""
_KINDS: dict[str, CueKind] = {"song": "song", "sound": "sound"}
"""By the name of an event; any other is speech."""
_ESCAPE = re.compile(r"[{}\\]")
_CODES = re.compile(rf"\\(?P<code>[{JOINER}{{}}Nnh])|\{{[^}}]*\}}")
_NEUTRAL_DIRECTION = -1
"""Style encoding by which libass lays a line out by its own letters, not from the left."""


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """ASS with one style, sized for the film; songs in italics, a cue's kind as the event's name.

    Times are hundredths of a second, rounded down from the frame's own time.
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
    script.events = [
        SSAEvent(
            start=style.exact_us(cue.start_ms) // 10_000 * 10,
            end=style.exact_us(cue.end_ms) // 10_000 * 10,
            name="" if cue.kind == "speech" else cue.kind,
            text=_text(cue, style),
        )
        for cue in cues
    ]
    return script.to_string("ass", header_notice="indicsubs")


def read(text: str) -> list[Cue]:
    """Cues in order of time, without the markup.

    Raises:
        ValueError: It is no ASS, or has a time that is none.
    """
    if "[Events]" not in text:
        raise ValueError("it has no section [Events]")
    script = SSAFile.from_string(text, format_="ass")
    events = sorted(event for event in script.events if not event.is_comment)
    return [_cue(event) for event in events]


def _style(style: FileStyle) -> SSAStyle:
    size = style.height * _FONT_SIZE
    return SSAStyle(
        fontname=style.font.family,
        fontsize=float(round(size * style.font.ass_scale)),
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


def _text(cue: Cue, style: FileStyle) -> str:
    lines: list[str] = []
    for line in map(plain, cue.lines):
        embedded = style.language.right_to_left or is_embedded(line)
        lines.append(_ESCAPE.sub(_escaped, embed(line) if embedded else line))
    text = r"\N".join(lines)
    if style.is_italic(cue):
        text = r"{\i1}" + text
    return text + "{}" if text.strip() != text else text


def _escaped(found: re.Match[str]) -> str:
    return f"\\{JOINER}" if found[0] == "\\" else f"\\{found[0]}"


def _cue(event: SSAEvent) -> Cue:
    text = _CODES.sub(_decoded, event.text)
    return Cue(
        start_ms=event.start,
        end_ms=event.end,
        lines=tuple(map(strip_embedding, text.split("\n"))) if text else (),
        kind=_KINDS.get(event.name, "speech"),
    )


def _decoded(found: re.Match[str]) -> str:
    code = found["code"]
    if code is None:
        return ""  # an override
    return {"N": "\n", "n": "\n", "h": "\N{NO-BREAK SPACE}", JOINER: "\\"}.get(code, code)
