"""Law: every kind, rule and code is in every table that is asked for it; a concept is its name."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines import reference
from spikewatt.sim.engines.annarchy import neurons as annarchy_neurons
from spikewatt.sim.engines.batched import exact, loop, operators, sums
from spikewatt.sim.engines.engines import ENGINES
from spikewatt.sim.engines.event import patches as event_patches
from spikewatt.sim.engines.event import products as event_products
from spikewatt.sim.engines.event import structures as event_structures
from spikewatt.sim.network.codes import CODES, code_named
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.connection_kinds import CONNECTION_KINDS, Depthwise
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.input_codes import INPUT_CODES, input_code_named
from spikewatt.sim.network.named import Named
from spikewatt.sim.network.neurons import FIRING_RULES, RESETS, Subtract, fire, fire_or_retract
from spikewatt.sim.network.population import POPULATION_KINDS
from spikewatt.sim.network.synapses import unroll

TABLES = (CODES, INPUT_CODES, CONNECTION_KINDS, POPULATION_KINDS, RESETS, FIRING_RULES, ENGINES)


def classes_of(table: dict[str, Named]) -> set[type]:
    return {type(concept) for concept in table.values()}


@pytest.mark.parametrize(
    ("found", "table"),
    [
        (operators.OPERATIONS.keys(), CONNECTION_KINDS),
        (sums.KERNELS.keys(), CONNECTION_KINDS),
        (reference.STEPS.keys(), FIRING_RULES),
        (loop.STEPS.keys(), FIRING_RULES),
        ({*exact.VALUES, *exact.ELSEWHERE}, FIRING_RULES),
        (annarchy_neurons.RULES.keys(), FIRING_RULES),
        (event_structures.RULES.keys(), FIRING_RULES),
        (event_patches.PATCHES.keys(), CONNECTION_KINDS),
        (event_products.PRODUCTS.keys(), CONNECTION_KINDS),
    ],
    ids=[
        *("operators", "kernels", "reference", "streaming", "exact"),
        *("annarchy", "event", "patches", "products"),
    ],
)
def test_every_class_has_an_entry(found, table):
    assert set(found) == classes_of(table)


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(below) for below in kind.__subclasses__()))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: next(iter(table)))
def test_every_named_class_is_in_its_table(table):
    base = next(b for b in type(next(iter(table.values()))).__mro__ if Named in b.__bases__)
    named = {
        c for c in subclasses(base) if "name" in vars(c) and c.__module__.startswith("spikewatt")
    }
    assert classes_of(table) == named
    assert [concept.name for concept in table.values()] == list(table)


def test_a_concept_is_its_name_and_cannot_be_changed():
    rate = CODES["rate"]
    assert rate == "rate"
    assert "rate" in {rate}
    assert rate != "radix"
    assert rate not in (RESETS["zero"], CODES["radix"])
    assert {"rate": 1}[rate] == 1
    assert copy.deepcopy(rate) == pickle.loads(pickle.dumps(rate)) == rate
    with pytest.raises(AttributeError, match="frozen"):
        rate.streaming = False


def test_unknown_names_are_refused_with_all_that_are_known():
    with pytest.raises(SpikewattError, match=r"must be a known code; got 'ttfs'; allowed: radix"):
        code_named("here", "ttfs")
    with pytest.raises(SpikewattError, match=r"known input code; got 'iff'; allowed: analog"):
        input_code_named("here", "iff")


@pytest.mark.parametrize(("code", "steps"), [("radix", 5), ("sync_rate", 7), ("signed", 9)])
def test_steps_and_levels_are_inverse(code, steps):
    levels = CODES[code].levels(steps)
    assert CODES[code].steps(levels) == steps
    assert CODES[code].transmits(levels)
    assert not CODES[code].transmits(0)


def test_fire_loses_nothing_by_subtraction_and_retracts_what_was_sent():
    v = np.arange(-20, 60)
    after, spikes = fire(v, np.array(7), Subtract())
    assert np.array_equal(after + 7 * spikes, v)
    assert spikes.sum() == (v >= 7).sum() > 0

    sent = np.array([0, 1, 3])
    _, spikes = fire_or_retract(np.array([-1, -1, 9]), np.array(7), sent, levels=3)
    assert spikes.tolist() == [0, -1, 0]


def test_mixed_axons_of_a_depthwise_connection_are_those_of_its_synapses():
    random = np.random.default_rng(4)
    weights = random.integers(-9, 10, (3, 3, 4, 2))
    weights[..., 1, :] = np.abs(weights[..., 1, :])
    window = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
    connection = Connection("a", "b", Depthwise(), weights, window)
    matrix = unroll(connection, (4, 2, 4), (4, 2, 8)).toarray()
    both = (matrix > 0).any(axis=0) & (matrix < 0).any(axis=0)
    assert connection.mixed_axons((4, 2, 4)) == both.sum() == 24
