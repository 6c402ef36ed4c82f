"""Rows of methods that leave work out, and of what faults do."""
