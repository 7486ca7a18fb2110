"""Twenty kills of the orchestrator and its stages; ``just torture`` does more, on real stages."""

import os
import random
import sys
from pathlib import Path

import pytest
from torture.campaign import Campaign
from torture.library import LibraryCampaign
from torture.products import fake


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
@pytest.mark.parametrize("kind", [Campaign, LibraryCampaign])
def test_twenty_kills_leave_the_files_of_an_undisturbed_run(
    tmp_path: Path, kind: type[Campaign]
) -> None:
    """Each fault names its seed; INDICSUBS_SEED=SEED repeats the kills."""
    seed = int(os.environ.get("INDICSUBS_SEED") or random.SystemRandom().randrange(100_000))
    root, base = tmp_path / "root", tmp_path / "base"
    root.mkdir()
    base.mkdir()
    campaign = kind(fake(root), base, seed)
    print(f"seed {seed}")
    campaign.run(20, 4)
    assert not campaign.faults, "\n".join(campaign.faults)
