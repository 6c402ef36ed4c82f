"""The verb that prices, what it takes, and the rules of the literature."""
