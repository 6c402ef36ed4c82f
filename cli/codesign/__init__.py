"""Verbs that look at what a network endures, and what it can spare."""
