"""The stages of the ``mlx`` environment, each in a module of its own."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.ASR: "indicsubs_mlx.asr",
}

if __name__ == "__main__":
    serve(STAGES)
