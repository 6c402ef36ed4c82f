"""What pruning saves on mapped hardware: a crossbar saves nothing from single zero weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.energy.pruning_savings import AFTER, BEFORE, Saving, pruning_savings, savings_table
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.pruning.cut import Cut

PIXELS, HIDDEN = 20, 40
STEPS = 10


def network(hidden: int = HIDDEN) -> SpikingNetwork:
    random = np.random.default_rng(0)
    first = random.integers(-20, 60, (PIXELS, hidden))
    last = random.integers(-60, 60, (hidden, 4))
    populations = [
        Population("input", (PIXELS,), "input", 15, 0, 7),
        Population("hidden", (hidden,), "integrate_and_fire", 200, 0, 100),
        Population("output", (4,), "readout", 1, 0, 0),
    ]
    arrows = [
        Connection("input", "hidden", "dense", first),
        Connection("hidden", "output", "dense", last),
    ]
    return SpikingNetwork(populations, arrows, "rate", 1 / 15, 1.0, 8)


X = np.random.default_rng(1).integers(0, 16, (6, PIXELS)) / 15


def trace_of(pruned: SpikingNetwork):
    return simulate(pruned, X, "reference", STEPS)


def rows_of(cut: Cut, *devices: str, hidden: int = HIDDEN) -> dict[str, Saving]:
    """The rows of workload ``snn`` of the only device, by network."""
    before = network(hidden)
    rows = pruning_savings(trace_of(before), trace_of(cut.applied(before)), *devices)
    return {row.network: row for row in rows if row.workload == "snn"}


def single_zeros() -> Cut:
    """Half of the synapses into the hidden layer, drawn by chance."""
    return Cut({"input->hidden": np.random.default_rng(2).random((PIXELS, HIDDEN)) < 0.5})


def deaf_zeros() -> Cut:
    """Half of the synapses to the outputs, so that no spike changes."""
    return Cut({"hidden->output": np.random.default_rng(2).random((HIDDEN, 4)) < 0.5})


def test_a_crossbar_saves_nothing_from_single_zeros():
    rows = rows_of(deaf_zeros(), "odin_style")
    before, after = rows[BEFORE], rows[AFTER]
    assert after.nonzero_operations is not None
    assert before.nonzero_operations is not None
    assert after.nonzero_operations < before.nonzero_operations
    changes = {"network": BEFORE, "nonzero_operations": before.nonzero_operations}
    assert replace(after, **changes) == before
    assert before.operations

    of_any_kind = rows_of(single_zeros(), "odin_style")
    before, after = of_any_kind[BEFORE], of_any_kind[AFTER]
    for name in ("cores", "neurons", "axons", "synapse_words", "neuron_words", "memory_bytes"):
        assert getattr(before, name) == getattr(after, name) > 0


def test_zero_skipping_leaves_operations_out_and_stores_the_weights():
    rows = rows_of(deaf_zeros(), "odin_style:zero_skipping=1")
    before, after = rows[BEFORE], rows[AFTER]
    assert after.operations == pytest.approx(after.nonzero_operations)
    assert before.operations is not None
    assert before.energy_j is not None
    assert after.operations is not None
    assert after.energy_j is not None
    assert after.operations < before.operations
    assert before.energy_j is not None
    assert after.energy_j is not None
    assert after.energy_j < before.energy_j
    assert after.synapse_words == before.synapse_words


def test_channels_save_rows_columns_and_operations():
    cut = Cut.of_channels(network(), {"hidden": range(0, HIDDEN, 2)})
    rows = rows_of(cut, "odin_style")
    before, after = rows[BEFORE], rows[AFTER]

    # Pixels have no axons; one core holds all, and hears pixels and hidden neurons.
    assert before.synapse_words == (PIXELS + HIDDEN + 4) * (PIXELS + HIDDEN)
    assert after.synapse_words == (PIXELS + HIDDEN // 2 + 4) * (PIXELS + HIDDEN // 2)
    assert (before.neuron_words, after.neuron_words) == (PIXELS + HIDDEN + 4, PIXELS + 20 + 4)
    assert before.synapse_words_built == after.synapse_words_built == 256 * 256


def test_whole_cores_are_saved():
    cut = Cut.of_channels(network(120), {"hidden": range(0, 120, 2)})
    rows = rows_of(cut, "odin_style:neurons_per_core=64", hidden=120)
    before, after = rows[BEFORE], rows[AFTER]
    assert (before.cores, after.cores) == (3, 2)


def test_software_performs_what_a_zero_weight_asks_for():
    before = network()
    traces = [trace_of(n) for n in (before, deaf_zeros().applied(before))]
    rows = pruning_savings(*traces, "stm32l4r5")
    assert [(row.workload, row.network) for row in rows] == [
        *(("snn", BEFORE), ("snn", AFTER)),
        *(("int8_ann", BEFORE), ("int8_ann", AFTER)),
    ]
    for one, other in (rows[:2], rows[2:]):
        assert one.operations == other.operations
        assert one.energy_j == other.energy_j
        assert one.memory_bytes == other.memory_bytes
        assert one.cores is None

    table = savings_table(rows)
    assert list(table["network"]) == [BEFORE, AFTER] * 2


def test_a_device_that_does_not_take_it_says_why():
    before = network()
    exact = replace(
        before,
        code="radix",
        populations=tuple(replace(p, levels=15) for p in before.populations),
    )
    trace = simulate(exact, X, "reference")
    rows = pruning_savings(trace, trace, "odin_style")
    assert len(rows) == 2
    for row in rows:
        assert "doubles the accumulator" in row.refused
        assert row.energy_j is None


def test_a_network_that_is_narrow_enough_only_when_pruned():
    cut = Cut.of_channels(network(300), {"hidden": range(100, 300)})
    rows = rows_of(cut, "reference_core", hidden=300)
    assert "got 300; allowed: a card with axons_per_core >= 300" in rows[BEFORE].refused
    assert rows[AFTER].refused == ""
    assert rows[AFTER].cores == 1


def test_traces_are_of_the_same_samples():
    one = trace_of(network())
    other = simulate(network(), X[:3], "reference", STEPS)
    with pytest.raises(SpikewattError, match="are of the same samples"):
        pruning_savings(one, other, "odin_style")


@pytest.mark.parametrize("device", ["loihi", "loihi2"])
def test_a_chip_without_a_clock_has_cores_and_what_it_performs(device):
    rows = rows_of(Cut.of_channels(network(), {"hidden": range(20)}), device)
    before, after = rows[BEFORE], rows[AFTER]
    assert (before.refused, after.refused) == ("", "")
    assert before.cores
    assert before.synapse_words is None
    assert before.operations is not None
    assert after.operations is not None
    assert before.operations == trace_of(network()).mean_operations()
    assert after.operations < before.operations
    assert before.energy_j is not None
    assert after.energy_j is not None
    assert after.energy_j < before.energy_j
