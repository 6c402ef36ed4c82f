"""The main job, its configuration and its folder."""
