"""What all verbs do alike: how much they say, and how they end."""
