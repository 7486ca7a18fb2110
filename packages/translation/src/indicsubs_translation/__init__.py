"""The parts of translation that are the same for every engine."""
