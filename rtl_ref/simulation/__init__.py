"""Builds and runs the core in Verilator or Icarus."""
