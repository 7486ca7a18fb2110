"""Serves the stages of the ``common`` environment; each stage is a module."""

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.SUBTITLE_GENERATION: "indicsubs_common.subtitle_generation",
    StageName.MUX: "indicsubs_common.mux",
}

if __name__ == "__main__":
    serve(STAGES)
