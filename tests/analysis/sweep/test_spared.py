"""Planes and budgets of pruning as axes of a sweep."""

from __future__ import annotations

import pytest
from spikewatt.analysis.sweep.network_points import network_points
from spikewatt.analysis.sweep.space import make_space
from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.errors import SpikewattError

CORE = "odin_style:axons_per_core=1024,doubling_accumulator=1,zero_skipping=1"


def test_each_network_spares_what_its_point_says(base, own_cache, tmp_path):
    axes = {
        "network": {"planes": [2, 4], "prune_points": [0, 2]},
        "code": "radix",
        "steps": 4,
        "host": "none",
    }
    devices = {"hardware": {"device": [CORE, "stm32l4r5"]}}
    found = sweep(make_space({**base, **axes, **devices}), tmp_path / "store", workers=0)
    rows = found.frame[found.frame["workload"] == "snn"]
    energies = rows.set_index(["device", "planes", "prune_points"])["energy_j"]
    assert len(energies) == 8
    for device in (CORE, "stm32l4r5"):
        assert energies[device, 2, 0] < energies[device, 4, 0]
        assert energies[device, 4, 2] < energies[device, 4, 0]
        assert energies[device, 2, 2] < energies[device, 2, 0]

    int8 = found.frame[found.frame["workload"] == "int8_ann"]
    assert len(int8) == 4
    assert int8["energy_j"].nunique() == 1
    assert int8["accuracy_validation"].nunique() == 1


def test_pruned_networks_of_other_steps_stand_alone(base):
    """What can be pruned follows from the steps, so that one run does not answer for both."""
    for points, simulations in ((0, 1), (1, 2)):
        axes = {"network": {"steps": [4, 8]}, "prune_points": points}
        found = [each.simulation for each in network_points(make_space({**base, **axes}))]
        assert len({each.key for each in found if each}) == simulations
        assert [each.settings["steps"] for each in found if each] == [4 if points else 8, 8]


@pytest.mark.parametrize(
    ("keys", "law"),
    [
        (
            {"network": {"exit_points": [0, 1]}},
            "network: exit_points: is no axis: it is chosen for one network, and prices inferences",
        ),
        (
            {"network": {"steps": [4]}, "exit_points": 1},
            "space: exit_points: is chosen for one network, and has no place in a sweep; got 1",
        ),
        ({"network": {"planes": [2, 3]}}, "no network can have the value 2: planes: are bits"),
    ],
)
def test_what_a_sweep_cannot_spare_is_one_line(keys, law, base):
    with pytest.raises(SpikewattError, match=law):
        network_points(make_space({**base, **keys}))
