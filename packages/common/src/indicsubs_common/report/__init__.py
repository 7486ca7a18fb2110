"""The report: measurements of every cue of a job, and the cues that a person should check."""
