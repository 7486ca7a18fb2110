"""Many films: which there are, what is done, what is next."""
