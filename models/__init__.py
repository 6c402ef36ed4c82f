"""WHAT is computed: data sets, Keras networks, training."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's start-up messages; has to be set before its import
