"""Runs the command line for ``python -m indicsubs``."""

from indicsubs.cli.main import main

main()
