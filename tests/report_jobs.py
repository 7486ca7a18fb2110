"""Invented jobs for the report's tests: dialogue in several languages, with flagged cues."""

import array
import math
import random
import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from indicsubs_common.report.document import Report
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.report.measures import make_report
from indicsubs_common.report.waveform import Waveform
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.violations import Violation, find_violations
from indicsubs_contract.audio import RATE
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import (
    QualityIssue,
    SecondHearing,
    Segment,
    Timing,
    Transcript,
    Word,
)
from indicsubs_text.cues import Cue
from indicsubs_text.graphemes import count_graphemes
from indicsubs_text.languages import find_language

RULES = Rules()
SENTENCES = {
    "hi": (
        "तुम कल रात कहाँ थे?",
        "मैंने उसे स्टेशन के पास देखा था।",
        "पिताजी, मुझे आपसे एक ज़रूरी बात कहनी है।",
        "यह चिट्ठी किसने लिखी, और किसके लिए लिखी?",
        "चलो।",
        "जब तक बारिश नहीं रुकती, तब तक हम यहीं बैठकर चाय पिएँगे।",
        "बीस साल पहले इस गाँव में 140 घर थे।",
    ),
    "en": (
        "Where were you last night?",
        "I saw him near the station.",
        "Father, there is something important that I have to tell you.",
        "Who wrote this letter, and who was it for?",
        "Come.",
        "Until the rain stops, we will sit right here and drink our tea.",
        "Twenty years ago, this village had 104 houses.",
    ),
    "ur": (
        "تم کل رات کہاں تھے؟",
        "میں نے اسے اسٹیشن کے پاس دیکھا تھا۔",
        "ابا جان، مجھے آپ سے ایک ضروری بات کہنی ہے۔",
        "یہ خط کس نے لکھا، اور کس کے لیے لکھا؟",
        "چلو۔",
        "جب تک بارش نہیں رکتی، ہم یہیں بیٹھ کر چائے پئیں گے۔",
        "بیس سال پہلے اس گاؤں میں 140 گھر تھے۔",
    ),
    "ta": (
        "நேற்று இரவு நீ எங்கே இருந்தாய்?",
        "நான் அவனை நிலையத்தின் அருகே பார்த்தேன்.",
        "அப்பா, நான் உங்களிடம் ஒரு முக்கியமான விஷயம் சொல்ல வேண்டும்.",
        "இந்தக் கடிதத்தை யார் எழுதினார்கள், யாருக்காக எழுதினார்கள்?",
        "வா.",
        "மழை நிற்கும் வரை நாம் இங்கேயே உட்கார்ந்து தேநீர் குடிப்போம்.",
        "இருபது ஆண்டுகளுக்கு முன்பு இந்தக் கிராமத்தில் 140 வீடுகள் இருந்தன.",
    ),
}


def transcript_of(count: int, language: str = "hi", seed: int = 4) -> Transcript:
    """``count`` sentences with pauses between them; some are unsure or not aligned."""
    chance = random.Random(seed)
    segments = []
    now = 1_000
    for index in range(count):
        text = SENTENCES[language][index % 7]
        length = round(1000 * count_graphemes(text) / chance.uniform(8, 17)) + 500
        unaligned = index % 41 == 17
        segments.append(
            Segment(
                start_ms=now,
                end_ms=now + length,
                text=text,
                timing=Timing.ASR if unaligned else Timing.ALIGNED,
                words=() if unaligned else words_of(text, now, length, chance),
                confidence=0.31 if index % 29 == 5 else round(chance.uniform(0.75, 0.99), 3),
                no_speech=0.8 if index % 97 == 60 else 0.02,
                note="The aligner knows none of its letters." if unaligned else None,
            )
        )
        now += length + round(chance.expovariate(1 / 700)) + (40 if index % 53 == 7 else 90)
    return Transcript(language=language, segments=tuple(segments))


QUARANTINED, CORRECTED, URDU, ENGLISH = 3, 5, 8, 10
"""The indices of the noted segments of :func:`heard_twice`."""
REASON = "The second recogniser heard no words here."


def heard_twice(count: int) -> Transcript:
    """A Hindi transcript with a second hearing, an Urdu song and an English sentence."""
    transcript = transcript_of(count)
    changes: dict[int, dict[str, object]] = {
        QUARANTINED: {
            "quarantined": REASON,
            "second_hearing": SecondHearing(engine="whisperx", text="", agreement=0.0),
        },
        CORRECTED: {
            "second_hearing": SecondHearing(
                engine="whisperx",
                text=SENTENCES["hi"][5],
                agreement=0.41,
                replaced="जब तक बारी नहीं रुकती",
            )
        },
        URDU: {"language": "ur", "kind": "song", "text": SENTENCES["ur"][1]},
        ENGLISH: {"language": "en", "text": SENTENCES["en"][3]},
    }
    return replace(
        transcript,
        segments=tuple(
            replace(
                segment,
                timed_by="indicconformer" if segment.words else None,
                timing_confidence=0.5 + 0.02 * index if segment.words else None,
                **changes.get(index, {}),
            )
            for index, segment in enumerate(transcript.segments)
        ),
    )


def cues_heard_twice(transcript: Transcript, tag: str = "hi") -> LanguageCues:
    """The cues of :func:`heard_twice`, without the quarantined segment."""
    cues = language_cues(tag, transcript)
    return replace(
        cues,
        cues=tuple(
            replace(
                cue,
                lines=two_lines(segment.text) if segment.language and tag == "hi" else cue.lines,
                language=segment.language if tag == "hi" else None,
            )
            for cue, segment in zip(cues.cues, transcript.segments, strict=True)
            if segment.quarantined is None
        ),
        violations=(),
        issues=(),
    )


def words_of(text: str, start_ms: int, length: int, chance: random.Random) -> tuple[Word, ...]:
    words = text.split()
    edges = [start_ms + length * k // len(words) for k in range(len(words) + 1)]
    return tuple(
        Word(text=word, start_ms=start, end_ms=end, score=round(chance.uniform(0.5, 0.95), 3))
        for word, (start, end) in zip(words, pairwise(edges), strict=True)
    )


def language_cues(
    tag: str, transcript: Transcript, rules: Rules = RULES, *, clean: bool = False
) -> LanguageCues:
    """One cue for each segment, in two lines where it is long, with the violations that it has."""
    cues = [
        Cue(
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            lines=two_lines(SENTENCES[tag][index % 7]),
            kind="song" if index % 200 == 150 else "speech",
            segments=(index,),
        )
        for index, segment in enumerate(transcript.segments)
    ]
    translated = tag != transcript.language and not clean
    issues = [
        QualityIssue(index=index, reason="numbers", detail="140 missing; 104 new")
        for index in range(6, len(cues), 70)
        if translated
    ]
    return LanguageCues(
        language=find_language(tag),
        file=f"clip.{find_language(tag).iso_639_2}.srt",
        rules=rules,
        cues=tuple(cues),
        violations=() if clean else find_violations(cues, rules, FilmFacts()),
        issues=tuple(issues),
    )


def two_lines(text: str) -> tuple[str, ...]:
    words = text.split()
    if len(text) <= 34:
        return (text,)
    half = (len(words) + 1) // 2
    return " ".join(words[:half]), " ".join(words[half:])


def violation(cue: int, rule: str, value: float, limit: float, unit: str) -> Violation:
    detail = f"{value} {unit}, where the profile has {limit}"
    return Violation(cue=cue, rule=rule, value=value, limit=limit, unit=unit, detail=detail)


def report_of(
    count: int,
    tags: Sequence[str] = ("hi", "en", "ur"),
    film: str = "clip.mp4",
    rules: Rules = RULES,
) -> Report:
    transcript = transcript_of(count, tags[0])
    languages = [language_cues(tag, transcript, rules) for tag in tags]
    return make_report(film, None, transcript, languages)


def waveform_of(transcript: Transcript) -> Waveform:
    """A waveform that is loud where words are spoken."""
    chance = random.Random(1)
    peaks = bytearray(transcript.segments[-1].end_ms // 50 + 40)
    for bucket in range(len(peaks)):
        peaks[bucket] = chance.randrange(8, 20)
    for segment in transcript.segments:
        for word in segment.words:
            for bucket in range(word.start_ms // 50, word.end_ms // 50):
                share = (bucket * 50 - word.start_ms) / (word.end_ms - word.start_ms)
                loud = 60 + 130 * math.sin(math.pi * min(1, max(0.05, share)))
                peaks[bucket] = round(loud * chance.uniform(0.6, 1))
    return Waveform(start_ms=0, bucket_ms=50, peaks=bytes(peaks))


def write_wave(path: Path, samples: Sequence[int], rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.array("h", samples).tobytes())
    return path
