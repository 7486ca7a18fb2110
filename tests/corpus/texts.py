"""Kinds of subtitle files: each returns the name and the content of one file, by a generator."""

import json
from collections.abc import Callable
from random import Random
from typing import TypeAlias

Made: TypeAlias = tuple[str, bytes]

LINES = ("नमस्ते।", "तुम कहाँ हो?", "मैं घर जा रहा हूँ।", "अच्छा।", "Hello & <i>goodbye</i>", "ठीक है!")


def _time(ms: int, mark: str = ",") -> str:
    hours, rest = divmod(ms, 3_600_000)
    return f"{hours:02}:{rest // 60_000:02}:{rest // 1000 % 60:02}{mark}{ms % 1000:03}"


def _cues(random: Random, count: int = 6) -> list[tuple[int, int, str]]:
    start, cues = 0, []
    for _ in range(count):
        start += random.randrange(50, 900)
        end = start + random.randrange(300, 2500)
        cues.append((start, end, random.choice(LINES)))
        start = end
    return cues


def _srt(cues: list[tuple[int, int, str]], arrow: str = " --> ", end: str = "\n") -> str:
    return end.join(
        f"{number}{end}{_time(start)}{arrow}{_time(stop)}{end}{text}{end}"
        for number, (start, stop, text) in enumerate(cues, 1)
    )


def _vtt(cues: list[tuple[int, int, str]], head: str = "WEBVTT\n\n", gap: str = "\n") -> str:
    return head + gap.join(
        f"{_time(start, '.')} --> {_time(stop, '.')}\n{text}\n" for start, stop, text in cues
    )


def plain_text(random: Random) -> Made:
    cues = _cues(random)
    return random.choice((("a.hi.srt", _srt(cues).encode()), ("a.hi.vtt", _vtt(cues).encode())))


def encodings(random: Random) -> Made:
    text = _srt(_cues(random))
    return "encoded.srt", random.choice(
        (
            text.encode("utf-8-sig"),
            text.encode("utf-16"),
            text.encode("utf-16-le"),
            text.encode("utf-16-be"),
            text.encode("utf-32"),
            text.encode("cp1252", "replace"),
            text.encode() + b"\xff\xfe\x80",
            b"\xef\xbb\xbf" * 2 + text.encode(),
            text.replace("।", "\ufffe\ufffd").encode(),
        )
    )


def line_ends(random: Random) -> Made:
    return "ends.srt", _srt(
        _cues(random), end=random.choice(("\r\n", "\r", "\n\n", "\r\n\n"))
    ).encode()


def fractions(random: Random) -> Made:
    fraction = random.choice((",9", ",99", ".9", ",999999", "", ":12", ",", ";500", "'500"))
    text = "\n".join(
        f"{n}\n00:00:{n:02}{fraction} --> 00:00:{n + 1:02}{fraction}\n{random.choice(LINES)}\n"
        for n in range(1, 6)
    )
    return random.choice(("fraction.srt", "fraction.vtt")), text.encode()


def short_times(random: Random) -> Made:
    form = random.choice(("{0}:{1:02}.5", "{0}:{1:02},500", "0:0:{1}", "{1},5", "1:{0}:{1:02},500"))
    text = "\n".join(
        f"{n}\n{form.format(0, n)} --> {form.format(0, n + 1)}\nA\n" for n in range(1, 6)
    )
    return random.choice(("short.srt", "short.vtt")), text.encode()


def arrows(random: Random) -> Made:
    arrow = random.choice(
        (" -> ", "-->", " --&gt; ", " ==> ", " — ", " --> X1:0 Y1:9 --> ", "\t-->\t")
    )
    return "arrows.srt", _srt(_cues(random), arrow=arrow).encode()


def arrow_in_text(random: Random) -> Made:
    cues = [(a, b, f"{text} --> 00:00:01,000\nमैं --> तुम") for a, b, text in _cues(random)]
    return random.choice((("arrow.srt", _srt(cues).encode()), ("arrow.vtt", _vtt(cues).encode())))


def no_blank_lines(random: Random) -> Made:
    cues = _cues(random)
    gap = random.choice(("", " \n", "\t\n", "\n\n\n"))
    if random.random() < 0.5:
        return "gaps.vtt", _vtt(cues, gap=gap).encode()
    return "gaps.srt", _srt(cues).replace("\n\n", f"\n{gap}").encode()


def negative_times(random: Random) -> Made:
    bad = random.choice(("-00:00:01,000", "00:00:-1,000", "00:-1:00,000", "-1"))
    return "negative.srt", _srt(_cues(random)).replace("00:00:00", bad, 1).encode()


def huge_numbers(random: Random) -> Made:
    digits = random.choice((5, 10, 20, 400, 5000))
    huge = "9" * digits
    text = random.choice((f"{huge}:00:00,000", f"00:{huge}:00,000", f"00:00:01,{huge}"))
    body = f"{huge}\n{text} --> {text}\nA\n\n2\n00:00:02,000 --> {text}\nB\n"
    return random.choice((("huge.srt", body.encode()), ("huge.vtt", f"WEBVTT\n\n{body}".encode())))


def late_cues(random: Random) -> Made:
    hours = random.choice((1, 10, 99, 1000))
    cues = [*_cues(random), (hours * 3_600_000, hours * 3_600_000 + 1000, "देर से")]
    return "late.srt", _srt(cues).encode()


def disorder(random: Random) -> Made:
    cues = _cues(random, 12)
    random.shuffle(cues)
    cues += [(start, start - 200, text) for start, _, text in cues[:2] if start > 300]
    return "disorder.srt", _srt([*cues, cues[0]]).encode()


def marks_of_ass(random: Random) -> Made:
    marks = (
        "a\\Nb",
        "{\\an8}top",
        "{\\pos(1,2)}x",
        "<font color=red>x",
        "<b><i>x</b>",
        "{\\k}",
        "&nbsp;x",
    )
    return "marks.srt", _srt([(a, b, random.choice(marks)) for a, b, _ in _cues(random)]).encode()


def rolling(random: Random) -> Made:
    cues, text = [], ""
    for start, end, line in _cues(random, 8):
        said = "".join(
            f"<{_time(start + 100 * n, '.')}><c> {word}</c>" for n, word in enumerate(line.split())
        )
        cues += [(start, end - 10, f"{text}\n{said}"), (end - 10, end, f"{line}\n ")]
        text = line
    return "rolling.vtt", _vtt(cues, "WEBVTT\nKind: captions\nLanguage: hi\n\n").encode()


def vtt_blocks(random: Random) -> Made:
    head = random.choice(
        (
            *("WEBVTT - title\n\nNOTE x\ny\n\n", "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000\n\n"),
            *("WEBVTT\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:a\n\n", "\ufeffWEBVTT\n\n", ""),
            *("WEBVTTX\n\n", "webvtt\n\n", "WEBVTT\n"),
        )
    )
    cues = [(a, b, f"<v A>{text}</v>") for a, b, text in _cues(random)]
    return "blocks.vtt", _vtt(cues, head).encode()


def substation(random: Random) -> Made:
    head = random.choice(
        ("[Script Info]\nScriptType: v4.00+\n\n", "", "[Script Info]\nTimer: abc\nPlayResX: -1\n")
    )
    form = "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    rows = "".join(
        f"Dialogue: 0,{_time(a, '.')[1:-1]},{_time(b, '.')[1:-1]},Default,,0,0,0,,{text}\n"
        for a, b, text in _cues(random)
    )
    odd = random.choice(
        ("", "Dialogue: broken\n", "Dialogue: 0,9:99:99.99,x,D,,0,0,0,,t\n", "Comment: 0,0,0\n")
    )
    return "sub.ass", f"{head}[Events]\n{random.choice((form, ''))}{odd}{rows}".encode()


def ttml(random: Random) -> Made:
    start, end = random.choice(
        (("1s", "2s"), ("00:00:01:12", "00:00:02:00"), ("-1s", "1e9s"), ("9" * 400 + "s", "x"))
    )
    open_tag = random.choice(
        ('<tt xmlns="http://www.w3.org/ns/ttml">', "<tt>", '<!DOCTYPE tt [<!ENTITY a "b">]><tt>')
    )
    return (
        "a.ttml",
        f'{open_tag}<body><div><p begin="{start}" end="{end}">नमस्ते</p></div></body></tt>'.encode(),
    )


def json_transcripts(random: Random) -> Made:
    number = random.choice((1000, -5, 1.5, 10**30, 1e300, "1000", None, True))
    segment = {"start_ms": 0, "end_ms": number, "text": random.choice(("नमस्ते", "", "a" * 100_000))}
    document = random.choice(
        (
            {"schema": 1, "language": "hi", "segments": [segment]},
            [segment],
            {},
            "x",
            {"schema": 99},
            segment,
        )
    )
    return "a.json", json.dumps(document, ensure_ascii=False).encode()


def sizes(random: Random) -> Made:
    return random.choice(
        (
            ("digits.srt", b"9" * 1_000_000),
            ("newlines.srt", b"\n" * 3_000_000),
            ("newlines.vtt", b"WEBVTT\n" + b"\n" * 3_000_000),
            ("word.srt", _srt([(0, 1000, "क" * 30_000)]).encode()),
            ("many.srt", _srt(_cues(random, 3000)).encode()),
            ("line.srt", b"1\n00:00:00,000 --> 00:00:01,000\n" + b"a b " * 100_000),
            ("arrows.srt", b"--> " * 300_000),
            ("open.srt", b"<" * 500_000),
            ("braces.ass", b"[Events]\nDialogue: 0,0:00:00.00,0:00:01.00,,,,,,," + b"{" * 300_000),
            ("deep.ttml", b"<tt>" + b"<div>" * 50_000),
            ("deep.json", b"[" * 200_000),
        )
    )


def empty(random: Random) -> Made:
    suffix = random.choice(("srt", "vtt", "ass", "ttml", "json"))
    return f"empty.{suffix}", random.choice(
        (b"", b" \n", b"\xef\xbb\xbf", b"WEBVTT\n", b"\0" * 500)
    )


def no_text(random: Random) -> Made:
    suffix = random.choice(("srt", "vtt", "ass", "ttml", "json"))
    data = random.choice(
        (random.randbytes(5000), b"\x89PNG\r\n\x1a\n" + random.randbytes(500), b"PK\3\4" * 99)
    )
    return f"junk.{suffix}", data


def other_kinds(random: Random) -> Made:
    text = _srt(_cues(random)).encode()
    return random.choice(
        (
            ("a.sub", b"{1}{50}Hello"),
            ("a.txt", text),
            ("a", text),
            ("a.SRT", text),
            ("a.smi", b"<SAMI>"),
        )
    )


def flipped_text(random: Random) -> Made:
    data = bytearray(_srt(_cues(random)).encode())
    for _ in range(random.choice((1, 5, 30))):
        data[random.randrange(len(data))] = random.randrange(256)
    return "flipped.srt", bytes(data)


def odd_text_names(random: Random) -> Made:
    stem = random.choice(
        ("क" * 80, "x" * 250, "100%d", "two\nlines", "a.ta.hi.forced", "-dash", "[b]")
    )
    return f"{stem}.srt", _srt(_cues(random)).encode()


KINDS: tuple[Callable[[Random], Made], ...] = (
    *(plain_text, encodings, line_ends, fractions, short_times, arrows, arrow_in_text),
    *(no_blank_lines, negative_times, huge_numbers, late_cues, disorder, marks_of_ass, rolling),
    *(vtt_blocks, substation, ttml, json_transcripts, sizes, empty, no_text, other_kinds),
    *(flipped_text, odd_text_names),
)
