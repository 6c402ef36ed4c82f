"""Searches: reproducible, into the store, and as good as the grid."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from spikewatt.analysis.sweep.search import Found, search
from spikewatt.analysis.sweep.space import make_space
from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.errors import SpikewattError

pytest.importorskip("optuna")

HARDWARE = {
    "device": "odin_style",
    "host": "none",
    "neurons_per_core": [128, 256, 512],
    "voltage_v": [0.55, 0.6, 0.65, 0.7, 0.8, 1.0],
    "period_s": 0.01,
}
STEPS = [2, 3, 4, 5, 6, 7, 8, 10, 12, 16]


@pytest.fixture
def given(base):
    return base | {
        "network": {"weight_bits": [8, 5, 4], "steps": STEPS},
        "hardware": HARDWARE,
        "objectives": ["energy_j"],
        "accuracy_loss": 1.0,
    }


@pytest.mark.parametrize("method", ["tpe", "nsga2"])
def test_a_search_goes_on_where_it_was(given, own_cache, tmp_path, method):
    whole = sweep(given, tmp_path / "whole", method=method, points=8, workers=0)
    rows = whole.frame
    assert sorted(rows["hardware_point"]) == list(range(8))
    assert not rows.duplicated(["network_point", "neurons_per_core", "voltage_v"]).any()

    killed = tmp_path / "killed"

    def kill(stage: str, done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(given, killed, method=method, points=8, workers=0, progress=kill)
    assert len(list(killed.glob("*.parquet"))) == 5
    found = sweep(given, killed, method=method, points=8, workers=0)
    assert found.simulated == 0
    pd.testing.assert_frame_equal(found.frame, rows)


def energies(found, space):
    """(network point, size, voltage) -> energy and loss, of a grid."""
    return {
        (row["network_point"], row["neurons_per_core"], row["voltage_v"]): (
            row["energy_j"],
            row["loss"],
        )
        for row in found.frame.to_dict("records")
    }


def test_tpe_finds_the_best_of_a_grid(given, own_cache, tmp_path):
    """In most seeds: of 540 points it looks at 60."""
    grid = sweep(given, tmp_path / "grid", workers=0)
    best = grid.best()
    known = energies(grid, given)
    assert len(known) == 540
    near = [energy for energy, loss in known.values() if loss <= 1.0 + 1e-9]
    near = [energy for energy in near if energy <= 1.02 * best["energy_j"]]
    assert len(near) <= 20  # few of them are good enough

    space = make_space(given, method="tpe")
    successes = 0
    for seed in range(5):
        seen = []

        def evaluate(samples, seen=seen):
            keys = [
                (each.network, each.hardware["neurons_per_core"], each.hardware["voltage_v"])
                for each in samples
            ]
            values = [known[key] for key in keys]
            seen.extend(values)
            return [Found({"energy_j": energy}, loss - 1.0) for energy, loss in values]

        search(dataclasses.replace(space, base={**space.base, "seed": seed}), 60, evaluate)
        assert len(seen) == 60
        good = [energy for energy, loss in seen if loss <= 1.0 + 1e-9]
        successes += min(good, default=np.inf) <= 1.02 * best["energy_j"]
    assert successes >= 4


def test_several_objectives_give_a_front(given, own_cache, tmp_path):
    given = given | {"objectives": ["accuracy", "energy_j", "mm2"]}
    found = sweep(given, tmp_path / "s", method="nsga2", points=12, workers=0)
    front = found.front
    assert 1 <= len(front) <= 12
    assert front["energy_j"].is_monotonic_increasing


def test_a_tolerance_that_no_point_meets_names_the_nearest(given, own_cache, tmp_path):
    given = given | {"network": {"weight_bits": [4], "steps": [1, 2]}, "accuracy_loss": 0.0}
    found = sweep(given, tmp_path / "s", workers=0)
    said = "a point keeps within 0 points .*; got the nearest loses [0-9.]+: 2 steps"
    with pytest.raises(SpikewattError, match=said):
        found.best()
    assert "the nearest loses" in found.sentence()
    assert len(found.frame) == 36
