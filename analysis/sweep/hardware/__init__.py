"""The hardware of a sweep: points, their bills, and their prices in bulk."""
