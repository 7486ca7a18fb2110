"""What the engines on ONNX Runtime share: opening networks, and making them smaller."""
