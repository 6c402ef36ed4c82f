"""The graph between Keras and integers: what it is, how it is evaluated, and its guard."""
