"""int8 networks as C: what a layer is, its constants, where its activations lie."""
