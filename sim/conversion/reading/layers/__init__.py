"""A reader for each kind of layer, and what they share."""
