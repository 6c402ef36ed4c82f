"""What an int8 network costs besides its numbers: each layer's call, and each inference's.

No measured row of MLPerf Tiny tells it, since its networks are large. A library that interprets the
network is charged what is assumed of interpreters; one that compiles it into C what such C costs
where it is executed, and up to an interpreter's at the high end. It is said here once for every
card, and taken off measured cycles before coefficients are fitted to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from ..layer_tables.layer_table import FOLDER
from .law import INFERENCE, LAYER, PRICED_BY
from .ratios import BORROWED_CORES
from .versions import Library, named

COUNTED = FOLDER / "firmware_int8_overheads.csv"


class Overhead(NamedTuple):
    """Cycles per event that no row identifies, as card values have them."""

    value: float
    low: float
    high: float
    status: str
    conditions: str
    source: str
    measurement: str


# A layer's registration is looked up, its tensors and options are unpacked and checked, the kernel
# is called.
OF_INTERPRETERS = MappingProxyType(
    {
        LAYER: Overhead(
            value=1_000,
            low=300,
            high=5_000,
            status="assumed",
            conditions="interpreter: look-up, arguments and call of one layer's kernel",
            source="no measurement at hand",
            measurement=f"interpreter: {LAYER}",
        ),
        INFERENCE: Overhead(
            value=500,
            low=100,
            high=10_000,
            status="assumed",
            conditions="interpreter: entry into the library, once per inference",
            source="no measurement at hand",
            measurement=f"interpreter: {INFERENCE}",
        ),
    }
)
# Entry and return of compiled C: 1 to 9 were counted for each layer. A call of its interface that
# does little more is allowed for.
ENTRY, LEAST_ENTRY = 10.0, 1.0


def overhead_of(library: str | Library, core: str) -> Mapping[str, Overhead]:
    """What a library costs besides the numbers of a network; the keys are LAYER and INFERENCE.

    Of a library that compiles: cycles that a layer of the best C takes on the core by execution,
    from the least of plain and best C to an interpreter's value.

    Parameters
    ----------
    library : str or Library
        As `versions.named` takes it.
    core : str
        One that C was executed on, or any of BORROWED_CORES, which takes that core's.

    Examples
    --------
    >>> overhead_of("TFLM", "Cortex-M4")[LAYER].value
    1000
    >>> overhead_of("X-CUBE-AI 9.0", "Cortex-M4")[LAYER].value < 100
    True
    """
    if named(library).interprets:
        return OF_INTERPRETERS
    return of_compiled(BORROWED_CORES[core].core if core in BORROWED_CORES else core)


@cache
def of_compiled(core: str) -> Mapping[str, Overhead]:
    """The overhead of a library that compiles, on a core that C was executed on."""
    import pandas as pd

    table = pd.read_csv(COUNTED)
    own = table[table["core"] == core].set_index("quality")
    source = f"{COUNTED.name}: int8 C executed in {own['emulator'].iloc[0]}"
    high = "high: an interpreter's value"
    return MappingProxyType(
        {
            LAYER: Overhead(
                value=float(own.loc["best", LAYER]),
                low=float(own[LAYER].min()),
                high=OF_INTERPRETERS[LAYER].value,
                status="simulated",
                conditions=f"compiled: set-up and call of one dense layer on a {core}; {high}",
                source=source,
                measurement=f"compiled: {LAYER}",
            ),
            INFERENCE: Overhead(
                value=ENTRY,
                low=LEAST_ENTRY,
                high=OF_INTERPRETERS[INFERENCE].value,
                status="simulated",
                conditions=f"compiled: entry into the network's function and return; {high}",
                source=source,
                measurement=f"compiled: {INFERENCE}",
            ),
        }
    )


def is_of_a_library(overhead_measurement: str) -> bool:
    """Whether a card value comes from here, and not from the card's own file."""
    return overhead_measurement.startswith(("interpreter: ", "compiled: "))


def overhead_values(library: str | Library, core: str) -> dict[str, float]:
    """Card value -> cycles that a fit takes as known.

    >>> overhead_values("TFLM", "Cortex-M4")
    {'cycles_per_layer': 1000.0, 'cycles_per_inference': 500.0}
    """
    return {key: float(known.value) for key, known in overhead_of(library, core).items()}


def overhead_cycles(done: Mapping[str, float], values: Mapping[str, float]) -> float:
    """Cycles of one inference that it costs to call its layers, and to begin it.

    Parameters
    ----------
    done : mapping of float
        As of `law.work`.
    values : mapping of float
        As of `overhead_values`.

    Examples
    --------
    >>> from ..layer_tables.layer_table import LAYERS, read_layers
    >>> from .law import work
    >>> ten_layers = work(read_layers(LAYERS, "AD"))
    >>> overhead_cycles(ten_layers, overhead_values("TFLM", "Cortex-M4"))
    10500.0
    """
    return sum(values[key] * done[what] for what, key in PRICED_BY.items() if key in values)
