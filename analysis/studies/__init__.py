"""Questions beside the main job: diagnosis, cross-checks, validation."""
