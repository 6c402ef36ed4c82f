"""Cycles of int8 layers as C, by execution: ``python -m spikewatt.energy.firmware.measure_int8``.

Of each kind of layer, plain and best, on each core; and what a layer and an inference cost besides.
Without wait states: a chip whose flash is slower than its core takes longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...files import write
from ..cards.card_file import FOLDER
from .build import build
from .cores import FIRMWARE_CORES, FirmwareCore
from .counting import Count
from .emulator import Emulator
from .int8.samples import Sample, dense, samples
from .int8_network import QUALITIES, write_graph
from .versions import versions

if TYPE_CHECKING:
    import pandas as pd

LAYERS = FOLDER / "firmware_int8_layers.csv"
OVERHEADS = FOLDER / "firmware_int8_overheads.csv"
SMALL = 4  # inputs and outputs of the smallest layer
# Dense layers whose cycles tell what a layer, an output and a multiplication take.
SIZES = ((4, 4), (4, 32), (32, 32), (128, 32), (128, 128))


@dataclass(frozen=True)
class Overhead:
    """What a dense layer takes: cycles = layer + outputs · output + MACs · mac.

    Parameters
    ----------
    layer, output, mac : float
        Cycles, by least squares.
    inference : float
        Cycles of an inference outside of its layers, for each layer; calling it included.
    """

    layer: float
    output: float
    mac: float
    inference: float


def executed(sample: Sample, core: FirmwareCore, quality: str) -> Count:
    """One inference of a network of one layer."""
    firmware = write_graph(sample.graph, quality)
    emulator = Emulator(build(firmware.sources, core), core)
    rng = np.random.default_rng(0)
    pixels = rng.integers(-128, 128, sample.graph.sizes[sample.graph.input])
    emulator.write("network_input", pixels.astype(np.int8))
    return emulator.call("infer")


def layer_table() -> pd.DataFrame:
    """A row for each layer of `samples`, core and quality: cycles for each operation."""
    import pandas as pd

    rows = []
    for sample in samples():
        for core in FIRMWARE_CORES.values():
            for quality in QUALITIES:
                count = executed(sample, core, quality)
                rows.append(_row(sample, core, quality, count))
    return pd.DataFrame(rows)


def _row(sample: Sample, core: FirmwareCore, quality: str, count: Count) -> dict[str, Any]:
    operations = sample.layer.operations
    return {
        "layer": sample.name,
        "kind": sample.layer.kind,
        "core": core.name,
        "quality": quality,
        "operations": operations,
        "outputs": sample.graph.sizes[sample.graph.output],
        "instructions": count.instructions,
        "cycles": round(count.cycles),
        "cycles_low": round(count.cycles_low),
        "cycles_high": round(count.cycles_high),
        "cycles_per_operation": round(count.cycles / operations, 2),
        **versions(),
    }


def overhead(core: FirmwareCore, quality: str) -> Overhead:
    """What a layer and an inference take on a core, from dense layers of several sizes."""
    rows, cycles, outside = [], [], []
    for inputs, outputs in SIZES:
        count = executed(dense("", inputs, outputs), core, quality)
        own = count.by_layer["infer"].cycles.value
        rows.append((1, outputs, inputs * outputs))
        cycles.append(count.cycles - own)
        outside.append(own)
    # Relative errors count, so that the small layers are met.
    weight = 1 / np.array(cycles)
    found, *_ = np.linalg.lstsq(np.array(rows) * weight[:, None], np.ones(len(cycles)), rcond=None)
    return Overhead(*map(float, found), inference=float(np.mean(outside)))


def overhead_table() -> pd.DataFrame:
    """A row for each core and quality: `Overhead`, and the cycles of a 4x4 dense layer."""
    import pandas as pd

    rows = []
    for core in FIRMWARE_CORES.values():
        for quality in QUALITIES:
            found = overhead(core, quality)
            small = executed(dense("", SMALL, SMALL), core, quality)
            rows.append(
                {
                    "core": core.name,
                    "quality": quality,
                    "cycles_per_layer": round(found.layer, 1),
                    "cycles_per_output": round(found.output, 1),
                    "cycles_per_mac": round(found.mac, 2),
                    "cycles_per_inference": round(found.inference, 1),
                    "cycles_of_dense_4x4": round(small.cycles),
                    **versions(),
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    """Execute all, and write the two tables into the package's data."""
    for path, table in ((LAYERS, layer_table()), (OVERHEADS, overhead_table())):
        write(path, table.to_csv(index=False))
        print(table.to_string(index=False))


if __name__ == "__main__":
    main()
