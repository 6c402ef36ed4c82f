"""Faults that are planted in the RTL, one at a time, and the checks that must see them."""
