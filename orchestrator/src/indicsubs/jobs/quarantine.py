"""Decides whether a job shows the segments that were probably never spoken."""

from typing import cast

from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.profiles import PROFILES, ProfileName
from indicsubs_contract.messages.doubtful import Doubtful


def doubtful_of(spec: JobSpec) -> Doubtful:
    """Returns what happens with quarantined segments: the user's choice, or the profile's."""
    if spec.doubtful == "auto":
        return PROFILES[cast("ProfileName", spec.profile)].quarantined
    return "show" if spec.doubtful == "show" else "leave_out"
