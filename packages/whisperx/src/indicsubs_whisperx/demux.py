"""Stage demux: a film becomes 16 kHz mono audio of its dialogue, and where that has speech.

The film's clock is its container's own: the timestamps that the packets carry and that a muxer
copies. FFmpeg has already taken encoder delay and edit lists into account in them.
"""

import wave

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard

from indicsubs_contract.audio import RATE
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult
from indicsubs_contract.transcript import Speech
from indicsubs_media.film import audio_tracks, describe, open_film
from indicsubs_media.tracks import choose_track
from indicsubs_whisperx.dialogue import Dialogue
from indicsubs_whisperx.voice_activity import SpeechFinder

AUDIO, SPEECH = "audio.wav", "speech.json"
_REPORT_MS = 10_000


def run(request: DemuxRequest, context: Context) -> DemuxResult:
    """Write the dialogue and its speech regions.

    Memory does not grow with the film's length.

    Raises:
        IndicsubsError: no film, no such track or channel, encrypted, or nothing in it decodes.
    """
    path = context.path(request.source)
    with open_film(path) as film:
        media = describe(film)
        track, warning = choose_track(audio_tracks(film), request.audio_track, request.language)
        context.log.info("Dialogue: audio track %s", track)
        stream = _only(film, track.number)
        end_s = (media.start_ms + media.duration_ms) / 1000 if media.duration_ms else None
        dialogue = Dialogue(film, stream, request.channel, end_s)
        finder = SpeechFinder()
        _write(dialogue, finder, media.duration_ms, context)
    if not dialogue.samples:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"Nothing of audio track {track} of {path.name} can be decoded: it is empty, damaged,"
            " or not copied to its end. Choose another with --audio-track.",
        )
    speech = Speech(regions=finder.finish())
    return DemuxResult(
        audio=context.artifact(AUDIO, "audio"),
        speech=context.write_document(SPEECH, speech, "speech"),
        audio_start_ms=round(dialogue.start_s * 1000),
        audio_track=track.number,
        channel=dialogue.channel,
        media=media,
        warnings=tuple([warning] if warning else []) + tuple(dialogue.warnings),
    )


def _only(film: InputContainer, number: int) -> AudioStream:
    """The audio stream of that number; the container's reader skips the others."""
    chosen = film.streams.audio[number]
    if chosen.codec_context is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"Audio track {number} is in a format that FFmpeg cannot decode. Choose another with"
            " --audio-track.",
        )
    for stream in film.streams:
        if stream.index != chosen.index:
            stream.discard = Discard.all
    return chosen


def _write(dialogue: Dialogue, finder: SpeechFinder, total_ms: int, context: Context) -> None:
    """Stream the dialogue to the WAV file and to the search for speech.

    A WAV file's header counts its bytes in 32 bits: enough for 37 hours of this.
    """
    reported_ms = 0
    with wave.open(str(context.folder / AUDIO), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for samples in dialogue:
            file.writeframesraw(samples.tobytes())
            finder.feed(samples)
            done_ms = dialogue.samples * 1000 // RATE
            if done_ms - reported_ms >= _REPORT_MS:
                context.report(min(done_ms, total_ms or done_ms), total_ms, "film_ms")
                reported_ms = done_ms
    context.report(total_ms, total_ms, "film_ms")
