"""The memories of a core, and what is counted of them."""

from __future__ import annotations

MEMORIES = ("synapses", "potentials", "thresholds", "biases")
ACCESSES = tuple(f"{memory} {what}" for memory in MEMORIES for what in ("read", "written"))
