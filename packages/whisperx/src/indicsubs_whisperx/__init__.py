"""Stages demux, asr, alignment and export_transcript, in the environment of WhisperX."""
