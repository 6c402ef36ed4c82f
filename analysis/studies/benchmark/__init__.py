"""Networks of a benchmark: accuracy where there are labels, agreement with Keras elsewhere."""
