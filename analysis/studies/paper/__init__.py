"""paper: a white paper of a study, two pages from its committed tables."""
