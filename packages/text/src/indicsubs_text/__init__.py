"""Text: languages, scripts, sentences, characters, cues, rules and subtitle files."""
