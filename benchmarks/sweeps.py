"""Sweeps: how long one takes, how many points a second are priced, what a search finds.

Each is measured in a cache and a store of its own, so that nothing is known from before.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np
from rows import Rows
from spikewatt import files
from spikewatt.analysis.sweep.methods import METHODS
from spikewatt.analysis.sweep.rows import Names, read_sweep
from spikewatt.analysis.sweep.search.search import Found, search
from spikewatt.analysis.sweep.space import Space, make_space
from spikewatt.analysis.sweep.sweep import sweep

SEEDS = 20
EVALUATIONS = 60
NEAR = 1.02  # times the best energy
STEPS = [3, 4, 5, 6, 7, 8, 10, 12, 16, 24]
EXAMPLE = Path(__file__).parents[1] / "docs" / "space.yaml"

BULK = {
    "epochs": 20,
    "network": "mlp-64-48-10",
    "steps": 7,
    "hardware": {
        "device": "odin_style",
        "host": "none",
        "voltage_v": {"low": 0.55, "high": 1.0, "points": 50},
        "clock_hz": {"low": 1e6, "high": 1e8, "points": 50, "scale": "log"},
        "energy_per_sop_j": {"factor": {"low": 0.5, "high": 2, "points": 50}},
        "leakage_power_w": {"factor": {"low": 0.5, "high": 2, "points": 40}},
        "period_s": 1.0,
    },
}
SEARCHED = {
    "one core": {
        "epochs": 20,
        "network": {"network": ["mlp-64-48-10", "mlp-64-24-10", "mlp-64-96-10"], "steps": STEPS},
        "hardware": {
            "device": "odin_style",
            "host": "none",
            "neurons_per_core": [128, 256, 512],
            "voltage_v": [0.55, 0.6, 0.65, 0.7, 0.8, 1.0],
            "period_s": 0.01,
        },
    },
    "more networks than evaluations": {
        "epochs": 20,
        "network": {
            "network": ["mlp-64-48-10", "mlp-64-24-10", "mlp-64-96-10"],
            "weight_bits": [8, 6, 5, 4],
            "steps": STEPS,
        },
        "hardware": {
            "device": "odin_style",
            "host": "none",
            "neurons_per_core": [128, 256, 512],
            "voltage_v": [0.55, 0.6, 0.65, 0.7, 0.8, 1.0],
            "period_s": 0.01,
        },
    },
    "two codes, three devices": {
        "epochs": 20,
        "network": [
            {"network": ["mlp-64-48-10", "mlp-64-24-10"], "code": ["rate"], "steps": STEPS},
            {"network": ["mlp-64-48-10", "mlp-64-24-10"], "code": ["sync_rate"], "steps": [3, 7]},
        ],
        "hardware": {
            "device": ["odin_style", "stm32l4r5", "nrf54l15"],
            "neurons_per_core": [128, 256, 512],
            "axons_per_core": [128, 256],
            "voltage_v": [0.55, 0.6, 0.7, 0.8],
            "period_s": 0.01,
        },
    },
}


def bench_sweeps(only: str) -> None:
    """All rows, or those whose name holds `only`."""
    rows = Rows("sweep", "Sweeps, each from nothing but its first row")
    with tempfile.TemporaryDirectory() as folder:
        files.cache_folder = lambda *parts: Path(folder, "cache", *parts)
        for name, given in (("docs/space.yaml", EXAMPLE), ("5 million points", BULK)):
            if only in name:
                rows.add(_timed(name, given, Path(folder)))
        for name, given in SEARCHED.items():
            if only in name:
                for row in _searched(name, given, Path(folder)):
                    rows.add(row)
    rows.table()


def _timed(name: str, given: object, folder: Path) -> dict:
    store = folder / f"{name.replace('/', '-')}.sweep"
    begin = time.perf_counter()
    found = sweep(given, store)  # type: ignore[arg-type]
    seconds = time.perf_counter() - begin
    counts = found.counts()
    return {
        "space": name,
        "rows": counts.rows,
        "priced": counts.priced,
        "simulations": found.simulated,
        "seconds": seconds,
        "store (bytes)": sum(path.stat().st_size for path in store.iterdir()),
    }


def _searched(name: str, given: dict, folder: Path):
    """Per method, in how many seeds 60 evaluations find an energy within 2 % of the best."""
    grid = make_space({**given, "objectives": ["energy_j"]})
    found = sweep(grid, folder / f"{name}.sweep")
    best_j = float(found.best()["energy_j"])
    known = _energies(grid, read_sweep(found.path))
    for method in (each for each in METHODS if METHODS[each].searches):
        space = dataclasses.replace(grid, method=method)
        successes, gaps = 0, []
        for seed in range(SEEDS):
            seeded = dataclasses.replace(space, base={**space.base, "seed": seed})
            gap = _best_found_j(seeded, known) / best_j
            gaps.append(gap)
            successes += gap <= NEAR
        yield {
            "space": name,
            "points": len(known),
            "method": method,
            "evaluations": EVALUATIONS,
            "within 2 %": f"{successes}/{SEEDS}",
            "median of best (times)": float(np.median(gaps)),
        }


def _energies(space: Space, rows) -> dict[tuple, tuple[float, float]]:
    """Point -> energy of the spiking network, and the accuracy that it loses."""
    names = Names(space.as_json())
    spiking = rows[rows["workload"] == "snn"]
    columns = [names.column(axis.name) for axis in space.hardware[0]]
    return {
        _point(row["network_point"], (row[column] for column in columns)): (
            row["energy_j"],
            row["loss"],
        )
        for row in spiking.to_dict("records")
    }


def _point(network: int, values) -> tuple:
    """What a device has not is left out."""
    return (network, *(value if value == value else "" for value in values))


def _best_found_j(space: Space, known: dict) -> float:
    best = float("inf")
    best_of: dict[int, tuple[float, float]] = {}  # network -> with the best of its hardware
    for (network, *_), (energy_j, loss) in known.items():
        if energy_j == energy_j:
            best_of[network] = min(best_of.get(network, (float("inf"), loss)), (energy_j, loss))

    def evaluate(samples) -> list[Found]:
        nonlocal best
        answers = []
        for sample in samples:
            if not sample.hardware:
                energy_j, loss = best_of[sample.network]
                best = min(best, energy_j if loss <= space.accuracy_loss + 1e-9 else best)
                answers.append(Found({"energy_j": energy_j}, loss - space.accuracy_loss))
                continue
            values = (sample.hardware.get(axis.name, "") for axis in space.hardware[0])
            energy_j, loss = known[_point(sample.network, values)]
            if loss <= space.accuracy_loss + 1e-9 and energy_j == energy_j:
                best = min(best, energy_j)
            answers.append(Found({"energy_j": energy_j}, loss - space.accuracy_loss))
        return answers

    search(space, EVALUATIONS, evaluate)
    return best
