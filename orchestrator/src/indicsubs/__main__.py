"""Runs the command line for ``python -m indicsubs``."""

from indicsubs.cli.start import main

main()
