"""Stages load_transcript and indictrans2_translation, in the environment of IndicTrans2."""
