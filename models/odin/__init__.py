"""Networks as ODIN computes them: the chip's arithmetic as Keras layers, and their training."""
