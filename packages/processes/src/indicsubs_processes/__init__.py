"""The processes of stages: their environments, their start, their answers and their end."""
