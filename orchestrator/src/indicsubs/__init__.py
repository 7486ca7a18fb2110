"""Makes subtitles for Indian-language films, from the command line or from Python.

from indicsubs import make_job

job = make_job("film.mp4", source_language="hi", targets=["en", "ta"])
job.run()
for cue in job.cues("en"):
print(cue.start_ms, cue.end_ms, " / ".join(cue.lines))
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from indicsubs.api import FilmJob, make_job, open_job
    from indicsubs_contract.errors import FailureCode, IndicsubsError
    from indicsubs_text.cues import Cue

__all__ = ["Cue", "FailureCode", "FilmJob", "IndicsubsError", "make_job", "open_job"]

_MODULES = {
    "Cue": "indicsubs_text.cues",
    "FailureCode": "indicsubs_contract.errors",
    "FilmJob": "indicsubs.api",
    "IndicsubsError": "indicsubs_contract.errors",
    "make_job": "indicsubs.api",
    "open_job": "indicsubs.api",
}


def __getattr__(name: str) -> object:
    """Imports what is asked for; the command line first has to answer signals."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
