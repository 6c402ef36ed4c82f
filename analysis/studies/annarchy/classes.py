"""Precision and recall of each class: of Keras, of our cells, and as published."""

from __future__ import annotations

CLASSES = "classes.csv"
AT_ONCE = 500  # images
DIGITS = 6
