"""Reads Keras: a walk over the graph, and a reader for each kind of layer."""
