"""The stages of the ``whisperx`` environment, and the module of each."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.DEMUX: "indicsubs_whisperx.demux",
    StageName.ASR: "indicsubs_whisperx.asr",
    StageName.WITNESS: "indicsubs_whisperx.witness",
    StageName.ALIGNMENT: "indicsubs_whisperx.alignment",
    StageName.EXPORT_TRANSCRIPT: "indicsubs_whisperx.export_transcript",
}

if __name__ == "__main__":
    serve(STAGES)
