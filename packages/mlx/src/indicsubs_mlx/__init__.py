"""Stage asr by MLX-Whisper: on the GPU of Apple Silicon, or on the CPU of Linux for tests."""
