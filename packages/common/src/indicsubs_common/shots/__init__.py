"""The shot changes of a film."""
