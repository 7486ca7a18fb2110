"""The choices that a job leaves to its profile, unless the user made them."""

from typing import cast

from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.profiles import PROFILES, ProfileName
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.witness import WitnessScope


def doubtful_of(spec: JobSpec) -> Doubtful:
    """Returns what happens with quarantined segments: the user's choice, or the profile's."""
    if spec.doubtful == "auto":
        return PROFILES[cast("ProfileName", spec.profile)].quarantined
    return "show" if spec.doubtful == "show" else "leave_out"


def witness_scope(spec: JobSpec) -> WitnessScope | None:
    """Returns the segments that a second recogniser should hear; None for none."""
    if spec.witness == "auto":
        return PROFILES[cast("ProfileName", spec.profile)].witness
    return None if spec.witness == "none" else spec.witness
