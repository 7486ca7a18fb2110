"""Films whose dialogue is text, so that fake stages can hear it.

A fake film is a line that says what it is, then a line for each sentence. Its audio is a real WAV
file whose samples are the bytes of the sentences: one second of silence and one second with a
sentence, in turn.
"""

import io
import wave
from collections.abc import Sequence

from indicsubs_contract.audio import RATE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.transcript import SpeechRegion

HEADER = "a fake film"
UNCLEAR = "…"
"""A sentence that ends so is hard to hear."""
_INSIDE = "subtitles inside: "
DIALOGUE = ("दरवाज़ा बंद कर दो।", "तुम यहाँ क्या कर रहे हो?", f"अच्छा{UNCLEAR}")
_SECOND = 2 * RATE
"""Bytes of a second of audio."""


def film_bytes(sentences: Sequence[str] = DIALOGUE, *, inside: Sequence[str] = ()) -> bytes:
    """The content of a film in which these sentences are said.

    Args:
        sentences: The sentences.
        inside: The tags of the languages of its subtitle tracks, as in ``en`` or ``en.forced``.
    """
    return "\n".join((HEADER, *(f"{_INSIDE}{tag}" for tag in inside), *sentences)).encode()


def read_film(data: bytes, name: str) -> tuple[str, ...]:
    """The sentences of a film, or of a film in a WAV file.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where it is not a fake film.
    """
    if data.startswith(b"RIFF"):
        data = data[44:]
    header, *sentences = data.decode(errors="replace").split("\n")
    if header != HEADER:
        raise IndicsubsError(FailureCode.BAD_INPUT, f"{name} is not a film. Give another file.")
    return tuple(line for line in sentences if not line.startswith(_INSIDE))


def languages_inside(data: bytes) -> dict[SubtitlePurpose, tuple[str, ...]]:
    """The languages of the subtitle tracks of a film, by their purpose."""
    lines = data.decode().split("\n")
    tags = [line.removeprefix(_INSIDE) for line in lines if line.startswith(_INSIDE)]
    found: dict[SubtitlePurpose, tuple[str, ...]] = {
        purpose: tuple(tag.removesuffix(f".{purpose}") for tag in tags if tag.endswith(purpose))
        for purpose in ("forced", "sdh")
    }
    return found | {"full": tuple(tag for tag in tags if "." not in tag)}


def region(index: int) -> SpeechRegion:
    """When a sentence is said."""
    return SpeechRegion(start_ms=1000 + 2000 * index, end_ms=2000 + 2000 * index)


def wav(sentences: Sequence[str]) -> bytes:
    """The dialogue as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((1, 2, RATE, 0, "NONE", ""))
        for sentence in sentences:
            audio.writeframes(bytes(_SECOND) + sentence.encode().ljust(_SECOND, b"\0"))
    return file.getvalue()


def heard(samples: bytes) -> str:
    """The sentence in the samples of its region."""
    return samples.rstrip(b"\0").decode()
