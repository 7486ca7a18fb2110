"""TTML from elsewhere: its ways to write a time, its drafts, and times around and in paragraphs."""

import pytest

from indicsubs_text.subtitle_files.subtitle_file import MalformedSubtitlesError, SubtitleFile
from indicsubs_text.subtitle_files.ttml import FORMAT

NTSC = 'ttp:timeBase="smpte" ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"'
TTML = "http://www.w3.org/ns/ttml"


def document(body: str, parameters: str = "", namespace: str = TTML) -> SubtitleFile:
    return FORMAT.read(
        f'<tt xmlns="{namespace}" xmlns:ttp="{namespace}#parameter" {parameters}>\n'
        f"<head><metadata/></head>\n<body>{body}</body>\n</tt>"
    )


def times(file: SubtitleFile) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, "|".join(cue.lines)) for cue in file.cues]


@pytest.mark.parametrize(
    ("parameters", "begin", "ms"),
    [
        ("", "1.5s", 1500),
        ("", "250ms", 250),
        ("", "2m", 120_000),
        ("", "0.5h", 1_800_000),
        ("", " 00:00:01.5 ", 1500),
        ("", "00:00:01:15", 1500),  # 30 frames per second, where nothing else is said
        ('ttp:frameRate="25"', "00:00:01:05", 1200),
        ('ttp:frameRate="25"', "50f", 2000),
        ('ttp:frameRate="25"', "50t", 2000),  # a tick is a frame
        ('ttp:frameRate="25" ttp:subFrameRate="2"', "00:00:01:05.1", 1220),
        ('ttp:frameRate="25" ttp:subFrameRate="2"', "50t", 1000),
        ("", "3t", 3000),  # a tick is a second
        ('ttp:tickRate="10000000"', "15000000t", 1500),
        ('ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', "24f", 1001),
        ('ttp:frameRate="24" ttp:frameRateMultiplier="1000:1001"', "00:01:00:00", 60_000),
        ('ttp:timeBase="smpte" ttp:frameRate="24"', "00:01:00:12", 60_500),
        (
            'ttp:timeBase="smpte" ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"',
            "00:01:00:00",
            60_060,
        ),
        (  # ten minutes of drop-frame time are 17,982 frames, which take 600 s less 0.6 ms
            f'{NTSC} ttp:dropMode="dropNTSC"',
            "00:10:00:00",
            599_999,
        ),
    ],
)
def test_reads_every_way_to_write_a_time(parameters: str, begin: str, ms: int):
    file = document(f'<p begin="{begin}" dur="1s">x</p>', parameters)
    assert times(file) == [(ms, ms + 1000, "x")]


@pytest.mark.parametrize("year", ["2006/10", "2006/04"])
def test_reads_drafts(year: str):
    namespace = f"http://www.w3.org/{year}/ttaf1"
    file = document('<div><p begin="1s" end="2s">a<br/>b</p></div>', namespace=namespace)
    assert times(file) == [(1000, 2000, "a|b")]


def test_times_count_from_the_element_around_and_end_with_it():
    file = document(
        '<div begin="10s" end="14s"><p begin="1s" end="2s">a</p><p begin="3s" dur="5s">b</p></div>'
        '<div begin="20s" dur="2s"><p>c</p></div>'
        '<p begin="30s" end="40s" dur="2s">d</p>'
    )
    assert times(file) == [
        (11_000, 12_000, "a"),
        (13_000, 14_000, "b"),
        (20_000, 22_000, "c"),
        (30_000, 32_000, "d"),
    ]


def test_spans_with_times_are_cues_where_the_paragraph_has_none():
    file = document(
        '<p>\n<span begin="1s" end="2s">one <span>two</span></span>\n'
        '<span begin="2s" end="3s">three</span>\n</p>'
    )
    assert times(file) == [(1000, 2000, "one two"), (2000, 3000, "three")]


def test_spans_of_a_paragraph_with_times_only_light_up_words():
    file = document(
        '<p begin="1s" end="3s"><span begin="0s">one</span> <span begin="1s">two</span></p>'
    )
    assert times(file) == [(1000, 3000, "one two")]


def test_a_time_before_the_film_moves_the_cue_to_its_start():
    file = document('<p begin="-00:00:01.000" end="00:00:01.000">x</p>')
    assert times(file) == [(0, 1000, "x")]
    assert "moved to its start" in file.warnings[0]


@pytest.mark.parametrize(
    ("damaged", "problem"),
    [
        ('<p end="2s">x</p>', "line 3 has a paragraph without begin"),
        ('<p begin="2s">x</p>', "line 3 has a paragraph without end"),
        ('<p begin="2 s" end="3s">x</p>', "of a form that TTML does not have: '2 s'"),
        ('<p begin="9999h" end="3s">x</p>', "1000 hours or more"),
        (f'<p begin="{"9" * 5000}:00:00" end="3s">x</p>', "1000 hours or more"),
        ('<div timeContainer="seq"><p dur="1s">x</p></div>', '"seq", which is not supported'),
        ('<p>word <span begin="?" end="2s">x</span></p>', "a form that TTML does not have"),
        ('<p>word <span begin="1s">x</span></p>', "without begin"),
    ],
)
def test_damaged_parts_are_left_out_with_a_warning(damaged: str, problem: str):
    file = document(f'{damaged}<p begin="5s" end="6s">good</p>')
    assert times(file) == [(5000, 6000, "good")]
    assert problem in file.warnings[0]


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ('ttp:timeBase="clock"', "timeBase that is not supported"),
        ('ttp:dropMode="dropPAL"', "dropMode that is not supported"),
        ('ttp:frameRate="0"', "frameRate of 0"),
        ('ttp:frameRate="many"', "frameRate that is not supported"),
        ('ttp:frameRateMultiplier="1000"', "frameRateMultiplier that is not supported"),
        ('ttp:frameRateMultiplier="0 1"', "frameRateMultiplier of 0"),
        ('ttp:tickRate="0"', "tickRate of 0"),
        ('ttp:subFrameRate="0"', "subFrameRate of 0"),
    ],
)
def test_rates_that_place_no_cue_in_a_film_are_refused(parameters: str, problem: str):
    with pytest.raises(MalformedSubtitlesError, match=problem):
        document('<p begin="1s" end="2s">x</p>', parameters)
