"""Stage asr by IndicConformer, AI4Bharat's recogniser of India's 22 languages, on ONNX Runtime."""
