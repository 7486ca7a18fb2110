"""The stages of the ``indictrans2`` environment, each in a module of its own."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.LOAD_TRANSCRIPT: "indicsubs_indictrans2.load_transcript",
    StageName.INDICTRANS2_TRANSLATION: "indicsubs_indictrans2.indictrans2_translation",
}

if __name__ == "__main__":
    serve(STAGES)
