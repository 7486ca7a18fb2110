"""``python -m indicsubs``."""

from indicsubs.cli.main import main

main()
