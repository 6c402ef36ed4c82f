"""ONNX: a graph and its weights, usually with channels first."""
