"""Checks beside the main job: diagnosis, cross-checks with other tools, validation."""
