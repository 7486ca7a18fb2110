"""The machine: environments, hardware, models, and where things are."""
