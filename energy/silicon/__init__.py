"""Chips that were measured: data, what fits them, and the networks that ran on them."""
