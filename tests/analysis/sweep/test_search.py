"""Searches: reproducible, into the store, and as good as the grid."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest
from spikewatt.analysis.sweep.search.search import Found, leaves_hardware_open, search
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


def test_tpe_finds_the_best_of_a_grid(given, own_cache, tmp_path):
    """In most seeds: of 96 networks, 1,728 points, it looks at 60."""
    given = given | {"network": {"weight_bits": [8, 7, 6, 5, 4, 3], "steps": list(range(1, 17))}}
    grid = sweep(given, tmp_path / "grid", workers=0)
    best = grid.best()
    rows = grid.frame
    assert len(rows) == 96 * 18
    near = rows["within"] & (rows["energy_j"] <= 1.02 * best["energy_j"])
    assert near.sum() <= 20  # few of them are good enough
    known = rows.groupby("network_point").agg({"energy_j": "min", "loss": "first"})

    space = make_space(given, method="tpe")
    successes = 0
    for seed in range(5):
        seen = []

        def evaluate(samples, seen=seen):
            seen += [each.network for each in samples]
            found = known.loc[[each.network for each in samples]].to_dict("records")
            return [Found({"energy_j": row["energy_j"]}, row["loss"] - 1.0) for row in found]

        search(dataclasses.replace(space, base={**space.base, "seed": seed}), 60, evaluate)
        assert len(set(seen)) == 60
        good = known.loc[seen].query("loss <= 1.0 + 1e-9")["energy_j"]
        successes += good.min() <= 1.02 * best["energy_j"]
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


MIXED = {
    "device": ["odin_style", "nrf54l15"],
    "host": ["none", "nrf54l15"],
    "neurons_per_core": [64, 128, 256],
    "axons_per_core": [64, 128, 256],
    "voltage_v": [0.55, 0.7, 0.8],
    "period_s": 0.1,
}


def test_a_search_of_networks_takes_the_best_hardware_of_each(given, own_cache, tmp_path):
    """Law: where there are no more networks than evaluations, it finds the best of the grid."""
    given = given | {"hardware": MIXED}
    best = sweep(given, tmp_path / "grid", workers=0).best()
    found = sweep(given, tmp_path / "found", method="tpe", points=60, workers=0)
    rows = found.frame.query("workload == 'snn'")
    assert len(rows) == 30  # one for each network
    columns = ["network_point", "device", "host", "neurons_per_core", "voltage_v", "energy_j"]
    assert found.best()[columns].astype(str).tolist() == best[columns].astype(str).tolist()


def test_of_several_objectives_or_periods_hardware_is_searched_too(given):
    assert leaves_hardware_open(make_space(given, method="tpe"))
    for other in (
        {"objectives": ["energy_j", "time_s"]},
        {"objectives": ["accuracy"]},
        {"hardware": HARDWARE | {"period_s": [0.01, 1.0]}},
        {"hardware": HARDWARE | {"voltage_v": {"low": 0.55, "high": 0.8}}},
    ):
        assert not leaves_hardware_open(make_space(given | other, method="tpe"))
    assert not leaves_hardware_open(make_space(given, method="nsga2"))
