"""Verbs of chips: ODIN, the RTL core, its synthesis and its handing over."""
