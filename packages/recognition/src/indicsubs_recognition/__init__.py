"""The parts of the recognition and alignment stages that do not depend on an engine."""
