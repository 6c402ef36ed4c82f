"""Cycles of int8 kernel libraries on Cortex-M, fitted to measured rows."""
