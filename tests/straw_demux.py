"""The ``whisperx`` environment without voice activity detection: a demux whose film has two sounds.

The other stages are the real ones.
"""

import wave
from array import array

from indicsubs_contract import harness
from indicsubs_contract.context import Context
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, MediaInfo
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Speech, SpeechRegion

RATE = 16_000
REGIONS = ((1_000, 2_000, 1000), (4_000, 5_500, 2000))
"""Start and end in ms, and the highest sample, of each stretch of speech."""


def run(request: DemuxRequest, context: Context) -> DemuxResult:
    """Writes eight seconds with two stretches of speech, whatever the film has."""
    context.path(request.source)
    samples = array("h", bytes(2 * 8 * RATE))
    for start_ms, end_ms, loudness in REGIONS:
        for index in range(start_ms * RATE // 1000, end_ms * RATE // 1000):
            samples[index] = loudness
    with wave.open(str(context.folder / "audio.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    speech = Speech(regions=tuple(SpeechRegion(start_ms=a, end_ms=z) for a, z, _ in REGIONS))
    return DemuxResult(
        audio=context.artifact("audio.wav", "audio"),
        speech=context.write_document("speech.json", speech, "speech"),
        audio_start_ms=0,
        audio_track=0,
        channel="mix",
        media=MediaInfo(container="mp4", duration_ms=8_000, start_ms=0, streams=()),
        language=None if request.detection is None else "hi",
    )


if __name__ == "__main__":
    harness.serve(
        {
            StageName.DEMUX: "straw_demux",
            StageName.ALIGNMENT: "indicsubs_whisperx.alignment",
            StageName.EXPORT_TRANSCRIPT: "indicsubs_whisperx.export_transcript",
        }
    )
