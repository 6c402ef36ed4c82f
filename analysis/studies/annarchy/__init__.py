"""ANNarchy's own converter, beside which ours is put on the same images."""
