"""The stages of the ``indicconformer`` environment, and the module of each."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.ASR: "indicsubs_indicconformer.asr",
    StageName.WITNESS: "indicsubs_indicconformer.witness",
    StageName.ALIGNMENT: "indicsubs_indicconformer.alignment",
}

if __name__ == "__main__":
    serve(STAGES)
