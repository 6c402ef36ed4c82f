"""Searches: what was found decides what is looked at next."""
