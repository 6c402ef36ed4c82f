"""Figures of others that are not run here, beside ours."""
