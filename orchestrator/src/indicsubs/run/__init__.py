"""Running a job: plans, requests, digests, and the processes of stages."""
