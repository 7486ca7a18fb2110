"""Stage demux: extracts a film's dialogue as 16 kHz mono audio, and finds the speech in it.

Times are on the film's clock, which is 0 at the film's first frame and has no jumps
(:mod:`indicsubs_media.clock`). FFmpeg has applied encoder delay and edit lists to them.
"""

import wave

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard

from indicsubs_contract.audio import RATE, open_audio
from indicsubs_contract.context import Context
from indicsubs_contract.device_memory import full_memory_reported
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult
from indicsubs_contract.transcript import Speech
from indicsubs_media.description import audio_tracks, describe_film
from indicsubs_media.film import film_span, open_film
from indicsubs_media.film_times import read_clock
from indicsubs_media.streams import has_codec
from indicsubs_media.tracks import choose_track
from indicsubs_recognition.language_detection import detect_language
from indicsubs_whisperx.dialogue import Dialogue
from indicsubs_whisperx.voice_activity import SpeechFinder

AUDIO, SPEECH = "audio.wav", "speech.json"
_REPORT_MS = 10_000


def run(request: DemuxRequest, context: Context) -> DemuxResult:
    """Writes the dialogue and its speech regions.

    Memory use does not grow with the film's length.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the film does not exist; ``BAD_INPUT`` where it is not a
            film or is encrypted, where the requested track or channel does not exist, and where
            nothing of the track can be decoded.
    """
    path = context.path(request.source)
    context.report(0, 0, "film_ms", note="reading the film's timestamps")
    clock = read_clock(path)
    with open_film(path) as film:
        media = describe_film(film, clock)
        track, warning = choose_track(audio_tracks(film), request.audio_track, request.language)
        context.log.info("Dialogue: audio track %s", track)
        stream = _select_audio(film, track.number)
        dialogue = Dialogue(film, stream, request.channel, clock, _stated_end_ms(film, clock))
        finder = SpeechFinder()
        _write_audio(dialogue, finder, clock.end_ms, context)
    if not dialogue.samples:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"Nothing of audio track {track} of {path.name} can be decoded: the track is empty or"
            " damaged, or the file was not copied to its end. Choose another track with"
            " --audio-track.",
        )
    speech = Speech(regions=finder.finish())
    language, probability = _language(request, speech, context)
    return DemuxResult(
        audio=context.artifact(AUDIO, "audio"),
        speech=context.write_document(SPEECH, speech, "speech"),
        audio_start_ms=round(dialogue.start_s * 1000),
        audio_track=track.number,
        channel=dialogue.channel,
        media=media,
        clock=clock,
        language=language,
        language_probability=probability,
        warnings=(*([warning] if warning else []), *clock.warnings, *dialogue.warnings),
    )


def _stated_end_ms(film: InputContainer, clock: FilmClock) -> int:
    """Returns the film's end as its header states it, on the film's clock; 0 where it is unknown.

    The header states nothing of use where timestamps are wrong.
    """
    span = film_span(film)
    if clock.warnings or not span.duration_ms:
        return 0
    return span.end_ms - round(clock.start_us / 1000)


def _language(
    request: DemuxRequest, speech: Speech, context: Context
) -> tuple[str | None, float | None]:
    """Returns the tag of the detected language and its probability, where the request asks for it.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the film has no speech, or is in none of the requested
            languages; any that loading the model raises.
    """
    if request.detection is None:
        return None, None
    if not speech.regions:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            "No speech was found, so the language cannot be detected. Choose another --audio-track"
            " or --channel, or give the language with -s.",
        )
    # Importing the recogniser takes a second, which most runs need not spend.
    from indicsubs_whisperx.language_detector import LanguageDetector

    with (
        full_memory_reported("Give the language with -s, or --device cpu."),
        open_audio(context.folder / AUDIO) as audio,
    ):
        language, probability = detect_language(
            speech.regions,
            audio,
            LanguageDetector(request.detection).probabilities,
            request.detection.languages,
        )
    context.log.info("Language: %s (probability %.2f)", language.name, probability)
    return language.tag, probability


def _select_audio(film: InputContainer, number: int) -> AudioStream:
    """Returns the audio stream with a number, and makes FFmpeg skip all other streams.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where FFmpeg does not know the stream's codec.
    """
    chosen = film.streams.audio[number]
    if not has_codec(chosen):
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"Audio track {number} is in a format that FFmpeg cannot decode. Choose another with"
            " --audio-track.",
        )
    for stream in film.streams:
        if stream.index != chosen.index:
            stream.discard = Discard.all
    return chosen


def _write_audio(dialogue: Dialogue, finder: SpeechFinder, total_ms: int, context: Context) -> None:
    """Writes the dialogue to the WAV file, block by block, and searches each block for speech.

    A WAV file's header counts bytes in 32 bits, which is enough for 37 hours of this audio.
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
