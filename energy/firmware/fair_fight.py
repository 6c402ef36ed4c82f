"""int8 and spikes on the same cores, executed: ``python -m spikewatt.energy.firmware.fair_fight``.

The digits and LeNet, each as int8 and as spikes (rate at T = 32, radix at K = 4), plain and best.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
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
from ..cards.load import load_card
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
RATE_STEPS, RADIX_STEPS = 32, 4
CALIBRATION = 200  # images
DIGITS, LENET = "digits 64-48-10", "LeNet"
DIGITS_SAMPLES, LENET_SAMPLES = 20, 2  # that are executed; their mean is written
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
        "rate": (convert(fighter.model, fighter.calibration, "rate"), RATE_STEPS),
        "radix": (
            convert(fighter.model, fighter.calibration, "radix", steps=RADIX_STEPS),
            None,
        ),
    }
    for core in FIRMWARE_CORES.values():
        for quality in QUALITIES:
            yield int8_row(fighter, network, core, quality)
            for workload, (converted, steps) in spiking.items():
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
    return {**row, **_counted(core, quality, counts, operations, 0, sizes(program))}


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
        _check(done.spikes == wanted, "the engines compute", fighter.name, core)

    row = {"network": fighter.name, "workload": workload, "steps": steps or RADIX_STEPS}
    operations = trace.mean_operations()
    return {
        **row,
        **_counted(core, quality, counts, operations, float(np.mean(spikes)), firmware.sizes),
    }


def _check(equal: bool, law: str, name: str, core: FirmwareCore) -> None:
    """Raise where the C does something else than what it stands for."""
    if not equal:
        where = f"firmware of {name} on a {core.name}"
        raise SpikewattError(where, f"computes what {law}", "something else")


def _counted(
    core: FirmwareCore,
    quality: str,
    counts: list[Count],
    operations: float,
    spikes: float,
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
        "operations": round(operations),
        "cycles_per_operation": round(cycles / operations, 2),
        "spikes": round(spikes),
        **size,
        "stack_bytes": max(count.stack_bytes for count in counts),
        "samples": len(counts),
        **versions(),
    }


def fair_fight() -> pd.DataFrame:
    """The committed counts with what they take on a chip of each core.

    Columns ``chip``, ``time_s`` and ``energy_j`` are cycles at the clock and the energy per cycle
    of the chip's card, without what its flash makes a core wait.
    """
    import pandas as pd

    frame = pd.read_csv(DATA)
    cards = {core: load_card(chip) for core, chip in CHIPS.items()}
    clock = {core: card["clock_hz"].value for core, card in cards.items()}
    energy = {
        core: card["energy_per_cycle_j"].value * card["active_power_factor"].value
        for core, card in cards.items()
    }
    time_s = frame["cycles"] / frame["core"].map(clock)
    energy_j = frame["cycles"] * frame["core"].map(energy)
    place = list(frame.columns).index("cycles")
    frame.insert(place, "chip", frame["core"].map(CHIPS))
    frame.insert(place + 1, "time_s", time_s)
    frame.insert(place + 2, "energy_j", energy_j)
    return frame


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
