"""The machine: its environments, hardware and models, and the folders of the checkout."""
