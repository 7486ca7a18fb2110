"""Kinds of films: each returns the name and the content of one film, by a random generator."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TypeAlias

from corpus.bases import Base, film_bytes
from corpus.transport import WRAP, with_times

Made: TypeAlias = tuple[str, bytes]

TS = Base(suffix=".ts", container="mpegts", video="mpeg2video", audio="mp2")
VOB = Base(suffix=".vob", container="vob", video="mpeg2video", audio="mp2")
MKV = Base(suffix=".mkv")
MP4 = Base(suffix=".mp4")
AVI = Base(suffix=".avi", audio="mp2")
_SECOND = 90_000

PLAIN = (
    *(MKV, MP4, TS, VOB, AVI),
    replace(MP4, suffix=".mov"),
    replace(MP4, suffix=".m4v", video="h264"),
    replace(MKV, video="h264", audio="ac3", sample_rate=48_000),
    Base(suffix=".mpg", container="mpeg", video="mpeg1video", audio="mp2"),
    Base(suffix=".flv", video="flv1", audio="adpcm_swf", sample_rate=22_050),
    Base(suffix=".wmv", container="asf", video="wmv2", audio="wmav2", sample_rate=44_100),
    Base(suffix=".3gp", video="mpeg4", audio="aac"),
    Base(suffix=".m2ts", container="mpegts", video="h264", audio="ac3", sample_rate=48_000),
    Base(suffix=".webm", video="vp8", audio="libopus", sample_rate=48_000),
)
ODD_CODECS = (
    replace(MKV, video="mjpeg", audio="pcm_s16le"),
    replace(MKV, video="rawvideo"),
    replace(MKV, video="msmpeg4", audio="mp2"),
    replace(MKV, video="ffv1", audio="flac"),
    replace(AVI, video="h264"),
    replace(AVI, video="mjpeg", audio="pcm_s16le"),
    replace(AVI, video="msmpeg4v2", audio="pcm_mulaw"),
    replace(AVI, video="huffyuv", audio="pcm_alaw"),
    replace(AVI, video="png", audio="pcm_u8"),
    replace(AVI, video="wmv2", audio="wmav2", sample_rate=44_100),
    replace(AVI, video="flv1", audio="adpcm_ms"),
    Base(suffix=".mov", video="png", audio="pcm_s16be"),
    Base(suffix=".mov", video="prores_ks", audio="pcm_mulaw"),
    Base(suffix=".mov", video="mjpeg", audio="pcm_s24le"),
)
"""PyAV writes no codec into Matroska that only its mode for AVI's codecs carries."""

SOUND = (
    Base(suffix=".mp3", video=None, audio="libmp3lame"),
    Base(suffix=".wav", video=None, audio="pcm_s16le"),
    Base(suffix=".flac", video=None, audio="flac"),
    Base(suffix=".aac", container="adts", video=None, audio="aac"),
    Base(suffix=".m4a", video=None, audio="aac"),
    Base(suffix=".ogg", video=None, audio="libopus", sample_rate=48_000),
)


def plain(random: Random) -> Made:
    base = random.choice(PLAIN)
    return f"plain{base.suffix}", film_bytes(base)


def odd_codecs(random: Random) -> Made:
    base = random.choice(ODD_CODECS)
    return f"{base.video}-{base.audio}{base.suffix}", film_bytes(base)


def sound_only(random: Random) -> Made:
    base = random.choice(SOUND)
    return f"sound{base.suffix}", film_bytes(base)


def silent(random: Random) -> Made:
    base = replace(random.choice((MKV, MP4, AVI)), audio=None)
    return f"silent{base.suffix}", film_bytes(base)


def joined(random: Random) -> Made:
    base = random.choice((TS, VOB, replace(TS, video="h264")))
    parts = [replace(base, seconds=random.choice((1.0, 2.0, 3.0))) for _ in range(2)]
    later = replace(parts[1], start_ms=random.choice((0, 0, 500, 20_000)))
    return f"joined{base.suffix}", film_bytes(parts[0]) + film_bytes(later)


def joined_sound(random: Random) -> Made:
    base = random.choice((SOUND[0], SOUND[3]))
    return f"joined{base.suffix}", film_bytes(base) * random.randint(2, 4)


def wrapped(random: Random) -> Made:
    offset = WRAP - round(random.uniform(0.2, 2.5) * _SECOND)
    base = random.choice((TS, replace(TS, audio=None, video="h264"), replace(TS, video="h264")))
    return "wrapped.ts", with_times(film_bytes(base), lambda _, value: value + offset)


def late_start(random: Random) -> Made:
    base = replace(random.choice((TS, VOB, MKV, MP4)), start_ms=random.choice((1400, 20_000, 9**7)))
    return f"late{base.suffix}", film_bytes(base)


def damaged_time(random: Random) -> Made:
    seconds = random.choice((-3600, -9, 9, 60, 10_800, 50_000))
    which = random.randrange(4, 30)

    def change(number: int, value: int) -> int:
        return value + seconds * _SECOND if number == which else value

    return "damaged.ts", with_times(film_bytes(TS), change)


def jumps(random: Random) -> Made:
    forward, at = random.choice((-8, -1, 5, 300, 40_000)), random.randrange(10, 40)

    def change(number: int, value: int) -> int:
        return value + forward * _SECOND if number >= at else value

    return "jumps.ts", with_times(film_bytes(TS), change)


def no_duration(random: Random) -> Made:
    live = replace(MKV, options=(("live", "1"),), start_ms=random.choice((0, 20_000)))
    fragments = replace(MP4, options=(("movflags", "empty_moov+frag_keyframe"),))
    base = random.choice((live, fragments, SOUND[3]))
    return f"no-duration{base.suffix}", film_bytes(base)


def truncated(random: Random) -> Made:
    base = random.choice(PLAIN)
    data = film_bytes(base)
    return f"cut{base.suffix}", data[: int(len(data) * random.choice((0.02, 0.3, 0.6, 0.95)))]


def flipped(random: Random) -> Made:
    base = random.choice(PLAIN)
    data = bytearray(film_bytes(base))
    for _ in range(random.choice((1, 5, 40))):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return f"flipped{base.suffix}", bytes(data)


def zeroed(random: Random) -> Made:
    base = random.choice(PLAIN)
    data = bytearray(film_bytes(base))
    start = random.randrange(200, len(data) - 200)
    data[start : start + 2000] = bytes(len(data[start : start + 2000]))
    return f"zeroed{base.suffix}", bytes(data)


def odd_tags(random: Random) -> Made:
    base = random.choice((MKV, AVI, MP4, TS))
    data = film_bytes(base)
    title = random.choice((b"caf\xe9 \x80 \xff\xfe", b"two\nlines\0\0x", b"{\\b1}<b>&amp;"))
    data = data.replace(b"A film title", title.ljust(12)[:12])
    return f"tags{base.suffix}", data.replace(b"hin", random.choice((b"\xffi\x80", b"xx ", b"zzz")))


def still(random: Random) -> Made:
    base = replace(random.choice((MKV, MP4)), rate=Fraction(1), seconds=6)
    return f"still{base.suffix}", film_bytes(base)


def odd_rates(random: Random) -> Made:
    rate = random.choice((Fraction(24000, 1001), Fraction(120), Fraction(5), Fraction(1000, 33)))
    return "rate.mkv", film_bytes(replace(MKV, rate=rate))


def many_tracks(random: Random) -> Made:
    base = replace(MKV, streams=random.choice((2, 8, 20)), subtitle=random.random() < 0.5)
    return "tracks.mkv", film_bytes(base)


def with_text(random: Random) -> Made:
    return "text.mkv", film_bytes(replace(MKV, subtitle=True, start_ms=random.choice((0, 3000))))


def wrong_suffix(random: Random) -> Made:
    base = random.choice(PLAIN)
    return random.choice(("film.mp4", "film.mkv", "film.avi", "film.srt.mkv")), film_bytes(base)


def no_film(random: Random) -> Made:
    content = random.choice(
        (
            b"",
            b"\0" * 100_000,
            b"not a film\n" * 1000,
            b"%PDF-1.4\n" + random.randbytes(5000),
            b"\x1aE\xdf\xa3" + random.randbytes(2000),
            b"\0\0\0\x18ftypmp42" + random.randbytes(2000),
            b"\x47" + random.randbytes(187) * 100,
            b"RIFF\xff\xff\xff\xffAVI LIST" + random.randbytes(500),
            random.randbytes(20_000),
        )
    )
    return random.choice(("junk.mp4", "junk.mkv", "junk.ts", "junk.avi")), content


def playlist(random: Random) -> Made:
    return random.choice(
        (
            ("list.m3u8", b"#EXTM3U\n#EXTINF:3,\n../../../../etc/passwd\n#EXT-X-ENDLIST\n"),
            ("list.ffconcat", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
            ("list.mp4", b"ffconcat version 1.0\nfile '/etc/hostname'\n"),
            ("list.sdp", b"v=0\nm=video 9 RTP/AVP 96\nc=IN IP4 127.0.0.1\n"),
            ("list.mpd", b"<?xml version='1.0'?><MPD><BaseURL>/etc/passwd</BaseURL></MPD>"),
        )
    )


def odd_names(random: Random) -> Made:
    base = random.choice((MKV, MP4, AVI))
    stem = random.choice(
        ("क" * 80, "x" * 251, "100%d %s", "quote'\"`$(x)", "two\nlines", "[b]x[red]", "-dash", ".x")
    )
    return f"{stem}{base.suffix}", film_bytes(base)


KINDS: tuple[Callable[[Random], Made], ...] = (
    *(plain, odd_codecs, sound_only, silent, joined, joined_sound, wrapped, late_start),
    *(damaged_time, jumps, no_duration, truncated, flipped, zeroed, odd_tags, still, odd_rates),
    *(many_tracks, with_text, wrong_suffix, no_film, playlist, odd_names),
)
