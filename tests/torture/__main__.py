"""``just torture``: kills the real pipeline on the demo's clip, or the orchestrator alone."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from torture.campaign import Campaign
from torture.library import LibraryCampaign
from torture.products import fake, real


def main() -> None:
    """Runs a campaign and exits with 1 if it found a fault."""
    parser = argparse.ArgumentParser(prog="just torture")
    parser.add_argument("count", type=int, nargs="?", default=200, help="number of kills")
    parser.add_argument("seed", type=int, nargs="?", default=time.time_ns() % 100_000)
    parser.add_argument("--fake", action="store_true", help="with stages that do next to nothing")
    parser.add_argument("--library", action="store_true", help="a folder of films, warm stages")
    parser.add_argument("--transcript", type=Path, help="a transcript: no speech is recognised")
    parser.add_argument("--kills-per-command", type=int, default=3)
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    with tempfile.TemporaryDirectory(prefix="indicsubs-torture-") as folder:
        root, base = Path(folder) / "root", Path(folder) / "base"
        root.mkdir()
        base.mkdir()
        product = fake(root) if chosen.fake else real(root, chosen.transcript)
        kind = LibraryCampaign if chosen.library else Campaign
        campaign = kind(product, base, chosen.seed)
        campaign.run(chosen.count, chosen.kills_per_command)
    print("\n".join(campaign.faults))
    print(f"{campaign.kills} kills, {len(campaign.faults)} faults, seed {campaign.seed}")
    sys.exit(bool(campaign.faults))


main()
