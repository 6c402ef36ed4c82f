"""Law and published: conversion methods by name, encoded inputs, read-outs, trained activations, diagnosis."""

from __future__ import annotations

import ast
import dataclasses

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.analysis.studies.diagnosis import diagnose
from spikewatt.errors import SpikewattError
from spikewatt.models.networks import build_network, load_keras
from spikewatt.models.quantised_layers import QCFS, KBitReLU, round_to_grid
from spikewatt.models.training import predictions, train
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.thresholds import METHODS, Method
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.encoders import ENCODERS, encode

from ..helpers.assert_equal import assert_equal


@pytest.fixture(scope="module")
def calibration(digits):
    return digits.scaled("train")[:500]


def hidden_clip(network) -> float:
    """Value of a hidden neuron that fires at every step: θ w λ'."""
    return float(np.max(network.population("hidden1").unit))


def test_clips_are_those_of_the_papers(mlp, digits, calibration):
    """Law: λ of each method from its definition, up to the rounding of weights (2 %) or of the threshold (0.1 %)."""
    activations = keras.Model(mlp.inputs, mlp.get_layer("hidden1").output).predict(
        calibration, verbose=0
    )
    kernel, bias = (
        np.asarray(v, np.float64)
        for v in (mlp.get_layer("hidden1").kernel, mlp.get_layer("hidden1").bias)
    )
    expected = {
        "diehl_model": np.maximum(kernel, 0).sum(axis=0).max() + max(bias.max(), 0),
        "diehl_data": max(activations.max(), np.abs(kernel).max()),
        "ml_genn_data": max(activations.max(), np.abs(kernel).max()),
        "robust": np.percentile(activations[activations > 0], 99.9),
    }
    for name, clip in expected.items():
        network = convert(mlp, calibration, input_levels=16, weight_bits=12, method=name)
        assert hidden_clip(network) == pytest.approx(clip, rel=0.001)
        assert not network.population("hidden1").initial_potential.any()
        assert network.population("hidden1").reset == METHODS[name].reset
    own = convert(
        mlp, calibration, input_levels=16, weight_bits=12, method=Method("mine", "percentile", 90.0)
    )
    assert hidden_clip(own) == pytest.approx(
        np.percentile(activations[activations > 0], 90), rel=0.001
    )


def test_spike_norm_threshold_is_the_largest_sum_of_a_step(mlp, calibration):
    network = convert(mlp, calibration, input_levels=16, method="spike_norm", input_code="poisson")
    x = calibration[:100]
    spikes = simulate(network, x, "reference", 100, rasters=100).rasters["input"]
    weights = network.connections[0].weights
    assert weights is not None
    drive = spikes.astype(np.int64) @ weights + network.population("hidden1").bias
    assert network.population("hidden1").threshold == drive.max()


def test_few_spike_floors_where_radix_rounds(mlp, digits, calibration):
    """Law: q = clip(floor(v / θ), 0, 2^K − 1) with λ the largest activation."""
    few = convert(
        mlp,
        calibration,
        "radix",
        input_levels=16,
        input_code="bitplane",
        steps=4,
        method="few_spike",
    )
    hidden, (first, _) = few.population("hidden1"), few.connections
    x = digits.scaled("test")[:20]
    v = np.round(x * 16).astype(np.int64).reshape(20, -1) @ first.weights + hidden.per_neuron(
        "initial_potential"
    )
    q = np.clip(v // hidden.per_neuron("threshold"), 0, 15)
    window = np.array([8, 4, 2, 1])
    trace = simulate(few, x, "reference", rasters=20)
    start = trace.settings.schedule.windows["hidden1"].start
    assert np.array_equal(
        np.einsum("stn,t->sn", trace.rasters["hidden1"][:, start : start + 4].astype(int), window),
        q,
    )
    assert q.max() > 9
    rounding = convert(mlp, calibration, "radix", input_levels=16, input_code="bitplane", steps=4)
    assert (rounding.population("hidden1").initial_potential > hidden.initial_potential).any()


@pytest.mark.parametrize(
    "method", ["diehl_model", "diehl_data", "robust", "spike_norm", "ml_genn_data"]
)
def test_baselines_reach_the_network_and_run_alike_on_three_engines(
    method, mlp, digits, calibration
):
    network = convert(mlp, calibration, input_levels=16, method=method, input_code="poisson")
    x, y = digits.scaled("test"), digits.y_test
    accuracy = simulate(network, x, "batched", 256, seed=3).accuracy(y)[-1]
    assert accuracy > (predictions(mlp, x) == y).mean() - 0.03
    few = simulate(network, x[:12], "reference", 20, rasters=4, seed=3)
    assert_equal(few, simulate(network, x[:12], "batched", 20, rasters=4, seed=3))
    assert_equal(few, simulate(network, x[:12], "annarchy", 20, rasters=4, seed=3))


def test_poisson_depends_on_seed_and_sample_only(mlp, digits, calibration):
    network = convert(mlp, calibration, input_levels=16, input_code="poisson")
    x = digits.scaled("test")[:9]
    trace = simulate(network, x, "reference", 30, rasters=9, seed=1)
    assert trace.settings.seed == 1
    assert not np.array_equal(trace.outputs, simulate(network, x, "reference", 30, seed=2).outputs)
    assert np.array_equal(
        trace.outputs[:, :10], simulate(network, x, "reference", 10, seed=1).outputs
    )
    assert_equal(trace, simulate(network, x, "annarchy", 30, rasters=9, seed=1, workers=2))
    rate = (
        simulate(network, np.repeat(x[:1], 60, axis=0), "reference", 100, rasters=60)
        .rasters["input"]
        .mean(axis=(0, 1))
    )
    assert np.abs(rate - x[0].reshape(-1)).max() < 5 * np.sqrt(
        0.25 / 6000
    )  # five standard errors of a mean of 6,000 draws


def test_encoders_send_what_they_say():
    """Law: the mean worth of a round is the pixel (phase exactly, rank order to its 16 ranks); bursts grow with the pixel."""
    pixels = np.arange(256)[None]
    phase = encode(ENCODERS["phase"], pixels, 255, 80, 0, 0)[0]
    assert np.array_equal(
        (phase * np.resize(ENCODERS["phase"].gains(255), 80)[:, None]).sum(axis=0),
        10 * np.arange(256),
    )
    order = encode(ENCODERS["rank_order"], pixels, 255, 16, 0, 0)[0]
    assert (order.sum(axis=0) <= 1).all()
    first = np.where(order.any(axis=0), order.argmax(axis=0), 16)
    assert (np.diff(first) <= 0).all()
    assert first[255] == 0
    assert np.abs((16 - first) / 16 - np.arange(256) / 255).max() <= 0.5 / 16 + 1e-9
    constant = encode(ENCODERS["constant"], pixels, 255, 5, 0, 0)[0]
    assert np.array_equal(constant.sum(axis=0), 5 * (np.arange(256) > 0))
    bursting = encode(ENCODERS["bursting"], pixels, 255, 400, 0, 0)[0].sum(axis=0)
    assert bursting[0] == 0 < bursting[60] < bursting[255]
    signed = encode(ENCODERS["signed_poisson"], np.array([[-255, 0, 255]]), 255, 50, 0, 0)[0]
    assert np.array_equal(signed.sum(axis=0), [-50, 0, 50])


def test_bursting_neurons_fire_as_in_annarchy():
    """Second implementation: ANNarchy's own IB neuron, driven by 100 x, fires at the same steps."""
    import subprocess
    import sys

    code = """
from spikewatt.sim.engines.annarchy.build import import_annarchy, no_arguments
import sys, tempfile, numpy as np
ann = import_annarchy()
from ANNarchy.extensions.ann_to_snn_conversion.InputEncoding import IB
net = ann.Network(); net.config(dt=1.0, num_threads=1)
pop = net.create(5, IB); monitor = net.monitor(pop, ['spike'])
with no_arguments(), tempfile.TemporaryDirectory() as folder:
    net.compile(directory=folder, silent=True)
    pop.rates = 100.0 * np.array([0, 4, 8, 12, 16]) / 16
    net.simulate(120.0)
    print('SPIKES', {k: [int(t) for t in v] for k, v in monitor.get('spike').items()})
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    found = ast.literal_eval(
        next(line for line in result.stdout.splitlines() if line.startswith("SPIKES")).removeprefix(
            "SPIKES "
        )
    )
    ours = encode(ENCODERS["bursting"], np.array([[0, 4, 8, 12, 16]]), 16, 120, 0, 0)[0]
    assert {i: np.flatnonzero(ours[:, i]).tolist() for i in range(5)} == found
    assert ours.sum() > 20


def test_an_output_that_fires_decides_by_count_and_by_first_spike(mlp, digits, calibration):
    network = convert(mlp, calibration, input_levels=16, readout="spikes")
    x, y = digits.scaled("test"), digits.y_test
    trace = simulate(network, x, "batched", 128, rasters=len(x))
    output = trace.rasters["output"].astype(int).cumsum(axis=1)
    assert np.array_equal(trace.outputs, output)  # the read-out counts
    assert trace.accuracy(y)[-1] > (predictions(mlp, x) == y).mean() - 0.03
    for k in (1, 4):
        classes, when = trace.decisions(spikes=k)
        for sample in range(len(x)):
            reached = np.flatnonzero((output[sample] >= k).any(axis=1))
            assert when[sample] == (reached[0] if len(reached) else -1)
            assert classes[sample] == (output[sample, reached[0]].argmax() if len(reached) else -1)
    later, earlier = (np.mean(trace.decisions(spikes=k)[0] == y) for k in (16, 1))
    assert later > earlier > 0.5
    assert (trace.decisions(spikes=1, step=0)[0] == -1).any()
    with pytest.raises(SpikewattError, match="Trace.decisions: needs an output that fires"):
        simulate(convert(mlp, calibration, input_levels=16), x[:2], "reference", 4).decisions()


@pytest.mark.parametrize("bits", [0, 1, 2])
def test_median_quantised_network_equals_its_quantised_keras_network(bits, digits):
    """Published: Zou et al. (2023), lossless once settled. On a power-of-two grid the logits are equal to the last bit."""
    keras.utils.set_random_seed(0)
    weighted = [
        layers.Conv2D(8, 3, name="conv"),
        layers.Conv2D(8, 2, strides=2, name="pool"),
        layers.Dense(24, name="hidden"),
    ]
    stack = [part for layer in weighted for part in (layer, KBitReLU(bits))]
    stack.insert(4, layers.Flatten())
    stack = [layers.Input((8, 8, 1)), *stack, layers.Dense(10, name="output")]
    model = keras.Sequential(stack)
    train(keras.Sequential([model, layers.Softmax()]), digits, epochs=8)
    model.get_layer("conv").kernel.assign(np.asarray(model.get_layer("conv").kernel) / 16)
    round_to_grid(model)
    x = digits.x_test.astype(np.float32)
    logits = model.predict(x, verbose=0)
    calibration, options = (
        digits.x_train[:200].astype(np.float32),
        {"input_levels": 16, "input_max": 16.0, "input_code": "analog"},
    )
    for code in ("signed", "sync_rate"):
        network = convert(
            model,
            digits.x_train[:200].astype(np.float32),
            code,
            input_levels=16,
            input_max=16.0,
            input_code="analog",
            method="median",
        )
        trace = simulate(network, x, "batched")
        assert np.array_equal(trace.outputs[:, -1] * network.output_unit, logits)
    negative = simulate(
        convert(model, calibration, "signed", **options), x[:40], "reference", rasters=40
    )
    assert min(raster.min() for raster in negative.rasters.values()) == -1  # spikes were taken back
    assert (logits.argmax(axis=1) == digits.y_test).mean() > 0.8


def test_qcfs_network_is_exact_in_sync_rate_and_close_in_rate(digits, tmp_path):
    """Published: Bu et al. (2022), θ = λ and v(0) = θ/2; with L steps per layer the quantised network itself."""
    model = build_network("mlp-64-32-10-qcfs4", digits.input_shape, 10)
    train(model, digits, epochs=25)
    model.save(tmp_path / "qcfs.keras")
    model = load_keras(tmp_path / "qcfs.keras")
    assert (
        next(layer for layer in model.layers if isinstance(layer, QCFS)).largest != 8.0
    )  # λ was trained, and saved
    x = digits.scaled("test")
    wanted = predictions(model, x)
    network = convert(
        model,
        digits.scaled("train")[:200],
        "sync_rate",
        weight_bits=12,
        input_levels=16,
        input_code="analog",
        method="qcfs",
    )
    assert network.population("hidden1").levels == 4
    assert hidden_clip(network) * 4 == pytest.approx(model.layers[2].largest, rel=0.01)
    assert (simulate(network, x, "batched").predictions() == wanted).mean() > 0.99
    rate = convert(
        model,
        digits.scaled("train")[:200],
        "rate",
        weight_bits=12,
        input_levels=16,
        input_code="analog",
        method="qcfs",
    )
    assert (simulate(rate, x, "batched", 32).predictions() == wanted).mean() > 0.93


def test_trained_levels_give_way_to_steps(digits):
    model = build_network("mlp-64-32-10-qcfs4", digits.input_shape, 10)
    calibration = digits.scaled("train")[:50]
    assert (
        convert(model, calibration, "sync_rate", input_levels=16, steps={"hidden1": 9})
        .population("hidden1")
        .levels
        == 9
    )
    assert (
        convert(model, calibration, "sync_rate", input_levels=16, steps=6)
        .population("hidden1")
        .levels
        == 6
    )
    with pytest.raises(
        SpikewattError, match="layer 'hidden1': radix transmits 2\\^K - 1 levels; got 4"
    ):
        convert(model, calibration, "radix", input_levels=16)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "magic"}, "convert.method: must name a method"),
        (
            {"method": "robust", "code": "radix"},
            "convert.method 'robust': is defined for some codes; got radix; allowed: rate",
        ),
        (
            {"method": "qcfs"},
            "layer 'hidden1': method 'qcfs' takes the clip that the layer was trained with",
        ),
        ({"reset": "half"}, "convert.reset: must be a known reset"),
        ({"reset": "zero", "code": "radix"}, "convert.reset: a reset to zero loses value"),
        ({"readout": "softmax"}, "convert.readout: must be a known read-out"),
        (
            {"readout": "spikes", "code": "sync_rate"},
            "convert.readout: spikes of the output are counted in a streaming code",
        ),
        (
            {"input_code": "poisson", "code": "signed"},
            "convert.input_code: poisson drives a streaming rate",
        ),
        ({"input_code": "morse"}, "convert.input_code: must be a known input code"),
    ],
)
def test_refusals(options, match, mlp, calibration):
    with pytest.raises(SpikewattError, match=match):
        convert(mlp, calibration, input_levels=16, **options)


def test_layers_and_methods_out_of_range_are_refused():
    for make, match in (
        (lambda: QCFS(0), "QCFS.levels"), (lambda: QCFS(4, clip=0), "QCFS.clip"), (lambda: KBitReLU(-1), "KBitReLU.bits"),
        (lambda: KBitReLU(1, 0.3), "KBitReLU.maximum: is a positive multiple of the step, 0.5; got 0.3"),
        (lambda: Method("mine", "median"), "Method.rule"), (lambda: Method("mine", "percentile", 0), "Method.percentile"),
        (lambda: round_to_grid(keras.Sequential([layers.Input((3,)), layers.Dense(2, activation="relu")])), "is followed by KBitReLU"),
        (lambda: round_to_grid(keras.Sequential([layers.Input((3,)), layers.Dense(2), layers.Dense(2)])), "on a power-of-two grid"),
    ):  # fmt: skip
        with pytest.raises(SpikewattError, match=match):
            make()


def test_diagnosis_finds_the_layer_that_was_spoilt(mlp, mlp_network, digits, calibration):
    """Law: a sound network agrees everywhere; dead, clipped and saturated layers are named with what to try."""
    x, y = digits.scaled("test")[:100], digits.y_test[:100]
    sound = diagnose(mlp, mlp_network, x, y, steps=64).set_index("layer")
    assert list(sound.index) == ["hidden1", "output"]
    assert sound["agreement"].min() > 0.98
    assert set(sound["try_next"]) == {"nothing"}
    assert (
        sound.loc["output", "accuracy_from_here"]
        == simulate(mlp_network, x, "reference", 64).accuracy(y)[-1]
    )

    def spoilt(**changes):
        populations = [
            dataclasses.replace(p, **changes) if p.name == "hidden1" else p
            for p in mlp_network.populations
        ]
        return dataclasses.replace(mlp_network, populations=populations)

    hidden = mlp_network.population("hidden1")
    clipped = (
        diagnose(mlp, spoilt(threshold=hidden.threshold // 3, unit=hidden.unit / 3), x, y, steps=64)
        .set_index("layer")
        .loc["hidden1"]
    )
    assert clipped["clipped_share"] > 0.1
    assert clipped["saturated_share"] > 0.1
    assert "larger clip" in clipped["try_next"]
    dead = (
        diagnose(mlp, spoilt(threshold=hidden.threshold * 60, unit=hidden.unit * 60), x, y, steps=8)
        .set_index("layer")
        .loc["hidden1"]
    )
    assert dead["dead_share"] > 0.5
    assert dead["try_next"] == "more simulated steps"
    narrow = diagnose(mlp, mlp_network, x, y, steps=64, state_bits=11).set_index("layer")
    assert narrow.loc["hidden1", "saturations"] > 0
    assert "state_bits" in narrow.loc["hidden1", "try_next"]
    with pytest.raises(
        SpikewattError, match="diagnose.network: was made of this model; got no population hidden2"
    ):
        diagnose(build_network("mlp-64-8-8-10", digits.input_shape, 10), mlp_network, x, y, steps=4)


def residual_cnn(pool):
    keras.utils.set_random_seed(0)
    start = layers.Input((8, 8, 1))
    first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(start)
    added = layers.ReLU(name="relu")(
        layers.Add(name="add")([first, layers.Conv2D(4, 3, padding="same", name="branch")(first)])
    )
    pooled = pool(2, name="pool")(layers.BatchNormalization(name="norm")(added))
    return keras.Model(start, layers.Dense(10, name="output")(layers.Flatten()(pooled)))


@pytest.mark.parametrize(
    "method", ["diehl_model", "diehl_data", "robust", "spike_norm", "ml_genn_data", "least_error"]
)
@pytest.mark.parametrize("pool", [layers.AveragePooling2D, layers.MaxPooling2D])
def test_methods_convert_branches_and_pools(method, pool, digits):
    network = convert(
        residual_cnn(pool),
        digits.scaled("train")[:40],
        input_levels=16,
        method=method,
        readout="spikes",
    )
    x = digits.scaled("test")[:6]
    reference = simulate(network, x, "reference", 12, rasters=2)
    assert reference.spikes["add"].sum() > 0
    assert_equal(reference, simulate(network, x, "batched", 12, rasters=2))


def test_what_an_input_cannot_be_pooled_as_is_refused(digits):
    """An average pool of weighted events would saturate, a max pool compares spikes of its own code."""
    x = digits.scaled("train")[:40]
    average = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.AveragePooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    for input_code in ("analog", "phase"):
        with pytest.raises(
            SpikewattError, match="layer 'pool': averages spikes of worth 1; got .* input"
        ):
            convert(average, x, input_levels=16, input_code=input_code)
    largest = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    for code, input_code in (
        ("radix", "if"),
        ("sync_rate", "if"),
        ("sync_rate", "bitplane"),
        ("rate", "poisson"),
    ):
        with pytest.raises(SpikewattError, match="layer 'pool' .* pools what a ReLU gives"):
            convert(largest, x, code, input_levels=16, input_code=input_code)
    network = convert(largest, x, "radix", input_levels=16, input_code="bitplane")
    assert_equal(simulate(network, x[:5], "reference"), simulate(network, x[:5], "batched"))


def test_a_relu_on_inputs_of_both_signs_is_a_layer(digits):
    stack = [
        layers.ReLU(name="cut"),
        layers.Flatten(),
        layers.Dense(8, activation="relu", name="hidden"),
        layers.Dense(3, name="output"),
    ]
    model = keras.Sequential([layers.Input((8, 8, 1)), *stack])
    x = digits.scaled("train")[:60] * 2 - 1
    network = convert(model, x, "radix", input_levels=16, input_code="analog", steps=8)
    assert "cut" in [p.name for p in network.populations]
    assert diagnose(model, network, x)["agreement"].min() > 0.99
    plain = convert(model, (x + 1) / 2, "radix", input_levels=16, input_code="bitplane")
    assert "cut" not in [p.name for p in plain.populations]  # nothing to cut


def test_one_layer_with_an_analog_input_is_a_step(digits):
    model = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, name="output")]
    )
    x = digits.scaled("test")[:7]
    network = convert(model, x, "radix", input_levels=16, input_code="analog")
    traces = [simulate(network, x, engine) for engine in ("reference", "batched", "annarchy")]
    assert traces[0].steps == 1
    assert_equal(traces[0], traces[1])
    assert_equal(traces[0], traces[2])
    np.testing.assert_array_equal(traces[0].predictions(), predictions(model, x))


def test_several_outputs_are_named(digits):
    start = layers.Input((8, 8, 1))
    flat = layers.Dense(12, activation="relu", name="hidden")(layers.Flatten()(start))
    model = keras.Model(
        start, [layers.Dense(10, name="digit")(flat), layers.Dense(2, name="odd")(flat)]
    )
    x = digits.scaled("test")[:9]
    trace = simulate(convert(model, x, "radix", input_levels=16), x, "reference")
    assert trace.predictions(readout="odd").max() < 2
    assert trace.accuracy(digits.y_test[:9] % 2, "odd").shape == (trace.steps,)
    with pytest.raises(
        SpikewattError,
        match="Trace.readout: names one of several read-outs; got 'None'; allowed: digit, odd",
    ):
        trace.predictions()
