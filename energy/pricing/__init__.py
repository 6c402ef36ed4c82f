"""From counts and cards to prices, ranges and verdicts."""
