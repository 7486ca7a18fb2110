"""The stages of the ``indictrans2`` environment, each in its own module."""

import os
import sys

from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName

STAGES = {
    StageName.LOAD_TRANSCRIPT: "indicsubs_indictrans2.load_transcript",
    StageName.INDICTRANS2_TRANSLATION: "indicsubs_indictrans2.indictrans2_translation",
}


def _fix_hashes() -> None:
    """Restarts the process with fixed string hashes.

    IndicTransToolkit numbers its placeholders in the order of a set, so that with random hashes a
    line with two numbers is translated differently from run to run.
    """
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - itself


if __name__ == "__main__":
    _fix_hashes()
    serve(STAGES)
