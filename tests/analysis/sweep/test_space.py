"""Spaces: what stands in them is checked before any work, and named where it is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.analysis.sweep.axes import axis_of
from spikewatt.analysis.sweep.hardware.points import batches_of, hardware_points
from spikewatt.analysis.sweep.network_points import network_points, place
from spikewatt.analysis.sweep.samples import Shares, latin_hypercube
from spikewatt.analysis.sweep.space import make_space
from spikewatt.errors import SpikewattError

WRONG = [
    ({}, "a space has an axis; got none"),
    ({"network": {}, "hardware": {}}, "a space has an axis"),
    ({"network": {"stepps": [4]}}, "network: stepps: must be an axis of networks; got 'stepps'"),
    ({"network": {"steps": []}}, "network: steps: an axis has a value; got an empty list"),
    ({"network": {"steps": [4, 4]}}, "steps: names each value once"),
    ({"network": {"steps": [4, 0]}}, "network: steps: no network can have the value 0"),
    ({"network": {"code": ["morse"]}}, "code: no network can have the value 'morse': .*allowed"),
    ({"hardware": {"volts": [1]}}, "hardware: volts: must be an axis of the hardware.*voltage_v"),
    ({"hardware": {"voltage_v": [0.3]}}, "voltage_v: must be within its limits; got 0.3"),
    ({"hardware": {"voltage_v": []}}, "voltage_v: an axis has a value"),
    ({"hardware": {"voltage_v": {"low": 1, "high": 0.6}}}, "a range has low < high"),
    ({"hardware": {"voltage_v": {"low": 0.6, "high": 1}}}, "voltage_v: has points in a grid"),
    ({"hardware": {"voltage_v": {"lo": 0.6}}}, "a range has these keys; got 'lo'"),
    ({"hardware": {"energy_per_sop_j": [8.43]}}, "must be plausible for a value of its kind"),
    ({"hardware": {"energy_per_sop_j": ["8"]}}, "its values are numbers"),
    ({"hardware": {"device": "odin_stile"}}, "must name a device card"),
    ({"hardware": {"device": "cr2032"}}, "must be devices that compute"),
    ({"hardware": {"device": "nrf54l15", "voltage_v": [0.6]}}, "one of the devices has it"),
    ({"hardware": {"host": "odin_style"}}, "host: must be a microcontroller"),
    ({"hardware": {"strategy": ["race_to_idle"]}}, "strategy: needs a period"),
    (
        {"hardware": {"strategy": ["just_in_time"], "period_s": 1, "clock_hz": [1e6]}},
        "strategy: chooses the clock itself",
    ),
    (
        {"hardware": [{"device": "odin_style", "period_s": 1}, {"device": "nrf54l15"}]},
        "hardware: period_s: all blocks have it, or none; got none of nrf54l15",
    ),
    ({"network": {"dataset": ["digits", "mnist"]}}, "network: dataset: is no axis"),
    ({"network": [{"steps": [4]}, {"data_dir": "there"}]}, "network: data_dir: is no axis"),
    ({"network": {"steps": [4]}, "epochs": 0}, "epochs"),
    ({"network": {"steps": [4]}, "epoch": 3}, "epoch: unknown key"),
    ({"network": {"steps": [4]}, "base": {"epoch": 3}}, "base: epoch: unknown key"),
    (
        {"network": {"steps": [4]}, "base": {"clock_hz": 5e7}},
        "base: clock_hz: stands among the axes of the hardware",
    ),
    (
        {"network": {"steps": [4]}, "base": {"supply_v": 1.8}},
        "base: supply_v: stands among the axes of the hardware",
    ),
    (
        {"network": {"steps": [4]}, "base": {"battery": "cr2032"}},
        "base: battery: changes nothing in a sweep; got 'cr2032'",
    ),
    ({"network": {"steps": [4]}, "search_samples": 3}, "search_samples: changes nothing in a"),
    ({"network": {"steps": [4]}, "diagnosis_samples": 3}, "diagnosis_samples: changes nothing"),
    ({"network": {"steps": [4]}, "name": "a"}, "name: changes nothing in a sweep"),
    ({"network": {"steps": [4]}, "steps": 3}, "steps: is an axis or fixed"),
    ({"network": {"steps": [4]}, "objectives": ["speed"]}, "must be something to be good at"),
    ({"network": {"steps": [4]}, "method": "luck"}, "must be a method; got 'luck'"),
    ({"network": {"steps": [4]}, "points": 3}, "a grid takes all points"),
    ({"network": {"steps": [4]}, "accuracy_loss": -1.0}, "accuracy_loss"),
    (
        {"hardware": {"device": "stm32l4r5", "library": ["cmsis-nn", "magic-1.0"]}},
        "hardware: library: .*magic-1.0.*x-cube-ai",
    ),
    ({"hardware": {"neurons_per_core": [0, 256]}}, "neurons_per_core: .*got 0; allowed: 16..4096"),
    ({"hardware": {"axons_per_core": [256.5]}}, "axons_per_core: must be a size .*got 256.5"),
    ({"hardware": {"weight_bits": {"low": 0, "high": 8}}}, "weight_bits: must be a size .*got 0"),
    ({"hardware": {"node_nm": [28, 7]}}, "node_nm: must be a planar node .*got 7"),
    ({"hardware": {"supply_v": [0, 3]}}, "supply_v: its values are larger than 0; got 0"),
    ({"hardware": {"clock_hz": [0]}}, "clock_hz: its values are larger than 0; got 0"),
    ({"hardware": {"period_s": [1, 0]}}, "period_s: its values are larger than 0; got 0"),
    ({"hardware": {"neurons_per_core": [256, 256.0]}}, "neurons_per_core: names each value once"),
    (
        {"hardware": {"energy_per_sop_j": {"factor": {"factor": [1, 2]}}}},
        "energy_per_sop_j: is a factor on the card's value, and on no other factor",
    ),
    ({"network": {"steps": [4]}, "hardware": None}, "hardware: has something below it, or is left"),
    ({"network": None}, "network: has something below it, or is left out; got nothing"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_what_cannot_be_is_one_line_that_names_it(given, said):
    with pytest.raises(SpikewattError, match=said) as caught:
        network_points(make_space(given))
    assert "\n" not in str(caught.value)


def test_a_block_of_rules_needs_no_period():
    blocks = [{"device": "odin_style", "period_s": 1}, {"device": "rule_ac_mac_45nm"}]
    assert len(make_space({"hardware": blocks}).hardware) == 2


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "a.yaml").write_text("- 1\n")
    with pytest.raises(SpikewattError, match=r"a\.yaml: must be a mapping with axes; got list"):
        make_space(tmp_path / "a.yaml")


def test_the_example_of_the_documentation_is_a_space():
    from pathlib import Path

    import spikewatt

    space = make_space(Path(spikewatt.__file__).parent / "docs" / "space.yaml")
    points = network_points(space)
    assert len(points) * hardware_points(space).size >= 200
    assert not [point.reason for point in points if point.reason]


def test_values_that_only_some_networks_can_have_are_kept_with_their_reason():
    space = make_space({"network": {"code": ["rate", "radix"], "steps": [4, 5000]}})
    points = network_points(space)
    assert [bool(point.reason) for point in points] == [False, False, False, True]
    assert "steps: must be a number of steps; got 5000" in points[3].reason


def test_one_simulation_answers_for_all_steps_of_the_rate_code():
    space = make_space({"network": {"code": ["rate", "radix"], "steps": [4, 8, 6]}})
    points = network_points(space)
    simulations = [point.simulation for point in points if point.simulation]
    keys = [simulation.key for simulation in simulations]
    assert len(set(keys[:3])) == 1
    assert len(set(keys[3:])) == 3
    assert simulations[0].settings["steps"] == 8


def test_steps_per_layer_are_one_value_of_an_axis():
    steps = [{"": 4, "hidden1": 5}, 4]
    space = make_space({"network": {"code": ["radix"], "steps": steps}})
    configs = [point.config for point in network_points(space) if point.config]
    assert [config.steps for config in configs] == steps


def test_a_device_is_multiplied_by_the_axes_that_it_has():
    space = make_space(
        {
            "hardware": {
                "device": ["odin_style", "stm32l4r5"],
                "host": "none",
                "neurons_per_core": [128, 256],
                "voltage_v": {"low": 0.55, "high": 0.8, "points": 5},
                "library": ["tflm", "cmsis-nn"],
                "sleep_power_w": {"factor": [1, 2, 3]},
            }
        }
    )
    points = hardware_points(space)
    sizes = [(group.structure.device, group.size) for group in points.groups]
    assert sizes == [("odin_style", 5), ("odin_style", 5), ("stm32l4r5", 3), ("stm32l4r5", 3)]
    numbers = [n for part in points.parts() for batch in part for n in batch.numbers]
    assert numbers == list(range(16))


def test_parts_cut_a_large_grid_and_lose_nothing(monkeypatch):
    monkeypatch.setattr("spikewatt.analysis.sweep.hardware.points.PART_ROWS", 7)
    axes = {"voltage_v": [0.55, 0.6, 0.7], "energy_per_sop_j": {"factor": [1, 2, 3]}}
    hardware = {"device": "odin_style", "host": "none", "neurons_per_core": [64, 128], **axes}
    points = hardware_points(make_space({"hardware": hardware}))
    parts = list(points.parts())
    assert len(parts) == points.part_count == 3
    found = [
        (batch.structure.get("neurons_per_core"), volt, factor)
        for part in parts
        for batch in part
        for volt, factor in zip(
            batch.arrays["voltage_v"], batch.arrays["energy_per_sop_j"], strict=True
        )
    ]
    expected = [(n, v, f) for n in (64, 128) for v in (0.55, 0.6, 0.7) for f in (1, 2, 3)]
    assert found == expected


def test_the_core_alone_and_beside_each_microcontroller_is_the_default():
    space = make_space({"hardware": {"device": ["odin_style", "stm32l4r5", "nrf54l15"]}})
    hosts = [group.structure.host for group in hardware_points(space).groups]
    assert hosts == [None, "stm32l4r5", "nrf54l15", None, None]


def test_ranges():
    assert axis_of("", "a", {"low": 1, "high": 100, "points": 3, "scale": "log"}).values == (
        1,
        pytest.approx(10),
        100,
    )
    assert axis_of("", "a", {"factor": {"low": 1, "high": 2}}).at(np.array([0.25])) == [1.25]


def test_a_latin_hypercube_is_even_along_each_axis_and_the_same_each_time():
    hardware = {"device": "odin_style", "host": "none", "voltage_v": {"low": 0.55, "high": 1.0}}
    given = {"network": {"steps": [1, 2, 3, 4]}, "hardware": hardware}
    space = make_space(given, method="latin_hypercube", points=40)
    samples = latin_hypercube(space, 40)
    assert samples == latin_hypercube(space, 40)
    networks = [sample.network for sample in samples]
    assert [networks.count(n) for n in range(4)] == [10] * 4
    volts = sorted(sample.hardware["voltage_v"] for sample in samples)
    strata = [int((volt - 0.55) / 0.45 * 40) for volt in volts]
    assert strata == list(range(40))
    (batch,) = batches_of(enumerate(s.hardware for s in samples), space.hardware[0])
    assert len(batch) == 40


def test_shares_reach_every_network_of_every_block():
    blocks = [{"code": ["rate"], "steps": [4, 8]}, {"code": ["radix"], "steps": [3, 4, 5]}]
    space = make_space({"network": blocks})
    cube = Shares(space)
    shares = np.random.default_rng(0).random((300, cube.size))
    assert {sample.network for sample in cube.samples(shares)} == set(range(5))
    assert place(space.network, 1, (0, 2)) == 4


def with_another_sop(path, joule):
    """A card of one's own, of a core."""
    from pathlib import Path

    import spikewatt

    text = (Path(spikewatt.__file__).parent / "energy" / "data" / "odin.yaml").read_text()
    assert "8.43" in text
    path.write_text(text.replace("8.43", joule))


def test_a_space_is_another_when_a_card_or_a_data_set_behind_a_name_is(tmp_path, monkeypatch):
    card, data = tmp_path / "own.yaml", tmp_path / "mnist.npz"
    with_another_sop(card, "8.43")
    data.write_bytes(b"one")
    given = {"network": {"steps": [4]}, "dataset": "mnist", "hardware": {"device": str(card)}}

    def both():
        (point,) = network_points(make_space(given))
        assert point.simulation is not None
        return make_space(given).hash, point.simulation.key, point.simulation.training

    monkeypatch.setenv("SPIKEWATT_DATA", str(tmp_path))
    first = both()
    assert both() == first
    with_another_sop(card, "8.40")
    other_card = both()
    assert other_card[0] != first[0]
    assert other_card[1:] == first[1:]
    data.write_bytes(b"two")
    assert not set(both()) & {*first, *other_card}
    monkeypatch.delenv("SPIKEWATT_DATA")
    with_data_dir = [both()[1]]
    given["data_dir"] = str(tmp_path)
    with_data_dir.append(both()[1])
    data.write_bytes(b"three")
    with_data_dir.append(both()[1])
    assert len(set(with_data_dir)) == 3


def test_a_network_point_is_another_with_other_code_or_another_library(monkeypatch):
    from spikewatt.analysis.sweep import contents

    folders = {"models", "sim", "analysis/job", "analysis/sweep/work"}
    assert folders <= set(contents.OF_NETWORKS)
    assert {"energy", "analysis/sweep"} <= set(contents.OF_ROWS)

    def both():
        contents.of_code.cache_clear()
        space = make_space({"network": {"steps": [4]}})
        (point,) = network_points(space)
        assert point.simulation is not None
        return {space.hash, point.simulation.key, point.simulation.training}

    first = both()
    monkeypatch.setattr(contents, "version", lambda library: "0.1")
    assert not both() & first
    monkeypatch.undo()
    assert both() == first


def test_a_checked_space_takes_what_overrides_it_and_checks_it():
    space = make_space({"network": {"steps": [4, 8]}, "base": {"seed": 3}})
    assert make_space(space, method=None) is space
    changed = make_space(space, method="tpe", points=5, objectives=["energy_j", "time_s"])
    assert (changed.method, changed.points) == ("tpe", 5)
    assert changed.objectives == ("energy_j", "time_s")
    assert (changed.network, changed.hardware, changed.base) == (
        space.network,
        space.hardware,
        space.base,
    )
    assert make_space(changed, method="nsga2").points == 5
    wrong = [
        ({"points": 5}, "a grid takes all points"),
        ({"method": "luck"}, "must be a method; got 'luck'"),
        ({"objectives": ["speed"]}, "must be something to be good at"),
        ({"accuracy_loss": -1.0}, "accuracy_loss"),
        ({"network": {"steps": [5]}}, "network: must be what can change in a checked space"),
    ]
    for overrides, said in wrong:
        with pytest.raises(SpikewattError, match=said):
            make_space(space, **overrides)
