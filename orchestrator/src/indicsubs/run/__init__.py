"""Running a job: requests, digests, the processes of stages."""
