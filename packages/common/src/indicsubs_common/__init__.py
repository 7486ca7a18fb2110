"""The ``common`` environment: lays timed text out as subtitles and adds them to the film."""
