"""What a run will cost in operations, seconds and bytes, before it runs."""
