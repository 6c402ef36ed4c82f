"""What is verified, on what, and whether faults are caught."""
