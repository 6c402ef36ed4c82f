"""What happened in a network that ran elsewhere, in counts only."""
