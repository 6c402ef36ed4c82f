"""int8 and spikes on the same cores, executed: ``python -m spikewatt.energy.firmware.fair_fight``.

The digits and LeNet, each as int8 and as spikes (rate at T = 32, radix at K = 4, sync_rate at
L = 15), plain and best. Every answer is compared with TensorFlow Lite's or an engine's.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, hypot, log, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import SpikewattError
from ...files import write
from ...models.datasets import load_dataset
from ...models.int8 import Int8Network, quantise_int8
from ...models.networks import build_network
from ...models.training import train
from ...sim.conversion.convert import convert
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ..cards.card import Quantity
from ..cards.load import load_card
from ..devices.software_work import update_work
from .build import build, sizes
from .cores import FIRMWARE_CORES, FirmwareCore
from .counting import Count
from .emulator import Emulator
from .int8_network import QUALITIES, int8_network
from .spiking.execute import Firmware
from .spiking.network import spiking_program
from .versions import versions

if TYPE_CHECKING:
    import pandas as pd

DATA = Path(__file__).parents[1] / "data" / "firmware_counts.csv"
INT8 = "int8_ann"
RATE_STEPS = 32
# Code -> how `convert` is asked for it. Planes of a pixel's bits are radix's own input, with the
# fewest spikes: a pixel that first integrates sends three times as many.
CODES = {
    "rate": {},
    "radix": {"steps": 4, "input_code": "bitplane"},
    "sync_rate": {"steps": 15},
}
CALIBRATION = 200  # images
DIGITS, LENET = "digits 64-48-10", "LeNet"
DIGITS_SAMPLES, LENET_SAMPLES = 20, 2  # that are executed; their mean is written
Ends = tuple[float, float, float]  # value, low, high
# The chip whose card says what a cycle takes.
CHIPS = {
    "Cortex-M0+": "stm32g0b1",
    "Cortex-M4": "stm32l4r5",
    "Cortex-M33": "stm32u575",
    "Cortex-M7": "stm32h7a3",
}


@dataclass(frozen=True, eq=False)
class Fighter:
    """A trained network, and what it is run on.

    Parameters
    ----------
    name : str
    model : Keras model
    calibration : float (images, ...)
    samples : float (images, ...)
    """

    name: str
    model: Any
    calibration: np.ndarray
    samples: np.ndarray


def fighters(data_dir: str | Path | None = None) -> Iterator[Fighter]:
    """Train both networks: a minute for LeNet.

    Parameters
    ----------
    data_dir : path, optional
        Of ``mnist.npz``; else Keras downloads it.
    """
    digits = load_dataset("digits")
    mlp = build_network("mlp-64-48-10", digits.input_shape, digits.classes)
    train(mlp, digits, epochs=20)
    yield _fighter(DIGITS, mlp, digits, DIGITS_SAMPLES)

    mnist = load_dataset("mnist", data_dir)
    lenet = build_network("lenet", mnist.input_shape, mnist.classes)
    train(lenet, mnist, epochs=1)
    yield _fighter(LENET, lenet, mnist, LENET_SAMPLES)


def _fighter(name: str, model, dataset, samples: int) -> Fighter:
    calibration = dataset.scaled("train")[:CALIBRATION]
    return Fighter(name, model, calibration, dataset.scaled("test")[:samples])


def rows_of(fighter: Fighter) -> Iterator[dict[str, Any]]:
    """A row for each workload, core and quality."""
    network = quantise_int8(fighter.model, fighter.calibration)
    spiking = {
        code: convert(fighter.model, fighter.calibration, code, **options)
        for code, options in CODES.items()
    }
    for core in FIRMWARE_CORES.values():
        for quality in QUALITIES:
            yield int8_row(fighter, network, core, quality)
            for workload, converted in spiking.items():
                steps = RATE_STEPS if converted.code.streaming else None
                yield spiking_row(fighter, workload, converted, steps, core, quality)


def int8_row(
    fighter: Fighter, network: Int8Network, core: FirmwareCore, quality: str
) -> dict[str, Any]:
    """What an inference as int8 takes; an operation is a multiplication with a weight."""
    firmware = int8_network(network, quality)
    program = build(firmware.sources, core)
    emulator = Emulator(program, core)
    given, expected = network.levels(fighter.samples)

    counts = []
    for pixels, wanted in zip(given, expected, strict=True):
        emulator.write("network_input", pixels)
        counts.append(emulator.call("infer"))
        got = emulator.read("network_output", np.int8, len(wanted))
        _check(np.array_equal(got, wanted), "TensorFlow Lite computes", fighter.name, core)

    operations = sum(layer.operations for layer in firmware.graph.layers if layer.has_weights)
    row = {"network": fighter.name, "workload": INT8, "steps": 0}
    done = {"operations": operations, "spikes": 0, "neuron_updates": 0}
    return {**row, **_counted(core, quality, counts, done, sizes(program))}


def spiking_row(
    fighter: Fighter,
    workload: str,
    network: SpikingNetwork,
    steps: int | None,
    core: FirmwareCore,
    quality: str,
) -> dict[str, Any]:
    """What an inference as spikes takes; an operation is a spike at a synapse."""
    firmware = Firmware(spiking_program(network, steps, quality, core.has_dsp), core)
    trace = simulate(network, fighter.samples, engine="batched", steps=steps)

    counts, spikes = [], []
    for number, pixels in enumerate(fighter.samples):
        done = firmware.run(pixels)
        counts.append(done.count)
        spikes.append(sum(done.spikes.values()))
        wanted = {name: int(trace.spikes[name][number].sum()) for name in done.spikes}
        same = done.spikes == wanted and np.array_equal(done.outputs, trace.outputs[number, -1])
        _check(same, "the engines compute", fighter.name, core)

    row = {
        "network": fighter.name,
        "workload": workload,
        "steps": steps or CODES[workload]["steps"],
    }
    updates = (update_work(trace, population) for population in trace.neurons)
    totals = {
        "operations": round(trace.mean_operations()),
        "spikes": round(np.mean(spikes)),
        "neuron_updates": round(sum(each["cycles_per_neuron_update"] for each in updates)),
    }
    return {**row, **_counted(core, quality, counts, totals, firmware.sizes)}


def _check(equal: bool, law: str, name: str, core: FirmwareCore) -> None:
    """Raise where the C does something else than what it stands for."""
    if not equal:
        where = f"firmware of {name} on a {core.name}"
        raise SpikewattError(where, f"computes what {law}", "something else")


def _counted(
    core: FirmwareCore,
    quality: str,
    counts: list[Count],
    totals: dict[str, int],
    size: dict[str, int],
) -> dict[str, Any]:
    """The columns that all workloads have: means over the samples."""
    cycles = float(np.mean([count.cycles for count in counts]))
    return {
        "core": core.name,
        "quality": quality,
        "cycles": round(cycles),
        "cycles_low": round(np.mean([count.cycles_low for count in counts])),
        "cycles_high": round(np.mean([count.cycles_high for count in counts])),
        "instructions": round(np.mean([count.instructions for count in counts])),
        **totals,
        "cycles_per_operation": round(cycles / totals["operations"], 2),
        **size,
        "stack_bytes": max(count.stack_bytes for count in counts),
        "samples": len(counts),
        "timing": core.timing.status,
        **versions(),
    }


def fair_fight() -> pd.DataFrame:
    """The committed counts with what they take on a chip of each core.

    time = cycles / clock, energy = cycles · energy per cycle · active power factor, all of the
    chip's card, without what its flash makes a core wait. The ranges, 5 to 95 %, are those of the
    timing rules and of the card's values, in quadrature of their logarithms.

    Returns
    -------
    DataFrame
        Columns of ``firmware_counts.csv``, and chip, time_s, time_low_s, time_high_s, energy_j,
        energy_low_j, energy_high_j.
    """
    import pandas as pd

    frame = pd.read_csv(DATA)
    cards = {core: load_card(chip) for core, chip in CHIPS.items()}
    priced = []
    for row in frame.itertuples():
        card = cards[row.core]
        cycles = (row.cycles, row.cycles_low, row.cycles_high)
        per_cycle = (_ends(card["energy_per_cycle_j"]), _ends(card["active_power_factor"]))
        cycle_s = 1 / card["clock_hz"].value  # chosen, so without a range
        priced.append(
            {
                "chip": CHIPS[row.core],
                **_columns("time", "s", _product(cycles, (cycle_s, cycle_s, cycle_s))),
                **_columns("energy", "j", _product(cycles, *per_cycle)),
            }
        )
    return pd.concat([frame, pd.DataFrame(priced)], axis=1)


def _ends(quantity: Quantity) -> Ends:
    return quantity.value, quantity.low, quantity.high


def _product(*factors: Ends) -> Ends:
    """Of independent values above 0, each with its 5th and 95th percentile."""
    value = prod(middle for middle, _, _ in factors)
    down = hypot(*(log(middle / low) for middle, low, _ in factors))
    up = hypot(*(log(high / middle) for middle, _, high in factors))
    return value, value * exp(-down), value * exp(up)


def _columns(what: str, unit: str, ends: Ends) -> dict[str, float]:
    names = (f"{what}_{unit}", f"{what}_low_{unit}", f"{what}_high_{unit}")
    return dict(zip(names, ends, strict=True))


def main() -> None:
    """Train, execute, and write the counts into the package's data."""
    import pandas as pd

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", help="folder of mnist.npz; else it is downloaded")
    chosen = parser.parse_args()
    rows = [row for fighter in fighters(chosen.data_dir) for row in rows_of(fighter)]
    write(DATA, pd.DataFrame(rows).to_csv(index=False))
    print(fair_fight().to_string(index=False))


if __name__ == "__main__":
    main()
