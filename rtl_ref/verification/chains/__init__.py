"""Chains of cores: what is played to them, what they did, and the golden model beside it."""
