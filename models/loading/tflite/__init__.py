"""TensorFlow Lite: flatbuffers of a graph and its weights."""
