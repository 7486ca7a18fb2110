"""Stage asr by MLX-Whisper: the GPU of Apple Silicon, or the CPU of Linux for tests."""
