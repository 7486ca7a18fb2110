"""Films: opening them, describing their streams, choosing the track with the dialogue."""
