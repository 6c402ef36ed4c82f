"""What a network can spare, for a reader: chosen on validation images, confirmed on test images."""
