"""verify: run a spiking network through the RTL cores and compare with the golden model and an engine, spike for spike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...errors import SpikewattError
from ...sim.engines.schedule import schedule
from ...sim.engines.simulate import simulate
from ...sim.network.spiking_network import SpikingNetwork
from ..model.golden import COUNTER_ORDER, COUNTERS, CoreImage, GoldenChain, network_images
from ..model.words import Word, check_executable, words
from ..simulation.simulator import Simulation

STATE_BITS = 24
IMAGE_FIELDS = ("synapses", "threshold", "bias", "initial_potential")


def packed(sizes: Sequence[int]) -> str:
    """Sizes of the cores as snn_top takes them: 16 bits each, the first lowest."""
    return f"{16 * len(sizes)}'h" + "".join(f"{size:04x}" for size in reversed(sizes))


def chain_parameters(
    sizes: Sequence[int], weight_bits: int, state_bits: int
) -> dict[str, int | str]:
    """Parameters of `snn_top` for layers of `sizes`, the input first: one core per layer behind it."""
    packs = {"AXONS": packed(sizes[:-1]), "NEURONS": packed(sizes[1:])}
    return {"CORES": len(sizes) - 1, **packs, "WEIGHT_BITS": weight_bits, "STATE_BITS": state_bits}


def _job(images: Sequence[CoreImage], programs: Sequence[Sequence[Word]]) -> dict[str, np.ndarray]:
    job = {
        f"{name}_{i}": getattr(image, name)
        for i, image in enumerate(images)
        for name in IMAGE_FIELDS
    }
    rows = [
        (-1 if w.axon is None else w.axon, w.kind, w.target, w.read)
        for program in programs
        for w in program
    ]
    starts = np.cumsum([0, *(len(program) for program in programs)])
    return {
        **job,
        "cores": np.array(len(images)),
        "words": np.array(rows, np.int64).reshape(-1, 4),
        "starts": starts,
    }


def verify_network(
    network: SpikingNetwork,
    x: np.ndarray,
    steps: int | None = None,
    waves: Path | None = None,
    engine: str = "reference",
    simulator: str = "verilator",
    state_bits: int = STATE_BITS,
    sources: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> list[dict]:
    """Run `x` through all populations of `network` on a chain of RTL cores; one row per population.

    The input population is a host's work (it turns pixels into spikes). Compared with the golden model: spikes and their order,
    potentials behind each step (radix: at the end), cycles, operations, memory accesses, saturations. With `engine`: spikes and
    outputs, spike counts, predictions.

    Parameters
    ----------
    steps : of a rate network. waves : folder to leave waveforms and the JUnit XML in. sources : other RTL than that of the package.

    Raises
    ------
    DoesNotFitError : a code, rule or size that the cores do not have. SpikewattError : nothing was compared.
    """
    check_executable(network)
    plan = schedule(network, steps)
    images = network_images(network, plan, state_bits)
    report = progress or (lambda stage, done, total: None)
    trace = simulate(network, x, engine, steps, rasters=len(x))
    raster = trace.rasters[network.populations[0].name]
    programs = [list(words(network, plan, raster[sample])) for sample in range(len(x))]
    report("verify", 0, 2)
    parameters = chain_parameters(
        [p.size for p in network.populations], network.weight_bits, state_bits
    )
    simulation = Simulation("snn_top", parameters, simulator, waves is not None, sources)
    report("verify", 1, 2)
    started = time.perf_counter()
    result = simulation.run("network", _job(images, programs), results=waves)
    seconds = time.perf_counter() - started
    expected = _golden(images, programs, state_bits)
    rows = _compare(network, trace, images, result, expected)
    report("verify", 2, 2)
    for row in rows:
        row |= {"samples": len(x), "simulator": simulator, "seconds": seconds}
    if not rows or min(row["events_in"] for row in rows) == 0:
        raise SpikewattError(
            "verify",
            "every population receives events, or nothing is compared",
            [row["events_in"] for row in rows],
        )
    return rows


def _golden(
    images: Sequence[CoreImage], programs: Sequence[Sequence[Word]], state_bits: int
) -> dict:
    """What the golden chain does with the same words, in the form of the bench's result."""
    chain = GoldenChain.of(images, state_bits)
    left: list[list[int]] = [[] for _ in images]
    potentials, ends = [], []
    for program in programs:
        chain.restart()
        for word in program:
            for out, sent in zip(left, chain.send(word), strict=True):
                out += [-1 if each.axon is None else each.axon for each in sent]
            if word.read:
                potentials.append(np.concatenate([core.potential for core in chain.cores]))
                ends.append([len(out) for out in left])
    counters = [core.counters() for core in chain.cores]
    return {
        "left": [np.array(out, np.int64) for out in left],
        "potentials": np.array(potentials),
        "ends": ends,
        "counters": counters,
    }


def _differences(got: np.ndarray, expected: np.ndarray) -> int:
    """Entries that differ; all of the longer one if the lengths do."""
    return (
        int((got != expected).sum())
        if got.shape == expected.shape
        else max(got.size, expected.size)
    )


def _raster(left: np.ndarray, neurons: int) -> np.ndarray:
    """(steps, neurons) spikes from the words that left a core, each step ended by a tick (−1)."""
    step = np.cumsum(left < 0) - (left < 0)
    raster = np.zeros((int((left < 0).sum()), neurons), np.int8)
    fired = left >= 0
    np.add.at(raster, (step[fired], left[fired]), 1)
    return raster


def _compare(
    network: SpikingNetwork, trace, images: Sequence[CoreImage], result: dict, expected: dict
) -> list[dict]:
    rows, first = [], 0
    events_in = int(trace.rasters[network.populations[0].name].sum())
    for i, (image, p) in enumerate(zip(images, network.populations[1:], strict=True)):
        got, wanted = result[f"left_{i}"], expected["left"][i]
        last = first + len(image.threshold)
        counters = dict(zip(COUNTER_ORDER, result["counters"][i].tolist(), strict=True))
        potentials = [
            table[:, first:last] for table in (result["potentials"], expected["potentials"])
        ]
        fired = got[got >= 0]
        per_neuron = np.bincount(fired, minlength=p.size)[: p.size]
        wrong = {
            "order": _differences(got, wanted)
            + _differences(result["ends"][:, i], np.array(expected["ends"])[:, i]),
            "potentials": _differences(*potentials),
            "counters": sum(counters[name] != expected["counters"][i][name] for name in COUNTERS),
        }
        compared = got.size + 2 * len(result["ends"]) + potentials[0].size + len(COUNTERS)
        if p.kind == "readout":
            outputs = trace.outputs if network.code == "rate" else trace.outputs[:, -1:]
            of_samples = potentials[0].reshape(len(outputs), -1, last - first)
            wrong["engine"] = _differences(of_samples, outputs)
            wrong["predictions"] = _differences(
                of_samples[:, -1].argmax(axis=1), outputs[:, -1].argmax(axis=1)
            )
            compared += outputs.size + len(outputs)
        else:
            wrong["engine"] = abs(len(fired) - int(trace.spikes[p.name].sum()))
            if network.code == "rate":  # a tick ends a step: the engine's raster, spike for spike
                raster = trace.rasters[p.name]
                wrong["engine"] += _differences(
                    _raster(got, len(image.threshold))[:, : p.size], raster.reshape(-1, p.size)
                )
                compared += raster.size
            else:
                wrong["engine"] += _differences(per_neuron, trace.rasters[p.name].sum(axis=(0, 1)))
            compared += p.size + 1
        rows.append(
            {
                "population": p.name,
                "events_in": events_in,
                "spikes_out": len(fired),
                "compared": compared,
                **{
                    name: counters[name]
                    for name in ("cycles", "sops", "reads", "writes", "stalls", "saturations")
                },
                "mismatches": sum(wrong.values()),
                "where": ", ".join(f"{count} {name}" for name, count in wrong.items() if count),
            }
        )
        events_in, first = len(fired), last
    return rows
