"""Runs the stages of indicsubs on the machines of a Ray cluster."""
