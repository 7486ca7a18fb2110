"""The signals that stop a command."""

import signal

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a polite kill, and a closed terminal. Those that the caller ignores stay ignored: nohup
ignores SIGHUP."""
