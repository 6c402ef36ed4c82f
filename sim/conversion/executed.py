"""What Keras executes: the layers that multiply, as they are, before anything is merged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class ExecutedLayer:
    """TEMPORARY until the core lands."""

    name: str
    kind: str
    macs: int
    outputs: int
    parameters: int
