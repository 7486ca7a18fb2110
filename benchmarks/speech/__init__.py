"""Measures recognition and alignment against whisperX, faster-whisper, MLX-Whisper and onnx-asr."""
