"""The report: what a person should know about the cues of a job."""
