"""From the graph to integers: units, weights, biases and thresholds."""
