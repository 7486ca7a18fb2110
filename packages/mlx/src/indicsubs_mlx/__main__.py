"""The stages of the ``mlx`` environment, and the module of each."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.ASR: "indicsubs_mlx.asr",
    StageName.WITNESS: "indicsubs_mlx.witness",
}

if __name__ == "__main__":
    serve(STAGES)
