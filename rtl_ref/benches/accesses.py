"""The memories of a core, what is counted of them, and what is written to registers."""

from __future__ import annotations

MEMORIES = ("synapses", "potentials", "thresholds", "biases")
ACCESSES = tuple(f"{memory} {what}" for memory in MEMORIES for what in ("read", "written"))

PATTERNS = (0xFFFFFFFF, 0xAAAAAAAA, 0x55555555, 0x81C3E7FF, 0)  # for every bit of a register
