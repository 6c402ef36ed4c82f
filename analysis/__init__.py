"""WHAT it means: the main job, tables, plots, benchmarks."""
