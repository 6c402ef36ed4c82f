"""What happened, in counts only."""
