"""Law: counts that contradict each other are refused, and no others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spikewatt.errors import SpikewattError
from spikewatt.sim.counts.counts import Counts

FIRST = {"name": "a", "neurons": 4, "fan_out": 2, "spikes": 8, "synaptic_operations": 16}
LAST = {"name": "b", "neurons": 2, "fan_out": 0, "spikes": 1, "synaptic_operations": 0}


def with_first(**changed) -> list[dict]:
    return [{**FIRST, **changed}, LAST]


# What is changed of the first layer, and what is said.
REFUSED = {
    "more operations than spikes reach": (
        {"synaptic_operations": 17},
        "layer 'a': synaptic_operations: has at most spikes \\* fan_out .*got 17; allowed: <= 16",
    ),
    "more spikes than steps": (
        {"spikes": 41, "synaptic_operations": 0},
        "layer 'a': spikes: sends at most neurons \\* steps .*got 41; allowed: <= 40",
    ),
    "more updates than steps": (
        {"active_updates": 8, "idle_updates": 33},
        "layer 'a': active_updates \\+ idle_updates: updates each .*got 41; allowed: <= 40",
    ),
    "updates of an input": (
        {"is_input": True, "idle_updates": 3},
        "layer 'a': is an input, which has no neuron updates; got 3",
    ),
    "a row beyond the fan-out": (
        {"row_length": 3},
        "layer 'a': row_length: a row is at most as long .*got 3; allowed: <= 2",
    ),
    "negative": ({"spikes": -1}, "layer 'a': spikes: must be a finite number; got -1"),
    "nan": ({"fan_out": math.nan}, "layer 'a': fan_out: must be a finite number; got nan"),
    "infinite": ({"spikes": math.inf}, "layer 'a': spikes: must be a finite number; got inf"),
    "beyond floats": ({"spikes": 10**400}, "layer 'a': spikes: must be a finite number"),
    "text": ({"spikes": "8"}, "layer 'a': spikes: must be a finite number; got '8'"),
    "true is no number": ({"spikes": True}, "layer 'a': spikes: must be a finite number"),
    "half a neuron": ({"neurons": 1.5}, "layer 'a': neurons: must be a whole number; got 1.5"),
    "no neuron": ({"neurons": 0}, "layer 'a': neurons: must be a whole number; got 0"),
    "no core": ({"cores": 0}, "layer 'a': cores: must be a whole number; got 0"),
    "a word for a flag": ({"is_input": "yes"}, "layer 'a': is_input: must be true or false"),
    "no name": ({"name": " "}, "Counts.layers\\[0\\].name: must be a name"),
    "two names alike": ({"name": "b"}, "Counts.layers: must have different names; got b more"),
    "unknown": ({"neuron": 4}, "Counts.layers\\[0\\]: must have .*got neuron unknown; allowed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_contradicts_itself_is_refused_in_one_line(name):
    changed, said = REFUSED[name]
    with pytest.raises(SpikewattError, match=said) as caught:
        Counts(with_first(**changed), steps=10)
    assert "\n" not in str(caught.value)


def test_all_that_is_missing_and_all_that_is_unknown_is_named():
    layer = {"name": "a", "neurons": 4, "synops": 3, "rate": 2}
    match = "got fan_out, spikes, synaptic_operations missing; synops, rate unknown; allowed"
    with pytest.raises(SpikewattError, match=match):
        Counts([layer], steps=10)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"steps": 0}, "Counts.steps: must be a number of steps; got 0"),
        ({"steps": True}, "Counts.steps: must be a number of steps; got True"),
        ({"time_s": 0.0}, "Counts.time_s: must be a finite number; got 0.0; allowed: > 0"),
        ({"spikes_per_step": 0}, "Counts.spikes_per_step: must be the most spikes"),
        ({"leaks": None}, "Counts.leaks: must be true or false; got None"),
        ({"reset": "none"}, "Counts.reset: .*got 'none'; allowed: subtract, zero"),
        ({"layers": []}, "Counts.layers: must have a layer; got none"),
        ({"layers": "layers"}, "Counts.layers: must be a list of layers; got str"),
        ({"layers": [3]}, "Counts.layers\\[0\\]: must be a mapping of fields"),
    ],
)
def test_what_holds_for_all_layers_is_checked(changed, said):
    with pytest.raises(SpikewattError, match=said):
        Counts(**{"layers": with_first(), "steps": 10, **changed})


def test_numbers_of_numpy_and_of_tables_are_numbers():
    counts = Counts(
        with_first(neurons=np.float64(4.0), spikes=np.int64(8), is_input=np.bool_(True)),
        steps=np.int64(10),
    )
    first = counts.layers[0]
    assert (first.neurons, first.spikes, first.is_input) == (4, 8.0, True)
    assert type(first.neurons) is int
    assert type(first.is_input) is bool


def test_a_layer_feeds_the_next_that_is_no_input():
    other = {**FIRST, "name": "other", "is_input": True}
    counts = Counts([*with_first(is_input=True)[:1], other, LAST], steps=10)
    first, second, last = counts.layers
    assert counts.fed_by(first) is counts.fed_by(second) is last
    assert counts.fed_by(last) is None


sizes = st.integers(1, 1000)


@given(sizes, sizes, sizes, st.integers(1, 3), st.floats(0, 2), st.floats(0, 2))
def test_the_laws_are_sharp(neurons, fan_out, steps, spikes_per_step, fires, reaches):
    """At and below the largest number of spikes and operations it is accepted, above it is not."""
    spikes = fires * neurons * steps * spikes_per_step
    layer = {
        "name": "a",
        "neurons": neurons,
        "fan_out": fan_out,
        "spikes": spikes,
        "synaptic_operations": reaches * spikes * fan_out,
    }
    contradicts = fires > 1 + 1e-8 or (reaches > 1 + 1e-8 and spikes * fan_out > 1e-300)
    if contradicts:
        with pytest.raises(SpikewattError, match="at most"):
            Counts([layer], steps, spikes_per_step=spikes_per_step)
    elif fires <= 1 and reaches <= 1:
        counts = Counts([layer], steps, spikes_per_step=spikes_per_step)
        assert counts.spikes == spikes
