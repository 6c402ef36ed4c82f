"""Inputs of networks whose own data are not at hand: what they are stands in each module."""
