import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from report_jobs import (
    QUARANTINED,
    REASON,
    URDU,
    cues_heard_twice,
    heard_twice,
    report_of,
    transcript_of,
    violation,
    waveform_of,
)

from indicsubs_common.report.csv_table import COLUMNS, to_csv
from indicsubs_common.report.document import Report
from indicsubs_common.report.html_page import PageData, film_sources, to_html
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.report.measures import make_report
from indicsubs_common.report.waveform import Waveform
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language

EVIL = "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> & $title ${x} \u2028"


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[int, str] = {}
        self.opened: int | None = None
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.opened = len(self.elements)
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.opened = None

    def handle_data(self, data):
        if self.opened is not None:
            self.texts[self.opened] = self.texts.get(self.opened, "") + data

    def text(self, tag: str, **wanted: str) -> str:
        (at,) = (
            at
            for at, (name, attributes) in enumerate(self.elements)
            if name == tag and wanted.items() <= attributes.items()
        )
        return self.texts[at]


def data(report: Report, waveform: Waveform | None = None, film: str | None = None) -> PageData:
    return PageData(report=report, waveform=waveform, sources=film_sources(film), film_start_ms=0)


def evil_report() -> Report:
    segment = Segment(start_ms=0, end_ms=2_000, text=EVIL, note=EVIL)
    language = LanguageCues(
        language=find_language("ur"),
        file=f"{EVIL}.srt",
        rules=Rules(),
        cues=(Cue(start_ms=0, end_ms=2_000, lines=("=1+1", EVIL)),),
        violations=(violation(0, EVIL, 1, 1, EVIL),),
    )
    transcript = Transcript(language="ur", segments=(segment,))
    return make_report(EVIL, None, transcript, [language])


def test_text_of_a_user_adds_no_element_to_the_page():
    calm = Page(to_html(data(report_of(1, ("ur",)))))
    evil = Page(to_html(data(evil_report(), film=f"/films/{EVIL}.mkv")))
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in calm.elements]
    held = json.loads(evil.text("script", id="data"))
    assert held["report"]["languages"][0]["cues"][0]["lines"][1] == EVIL
    assert evil.text("title") == f"{EVIL} · subtitle report"


def test_nothing_in_the_page_can_end_its_data():
    page = to_html(data(evil_report())).decode()
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert block
    assert "<" not in block[1]


def test_the_policy_allows_this_script_and_this_style_alone_and_no_network():
    page = Page(to_html(data(report_of(3))))
    policy = next(
        attributes["content"]
        for tag, attributes in page.elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["media-src"] == "'self' file:"
    for rule, text in (
        ("script-src", page.text("script", type="module")),
        ("style-src", page.text("style")),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"


def test_the_page_loads_no_other_file():
    page = to_html(data(report_of(3))).decode()
    assert not re.search(r'\b(?:src|href)="(?!#)|@import|url\(|https?://', page)
    assert "innerHTML" not in page


@pytest.mark.parametrize(
    ("film", "sources"),
    [
        ("/films/शोले.mp4", ("./%E0%A4%B6%E0%A5%8B%E0%A4%B2%E0%A5%87.mp4",)),
        ("/films/a#1?.mkv", ("./a%231%3F.mkv", "./a%231%3F.mp4", "file:///films/a%231%3F.mkv")),
        ("/films/x:y.avi", ("./x%3Ay.mp4", "./x%3Ay.mkv", "file:///films/x%3Ay.avi")),
        (None, ()),
    ],
)
def test_the_film_is_tried_beside_the_page_and_then_at_its_original_place(film, sources):
    assert film_sources(film)[: len(sources)] == sources
    assert bool(film_sources(film)) == bool(sources)


def test_the_page_contains_the_whole_waveform_and_report():
    wave = Waveform(start_ms=7, bucket_ms=50, peaks=bytes(range(256)))
    report = report_of(4)
    held = Page(to_html(data(report, wave))).text("script", id="data")
    read = msgspec.json.decode(held, type=PageData)
    assert read == data(report, wave)


@pytest.mark.no_cover  # it is long, and other tests run its lines
def test_three_thousand_cues_in_three_languages_make_a_page_of_under_five_megabytes():
    page = to_html(data(report_of(3_000), waveform_of(transcript_of(3_000))))
    assert len(page) < 5_000_000


def test_an_empty_job_has_a_page():
    empty = make_report("", None, Transcript(language="hi", segments=()), [])
    held = json.loads(Page(to_html(data(empty))).text("script", id="data"))
    assert held["report"]["languages"] == []
    assert held["waveform"] is None


def rows(report: Report) -> list[dict[str, str]]:
    table = to_csv(report)
    assert table.startswith(b"\xef\xbb\xbf")  # for Excel
    return list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_the_table_has_a_row_for_each_cue_of_each_language():
    report = report_of(50)
    read = rows(report)
    assert tuple(read[0]) == COLUMNS
    assert [(row["language"], row["number"]) for row in read] == [
        (language.tag, str(cue.number)) for language in report.languages for cue in language.cues
    ]
    for row, cue in zip(
        read, (c for language in report.languages for c in language.cues), strict=True
    ):
        assert row["text"] == "\n".join(cue.lines)
        assert row["start_ms"] == str(cue.start_ms)
        assert len(row["flags"].split()) == len(cue.flags)
    assert read[0]["start"] == "00:00:01.000"
    assert read[0]["gap_ms"] == ""


def test_no_cell_is_a_formula():
    row = rows(evil_report())[0]
    assert row["text"] == f"'=1+1\n{EVIL}"
    assert not any(value.startswith(("=", "+", "-", "@")) for value in row.values())


@pytest.mark.parametrize("doubtful", ["leave_out", "show"])
def test_the_table_has_a_row_for_each_quarantined_segment_that_has_no_cue(doubtful: Doubtful):
    transcript = heard_twice(20)
    report = make_report("clip.mp4", None, transcript, [cues_heard_twice(transcript)], doubtful)
    read = rows(report)
    without_cue = [row for row in read if not row["number"]]
    if doubtful == "show":
        assert without_cue == []
        return
    (row,) = without_cue
    segment = transcript.segments[QUARANTINED]
    assert (row["language"], row["text"], row["details"]) == ("hi", segment.text, REASON)
    assert int(row["start_ms"]) == segment.start_ms
    assert (row["flags"], row["timed_by"]) == ("hearing:quarantined", "indicconformer")
    first, urdu = read[0], read[URDU - 1]
    assert (first["timed_by"], first["timing_confidence"]) == ("indicconformer", "0.5")
    assert (first["text_language"], urdu["text_language"]) == ("", "ur")
