"""The stages of the ``straw`` environment, each in a module of its own."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.ASR: "indicsubs_straw.asr",
    StageName.INDICTRANS2_TRANSLATION: "indicsubs_straw.indictrans2_translation",
}

if __name__ == "__main__":
    serve(STAGES)
