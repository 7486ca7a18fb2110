"""The files of transcripts: their fields, and those that older versions wrote."""

import msgspec

from indicsubs_contract.documents import read_document
from indicsubs_contract.transcript import Segment, SegmentCue, Timing, Transcript, Word

OLDER = """{
  "schema": 1, "language": "hi", "language_probability": null,
  "segments": [
    {
      "start_ms": 0, "end_ms": 2000, "text": "कल आओ",
      "timing": "subtitle", "kind": "speech", "speaker": null,
      "words": [
        {"text": "कल", "start_ms": 0, "end_ms": 900, "score": null},
        {"text": "आओ", "start_ms": 1000, "end_ms": 2000, "score": null}
      ],
      "confidence": null, "no_speech": null, "note": null
    },
    {
      "start_ms": 3000, "end_ms": 3500, "text": "बस", "timing": "aligned",
      "words": [{"text": "बस", "start_ms": 3000, "end_ms": 3500, "score": 0.5}]
    }
  ]
}"""
"""What an earlier version wrote: the words of a segment from a subtitle file are its cues."""
WORDS = (Word(text="बस", start_ms=3000, end_ms=3500, score=0.5),)


def test_the_cues_of_an_older_file_are_read_as_cues() -> None:
    from_file, aligned = read_document(OLDER.encode(), Transcript, "sentences.json").segments
    cues = (
        SegmentCue(text="कल", start_ms=0, end_ms=900),
        SegmentCue(text="आओ", start_ms=1000, end_ms=2000),
    )
    assert (from_file.words, from_file.cues) == ((), cues)
    assert from_file.timed_texts == cues
    assert (aligned.words, aligned.cues) == (WORDS, msgspec.UNSET)
    assert aligned.timed_texts == WORDS


def test_only_a_segment_with_cues_has_them_in_its_file() -> None:
    spoken = Segment(start_ms=3000, end_ms=3500, text="बस", words=WORDS)
    assert b"cues" not in msgspec.json.encode(spoken)
    cue = SegmentCue(text="बस", start_ms=3000, end_ms=3500)
    segment = msgspec.structs.replace(spoken, words=(), cues=(cue,), timing=Timing.SUBTITLE)
    assert msgspec.json.decode(msgspec.json.encode(segment), type=Segment) == segment
