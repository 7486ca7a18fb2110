"""The same words in another script, and Romanised lines in their language's own script."""
