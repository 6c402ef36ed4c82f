"""Tables of int8 layers: by name, from a CSV, or read from a trained network."""
