"""Second implementation: synaptic operations as NeuroBench, SpikingJelly and sinabs count them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from spikewatt.analysis.checks.crosscheck import crosscheck
from spikewatt.analysis.checks.standing_network import standing_input, standing_network
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.engines import ENGINES
from spikewatt.sim.engines.simulate import simulate

FIXTURE = Path(__file__).parents[1] / "fixtures" / "crosscheck.npz"


@pytest.mark.parametrize("engine", ENGINES)
def test_ledgers_equal_what_three_tools_counted(engine):
    """The fixture was written with the three tools: weights, spikes, counts, versions."""
    network = standing_network()
    with np.load(FIXTURE, allow_pickle=False) as kept:
        about = json.loads(str(kept["about"]))
        trace = simulate(network, kept["x"], engine, about["steps"], rasters=len(kept["x"]))
        for c in network.connections:
            assert np.array_equal(c.weights, kept[f"weights/{c.name}"])
        for name, raster in trace.rasters.items():
            assert np.array_equal(np.packbits(raster.astype(bool)), kept[f"spikes/{name}"])
    assert {"neurobench", "spikingjelly", "sinabs"} < about["versions"].keys()
    compared = dict.fromkeys(("neurobench", "spikingjelly", "sinabs"), 0)
    for row in about["counts"]:
        if not np.isnan(row["counted"]):
            assert (
                trace.ledger(row["ledger"])[row["connection"]][row["sample"]].sum()
                == row["counted"]
                > 0
            )
            compared[row["tool"]] += 1
    assert compared == {
        "neurobench": 12,
        "spikingjelly": 12,
        "sinabs": 15,
    }  # the pool is left to sinabs


def test_the_tools_agree_today():
    pytest.importorskip("neurobench")
    pytest.importorskip("spikingjelly")
    pytest.importorskip("sinabs")
    table = crosscheck(standing_network(), standing_input(), 12).dropna()
    assert len(table) == 39
    assert (table["counted"] == table["ours"]).all()


def test_weighted_spikes_are_not_for_these_tools():
    from ..helpers.random_networks import random_input, random_network

    network = random_network(0, code="radix")
    with pytest.raises(SpikewattError, match="the tools count spikes of 0 and 1; got radix"):
        crosscheck(network, random_input(network, 1, 0))
