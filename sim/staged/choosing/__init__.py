"""Thresholds, exits, planes and bounds, chosen on validation samples within a budget."""
