"""verify: does the RTL compute what the simulators compute, for this network and these inputs?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...progress import Progress
from ...sim.network.spiking_network import SpikingNetwork
from ..design import STATE_BITS
from .chains.estimate import Estimate
from .whole_network import verify_network

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Verification:
    """What `verify` found.

    Parameters
    ----------
    rows : one per population after the input: ``population``, ``events_in``, ``spikes_out``,
        ``compared``, the core's counters, ``mismatches``, ``where``, ``samples``, ``simulator``,
        ``seconds``
    """

    rows: list[dict]

    @property
    def compared(self) -> int:
        """Values that were compared."""
        return sum(row["compared"] for row in self.rows)

    @property
    def mismatches(self) -> int:
        """Values that differ."""
        return sum(row["mismatches"] for row in self.rows)

    @property
    def passed(self) -> bool:
        """Whether no value differs."""
        return self.mismatches == 0

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a table."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def __repr__(self) -> str:
        verdict = "passed" if self.passed else "failed"
        values = f"{self.compared:,} values compared, {self.mismatches:,} mismatches"
        return f"Verification({verdict}: {values})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.frame.to_html(index=False)}"


def verify(
    network: SpikingNetwork,
    x: np.ndarray,
    *,
    steps: int | None = None,
    engine: str = "batched",
    simulator: str = "verilator",
    state_bits: int = STATE_BITS,
    waves: Path | str | None = None,
    progress: Progress | None = None,
    announce: Callable[[Estimate], None] | None = None,
) -> Verification:
    """Run `network` on the RTL core and compare with its golden model and an engine.

    Spikes, their order, potentials, cycles, memory accesses and outputs must be equal, bit for bit.

    Parameters
    ----------
    network : a chain in rate or radix, without max pooling
    x : (samples, ...) inputs as the Keras model takes them
    steps : simulated steps of a rate network, default 32
    engine : that is compared with: ``annarchy``, ``batched`` (default), ``event`` or ``reference``
    simulator : that runs the RTL: ``verilator`` (default) or ``icarus``
    state_bits : width of the cores' potentials, bits, default 24
    waves : folder to leave waveforms in, for GTKWave or Surfer, default none
    progress : called with (stage, done, all), default nobody; stages are those of the engine,
        ``build``, and ``play``, which counts clock cycles
    announce : called with an `Estimate`, cycles and seconds, before the RTL is built; default
        nobody

    Returns
    -------
    Verification : ``passed``, ``compared``, ``mismatches``, and ``frame``, a row per population.

    Raises
    ------
    DoesNotFitError : a code, rule or size that the cores do not have.
    MissingToolError : the simulator is not installed.
    SpikewattError : nothing was compared.

    >>> row = {"population": "hidden1", "compared": 900, "mismatches": 0, "where": ""}
    >>> Verification([row])
    Verification(passed: 900 values compared, 0 mismatches)
    """
    rows = verify_network(
        network,
        x,
        steps,
        waves=None if waves is None else Path(waves),
        engine=engine,
        simulator=simulator,
        state_bits=state_bits,
        progress=progress,
        announce=announce,
    )

    return Verification(rows)
