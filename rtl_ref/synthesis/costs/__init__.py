"""costs: energy and time of an inference on the synthesised core."""
