"""A trace that was put together by hand: what is wrong is said by name, and never by numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.counts.of_trace import counts_of
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.trace.first_steps import first_steps
from spikewatt.sim.trace.guard import check_trace
from spikewatt.sim.trace.layer_summary import summarise
from spikewatt.sim.trace.recorder import arrays_of
from spikewatt.sim.trace.stored import Stored

from ...helpers.random_networks import random_input, random_network

SAMPLES, STEPS = 3, 5


@pytest.fixture(scope="module")
def trace():
    """A chain input, layer0, output: dense, so that operations follow from spikes."""
    network = random_network(2, layers=1, kinds=("dense",))
    return simulate(network, random_input(network, SAMPLES, 2), "reference", STEPS, rasters=1)


def spikes(change):
    def changed(trace):
        return replace(trace, spikes={**trace.spikes, "layer0": change(trace.spikes["layer0"])})

    return changed


def operations(change, ledger="synapses"):
    def changed(trace):
        table = trace.synaptic_operations[ledger]
        table = {**table, "input->layer0": change(table["input->layer0"])}
        return replace(trace, synaptic_operations={**trace.synaptic_operations, ledger: table})

    return changed


def without(field, name):
    def changed(trace):
        table = {key: each for key, each in getattr(trace, field).items() if key != name}
        return replace(trace, **{field: table})

    return changed


def with_one_more(field, name, of):
    def changed(trace):
        table = getattr(trace, field)
        return replace(trace, **{field: {**table, name: table[of]}})

    return changed


def with_layer(**changes):
    def changed(trace):
        return replace(trace, layers=(replace(trace.layers[0], **changes), *trace.layers[1:]))

    return changed


def with_setting(**changes):
    def changed(trace):
        return replace(trace, settings=replace(trace.settings, **changes))

    return changed


# What is done to a trace, and what is said after its name.
WRONG = {
    "layers back to front": (
        lambda trace: replace(trace, layers=trace.layers[::-1]),
        "layers: layer0->output: stands after the layers that feed it; got nothing feeds 'layer0'",
    ),
    "synapses and no macs": (with_layer(macs=0), "input->layer0: macs: must be those of a layer"),
    "weights of no bits": (
        with_setting(weight_bits=0),
        "settings: weight_bits: must be a number of bits; got 0",
    ),
    "weights of unknown bits": (
        with_setting(weight_bits=None),
        "settings: weight_bits: must be a number of bits; got None",
    ),
    "steps too few": (
        spikes(lambda array: array[:, :-1]),
        "spikes\\['layer0'\\]: must have the shape \\(samples, steps\\); got \\(3, 4\\); "
        "allowed: \\(3, 5\\)",
    ),
    "samples too few": (
        operations(lambda array: array[:-1]),
        "synaptic_operations\\['synapses'\\]\\['input->layer0'\\]: must have the shape "
        "\\(samples, steps\\); got \\(2, 5\\)",
    ),
    "an axis more": (spikes(lambda array: array[..., None]), "got \\(3, 5, 1\\)"),
    "a list": (spikes(lambda array: array.tolist()), "must be an array of numbers; got list"),
    "text": (spikes(lambda array: array.astype(str)), "must be an array of numbers; got dtype"),
    "no samples": (
        lambda trace: replace(trace, outputs=trace.outputs[:0]),
        "outputs: must have the shape \\(samples, steps, outputs\\); got \\(0, 5",
    ),
    "negative": (spikes(lambda array: array - 10**6), "spikes of 'layer0': counts are possible"),
    "nan": (
        spikes(lambda array: np.full(array.shape, np.nan)),
        "spikes\\['layer0'\\]: must be finite; got nan or infinite",
    ),
    "infinite operations": (
        operations(lambda array: np.full(array.shape, np.inf)),
        "\\['synapses'\\]\\['input->layer0'\\]: must be finite",
    ),
    "more spikes than neurons": (
        spikes(lambda array: array + 10**6),
        "spikes of 'layer0': counts are possible; got 0..1000007; allowed: 0..9",
    ),
    "more operations than synapses": (
        operations(lambda array: array + 10**9),
        "operations of 'input->layer0': counts are possible; got",
    ),
    "operations that no spike caused": (
        operations(lambda array: np.zeros_like(array)),
        "operations of 'input->layer0': (those with weights are among all|a spike reaches all)",
    ),
    "operations of nothing": (
        with_one_more("neurons", "ghost", "layer0"),
        "neurons: must have no other names than the layers; got ghost; allowed: input, layer0",
    ),
    "spikes of nobody": (
        with_one_more("spikes", "ghost", "layer0"),
        "spikes: must have no other names than the layers; got ghost; allowed: input, layer0",
    ),
    "spikes that are missing": (
        without("spikes", "layer0"),
        "spikes: must hold all of input, layer0; got layer0 missing",
    ),
    "neurons that are missing": (without("neurons", "output"), "got output missing"),
    "a ledger that is missing": (
        without("synaptic_operations", "nonzero"),
        "synaptic_operations: must hold all of synapses, nonzero; got nonzero missing",
    ),
    "neurons of another number": (
        lambda trace: replace(trace, neurons={**trace.neurons, "layer0": 1}),
        "population 'layer0' has as many neurons as its shape",
    ),
    "half a neuron": (
        lambda trace: replace(trace, neurons={**trace.neurons, "layer0": 1.5}),
        "neurons\\['layer0'\\]: must be a number of neurons; got 1.5",
    ),
    "negative macs": (
        with_layer(macs=-1),
        "layers: input->layer0: macs: must be a count; got -1",
    ),
    "macs that are nan": (with_layer(macs=float("nan")), "macs: must be a count; got nan"),
    "more synapses than pairs": (
        with_layer(synapses=10**12),
        "layer 'input->layer0': has no more synapses than pairs",
    ),
    "no layers": (lambda trace: replace(trace, layers=()), "layers: must be a tuple of"),
    "no settings": (lambda trace: replace(trace, settings=None), "settings: must be RunSettings"),
    "a raster of others": (
        lambda trace: replace(trace, rasters={"layer0": np.zeros((1, STEPS, 1))}),
        "rasters\\['layer0'\\]: must have the shape \\(samples, steps, neurons\\)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_price_of_what_cannot_be_says_which_law(trace, name):
    change, said = WRONG[name]
    wrong = change(trace)
    with pytest.raises(SpikewattError, match=f"^trace: .*{said}") as caught:
        price(wrong, "stm32l4r5", "odin_style")
    assert "broadcast" not in str(caught.value)
    assert "\n" not in str(caught.value)

    prices = price(trace, "odin_style", "stm32l4r5")
    with pytest.raises(SpikewattError, match="^break_evens: "):
        prices.break_evens(wrong)
    with pytest.raises(SpikewattError, match="^counts_of: "):
        counts_of(wrong)


def test_what_is_no_trace_is_named():
    with pytest.raises(SpikewattError, match="price: must be given a Trace or Counts; got dict"):
        price({}, "stm32l4r5")  # type: ignore[arg-type]


def test_a_trace_that_was_simulated_passes(trace):
    assert check_trace("trace", trace) is trace


def test_the_first_steps_of_a_run_that_saturated_pass(trace):
    """How often potentials were held is a count of the whole run."""
    held = {name: np.full(SAMPLES, size * STEPS) for name, size in trace.neurons.items()}
    short = first_steps(replace(trace, saturations=held), 1)
    assert check_trace("trace", short).steps == 1


def test_numbers_that_lie_in_a_file_are_not_read(trace, tmp_path):
    """They were checked when the file was loaded, and may be more than memory holds."""
    import h5py

    with h5py.File(tmp_path / "counts.h5", "w") as file:
        for key, array in arrays_of(trace).items():
            file[key] = array
        stored = {key: Unread(file[key]) for key in arrays_of(trace)}
        check_trace("trace", trace.with_arrays(stored))

        stored["spikes/layer0"] = stored["spikes/layer0"][:, :2]
        with pytest.raises(
            SpikewattError, match="trace: spikes\\['layer0'\\]: must have the shape"
        ):
            check_trace("trace", trace.with_arrays(stored))


class Unread(Stored):
    """Complains if anybody reads it."""

    def __array__(self, *args, **kwargs):
        raise AssertionError("read")

    def min(self, *args, **kwargs):
        raise AssertionError("read")

    max = sum = min


def test_one_layer_on_two_connections_is_counted_once():
    """A sum without a ReLU feeds a convolution: two connections carry it, one counts it."""
    from keras import Input, Model, layers

    pixels = Input((8, 8, 1))
    stem = layers.Conv2D(2, 3, padding="same", activation="relu")(pixels)
    branch = layers.Conv2D(2, 3, padding="same", activation="relu")(stem)
    after = layers.Conv2D(2, 3, activation="relu")(layers.Add()([branch, stem]))
    model = Model(pixels, layers.Dense(2)(layers.Flatten()(after)))

    x = np.random.default_rng(0).random((8, 8, 8, 1))
    network = convert(model, x, code="radix", steps=2, input_code="bitplane")
    (counted_elsewhere,) = [layer for layer in summarise(network) if layer.executed == ()]
    assert counted_elsewhere.synapses
    assert not counted_elsewhere.macs

    trace = simulate(network, x[:2], "reference")
    assert check_trace("trace", trace) is trace
