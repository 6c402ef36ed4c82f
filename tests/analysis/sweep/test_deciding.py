"""What can be the answer of a sweep: a core with its host, and whatever the objectives are."""

from __future__ import annotations

import pytest
from spikewatt.analysis.sweep.hardware.deciding import Deciding
from spikewatt.analysis.sweep.hardware.points import hardware_points
from spikewatt.analysis.sweep.rows import read_sweep
from spikewatt.analysis.sweep.space import make_space
from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.errors import SpikewattError

RULE = "rule_ac_mac_45nm"
HARDWARE = {"device": ["odin_style", "stm32l4r5"], "voltage_v": [0.55, 0.8], "period_s": 0.1}


@pytest.fixture
def given(base):
    return base | {"network": {"steps": [4, 8]}, "hardware": HARDWARE, "accuracy_loss": 100.0}


def test_a_core_alone_decides_where_no_host_is_priced():
    for hosts, expected in (("none", [True]), (["none", "stm32l4r5"], [False, True])):
        space = make_space({"hardware": {"device": "odin_style", "host": hosts}})
        deciding = Deciding(space.hardware)
        found = [deciding(group.structure) for group in hardware_points(space).groups]
        assert found == expected


def test_hosts_of_another_block_count():
    blocks = [{"device": "odin_style", "host": host} for host in ("none", "nrf54l15")]
    space = make_space({"hardware": blocks})
    deciding = Deciding(space.hardware)
    assert [deciding(group.structure) for group in hardware_points(space).groups] == [False, True]


def test_the_core_alone_is_never_the_answer_where_hosts_are_priced(given, own_cache, tmp_path):
    found = sweep(given, tmp_path / "s", workers=0)
    rows = found.frame
    alone = (rows["device"] == "odin_style") & (rows["host"] == "none")
    assert alone.sum() == 4
    assert (rows["decides"] == ~alone).all()
    cheapest = rows.loc[rows["energy_j"].idxmin()]
    assert cheapest["host"] == "none"  # so that what follows says something
    assert not rows.loc[alone, "on_front"].any()
    assert rows["on_front"].any()
    best = found.best()
    hosted = rows[rows["decides"] & (rows["workload"] == "snn")]
    assert best["energy_j"] == hosted["energy_j"].min()
    assert best["decides"]


def test_a_rule_decides_nothing(given, own_cache, tmp_path):
    hardware = {"device": ["nrf54l15", RULE]}
    rows = sweep(given | {"hardware": hardware}, tmp_path / "both", workers=0).frame
    rule = rows["device"] == RULE
    assert rows.loc[rule, "energy_j"].notna().all()
    assert not rows.loc[rule, ["decides", "on_front"]].any(axis=None)
    alone = sweep(given | {"hardware": {"device": [RULE]}}, tmp_path / "rule", workers=0)
    with pytest.raises(SpikewattError, match="no snn that decides"):
        alone.best()


@pytest.mark.parametrize("method", ["tpe", "nsga2"])
@pytest.mark.parametrize("objectives", [["energy_j"], ["accuracy", "energy_j"]])
def test_a_search_looks_for_what_decides(given, own_cache, tmp_path, method, objectives):
    pytest.importorskip("optuna")
    hardware = HARDWARE | {"device": ["odin_style", "stm32l4r5", RULE]}
    given = given | {"hardware": hardware, "objectives": objectives}
    found = sweep(given, tmp_path / "s", method=method, points=6, workers=0)
    assert found.frame["decides"].all()
    assert found.best()["decides"]


@pytest.mark.parametrize(
    "objectives", [["accuracy", "time_s"], ["accuracy", "mm2"], ["memory_bytes"], ["mm2"]]
)
def test_the_best_has_the_least_energy_whatever_the_objectives(
    given, own_cache, tmp_path, objectives
):
    found = sweep(given | {"objectives": objectives}, tmp_path / "s", workers=0)
    rows = found.frame.query("decides")
    for workload in ("snn", "int8_ann"):
        least = rows.loc[rows["workload"] == workload, "energy_j"].min()
        assert found.best(workload=workload)["energy_j"] == least
    few = read_sweep(found.path, front=True)
    assert few["on_front"].sum() == rows["on_front"].sum() == len(found.front)


def test_what_has_no_area_is_neither_smaller_nor_larger(given, own_cache, tmp_path):
    objectives = {"objectives": ["accuracy", "energy_j", "mm2"]}
    rows = sweep(given | objectives, tmp_path / "s", workers=0).frame
    without = rows["mm2"].isna() & rows["decides"]
    assert set(rows.loc[without, "device"]) == {"stm32l4r5"}
    shown = rows[rows["on_front"]]
    assert set(shown["device"]) == {"odin_style", "stm32l4r5"}
    for _, row in shown[shown["mm2"].isna()].iterrows():
        others = rows[without]
        better = (others["energy_j"] < row["energy_j"]) & (
            others["accuracy_validation"] >= row["accuracy_validation"]
        )
        assert not better.any()


def test_a_point_is_said_with_all_that_varies(given, own_cache, tmp_path):
    """Law: two points of a grid that differ are not said alike."""
    axes = {
        "device": ["odin_style", "stm32l4r5", "odin_style:cycles_per_sop=1"],
        "library": ["cmsis-nn", "tflm"],
        "supply_v": [1.8, 3.0],
        "clock_hz": [1e6, 2e6],
        "energy_per_sop_j": {"factor": [0.5, 1]},
        "leakage_power_w": [1e-6, 2e-6],
        "period_s": [10.0, 20.0],
        "voltage_v": [0.55, 0.8],
    }
    found = sweep(given | {"hardware": axes}, tmp_path / "s", workers=0)
    rows = found.frame.query("workload == 'snn'")
    said = [found.names.described(row) for row in rows.to_dict("records")]
    assert len(set(said)) == len(rows) > 100
    core = next(text for text in said if "4 steps on odin_style:" in text)
    assert "energy_per_sop_j × 0.5, leakage_power_w 1e-06" in core
    mine = [text for text in said if " on stm32l4r5," in text]
    for part in ("library tflm", "supply_v 3", "clock_hz 2e+06", "period_s 20"):
        assert sum(part in text for text in mine) == len(mine) / 2, part
    first, second = found.sentence().splitlines()
    assert "one inference every 10.0 s" in first
    assert "period_s" not in first + second


def test_strategies_are_said(given, own_cache, tmp_path):
    hardware = HARDWARE | {"strategy": ["race_to_idle", "just_in_time"]}
    found = sweep(given | {"hardware": hardware}, tmp_path / "s", workers=0)
    assert "strategy " in found.sentence()
    assert "period_s" not in found.sentence()  # the same for all


def test_the_hint_beyond_the_tolerance_can_be_followed(given, own_cache, tmp_path):
    network = {"network": {"weight_bits": [4], "steps": [1]}}
    found = sweep(given | network | {"accuracy_loss": 0.0}, tmp_path / "s", workers=0)
    with pytest.raises(SpikewattError, match="with another --store") as caught:
        found.best()
    assert "accuracy_loss" in str(caught.value)
    again = sweep(given | network | {"accuracy_loss": 100.0}, tmp_path / "another", workers=0)
    assert again.simulated == 0
    assert again.best()["energy_j"] > 0
