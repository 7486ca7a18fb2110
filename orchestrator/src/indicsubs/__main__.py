"""``python -m indicsubs``."""

from indicsubs.cli import main

main()
