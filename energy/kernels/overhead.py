"""What an int8 network costs besides its numbers: each layer's call, and each inference's.

No measured row of MLPerf Tiny tells it, since its networks are large: it is assumed, said here once
for every library and card, and taken off measured cycles before coefficients are fitted to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .law import INFERENCE, LAYER, PRICED_BY


class Assumed(NamedTuple):
    """Cycles per event that no row identifies."""

    value: float
    low: float
    high: float
    status: str
    conditions: str
    source: str


# Of an interpreter: a layer's registration is looked up, its tensors and options are unpacked and
# checked, the kernel is called. Generated code pays less, hence the low ends.
OVERHEAD = MappingProxyType(
    {
        LAYER: Assumed(
            value=1_000,
            low=300,
            high=5_000,
            status="assumed",
            conditions="look-up, arguments and call of one layer's kernel",
            source="no measurement at hand",
        ),
        INFERENCE: Assumed(
            value=500,
            low=100,
            high=10_000,
            status="assumed",
            conditions="entry into the library, once per inference",
            source="no measurement at hand",
        ),
    }
)


def overhead_values() -> dict[str, float]:
    """Card value -> cycles that a fit takes as known.

    >>> overhead_values()
    {'cycles_per_layer': 1000.0, 'cycles_per_inference': 500.0}
    """
    return {key: float(assumed.value) for key, assumed in OVERHEAD.items()}


def overhead_cycles(done: Mapping[str, float]) -> float:
    """Cycles of one inference that it costs to call its layers, and to begin it.

    Parameters
    ----------
    done : mapping of float
        As of `law.work`.

    Examples
    --------
    >>> from ..layer_tables.layer_table import LAYERS, read_layers
    >>> from .law import work
    >>> overhead_cycles(work(read_layers(LAYERS, "AD")))  # ten layers
    10500.0
    """
    values = overhead_values()
    return sum(values[key] * done[what] for what, key in PRICED_BY.items() if key in values)
