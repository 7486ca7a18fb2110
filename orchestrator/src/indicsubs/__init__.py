"""Makes subtitles for Indian-language films, from the command line or from Python.

from indicsubs import make_job

job = make_job("film.mp4", source_language="hi", targets=["en", "ta"])
job.run()
for cue in job.cues("en"):
print(cue.start_ms, cue.end_ms, " / ".join(cue.lines))
"""

from indicsubs.api import FilmJob, make_job, open_job
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.cues import Cue

__all__ = ["Cue", "FailureCode", "FilmJob", "IndicsubsError", "make_job", "open_job"]
