"""Conversion of few steps, calibrated: layer by layer against inputs that are quantised already."""
