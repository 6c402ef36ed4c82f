"""Spiking networks on Cortex-M cores, executed: spikes and operations beside cycles and memory.

    SPIKEWATT_DATA=… python -m spikewatt.energy.firmware.spiking.count_networks

trains the networks, converts them, executes them on every core with the best loop and with plain C,
and writes ``energy/data/firmware_counts.csv``. Every answer is compared with the reference engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from ....errors import SpikewattError
from ....files import write
from ....models.datasets import load_dataset
from ....models.networks import build_network
from ....models.training import train
from ....sim.conversion.convert import convert
from ....sim.engines.simulate import simulate
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ...cards.load import load_card
from ..cores import FIRMWARE_CORES, FirmwareCore
from .execute import Firmware
from .measure_loops import DATA, counts_of
from .network import spiking_program

CODES: dict[str, dict[str, Any]] = {
    "rate": {"code": "rate"},
    "radix": {"code": "radix", "steps": 4, "input_code": "bitplane"},
    "sync_rate": {"code": "sync_rate", "steps": 15},
}
RATE_STEPS = 32
# Core -> the chip whose energy is told, measured while networks ran where it was.
CHIPS = {
    "Cortex-M0+": "stm32g0b1",
    "Cortex-M4": "stm32l4r5",
    "Cortex-M33": "stm32u575",
    "Cortex-M7": "stm32h7a3",
}


class Case(NamedTuple):
    """A network to be counted: what it is trained on and for how long, and how many images."""

    network: str
    dataset: str
    training: int  # images at most
    epochs: int
    samples: int


CASES = (Case("mlp-64-48-10", "digits", 2000, 40, 10), Case("lenet", "mnist", 10_000, 2, 1))


def rows() -> Iterator[dict[str, Any]]:
    """One row for each network, code, core and loop."""
    for case in CASES:
        networks, x = _converted(case)
        for code, network in networks.items():
            steps = RATE_STEPS if network.code.streaming else None
            trace = simulate(network, x, "reference", steps)
            for core, quality in product(FIRMWARE_CORES.values(), ("best", "plain")):
                counted = count(network, x, trace, core, quality)
                yield {"network": case.network, "code": code, **counted}


def count(
    network: SpikingNetwork, x: np.ndarray, trace: Trace, core: FirmwareCore, quality: str
) -> dict[str, Any]:
    """Means over the samples of `x`, whose answers must equal those of `trace`.

    Raises
    ------
    SpikewattError : an answer or a count of spikes that the reference engine does not give.
    """
    steps = trace.steps if network.code.streaming else None
    program = spiking_program(network, steps, quality, core.has_dsp)
    firmware = Firmware(program, core)
    cycles, instructions, stack = [], [], 0
    for number, sample in enumerate(x):
        done = firmware.run(sample)
        fired = {name: int(counts[number].sum()) for name, counts in trace.spikes.items()}
        if not np.array_equal(done.outputs, trace.outputs[number, -1]) or done.spikes != fired:
            law = "gives the answer and the spikes of the reference engine"
            raise SpikewattError(f"firmware: {network.name} on {core.name}", law, quality)
        cycles.append([getattr(done.count.cycles_range, end) for end in ("value", "low", "high")])
        instructions.append(done.count.instructions)
        stack = max(stack, done.count.stack_bytes)

    mean, low, high = np.mean(cycles, axis=0)
    card = load_card(CHIPS[core.name])
    done_counts = counts_of(trace)
    needed = firmware.sizes
    return {
        "steps": trace.steps,
        "core": core.name,
        "loop": str(program.loop),
        "samples": len(x),
        "spikes": sum(trace.mean_spikes(name) for name in trace.spikes),
        "synaptic_operations": sum(trace.mean_operations(layer.name) for layer in trace.layers),
        "neuron_updates": done_counts["cycles_per_neuron_update"],
        "instructions": float(np.mean(instructions)),
        "cycles": mean,
        "cycles_low": low,
        "cycles_high": high,
        "flash_bytes": needed["flash_bytes"],
        "ram_bytes": needed["ram_bytes"] + stack,
        "device": card.name,
        "time_s": mean / card["clock_hz"].value,
        "energy_j": mean * card["energy_per_cycle_j"].value * card["active_power_factor"].value,
    }


def _converted(case: Case) -> tuple[dict[str, SpikingNetwork], np.ndarray]:
    """The trained network in every code, and the images that it is executed on."""
    from dataclasses import replace

    from ....models.keras_backend import import_keras

    data = load_dataset(case.dataset)
    data = replace(
        data, x_train=data.x_train[: case.training], y_train=data.y_train[: case.training]
    )
    import_keras().utils.set_random_seed(0)
    model = build_network(case.network, data.x_train.shape[1:], 10)
    train(model, data, case.epochs)
    typical = data.scaled("train")[:500]
    networks = {
        code: convert(model, typical, input_levels=data.levels, **options)
        for code, options in CODES.items()
    }
    return networks, data.scaled("test")[: case.samples]


def main() -> None:
    """Count and write."""
    import pandas as pd

    frame = pd.DataFrame(rows())
    frame["compiler"] = f"ziglang {version('ziglang')} -O2"
    frame["emulator"] = f"unicorn {version('unicorn')}"
    frame["timing"] = [FIRMWARE_CORES[core].timing.note for core in frame["core"]]
    write(DATA / "firmware_counts.csv", frame.to_csv(index=False, float_format="%.6g"))
    print(frame.to_string())


if __name__ == "__main__":
    main()
