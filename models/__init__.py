"""WHAT is computed: data sets, Keras networks, training."""
