"""Published: networks that others trained, on real data. Slow; skipped without the files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from spikewatt.models.datasets import load_dataset
from spikewatt.models.loading.load import load_keras
from spikewatt.models.networks import build_network
from spikewatt.models.training import predictions
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ...helpers.engines import on_all_engines
from ...helpers.trained import on_mnist

EPOCHS = 10
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def tiny() -> Path:
    """Folder with the MLPerf Tiny networks as .keras files.

    SPIKEWATT_MODELS, or shared/models/mlperf_tiny beside the checkout.
    """
    beside = Path(__file__).parents[4] / "shared" / "models" / "mlperf_tiny"
    for folder in (os.environ.get("SPIKEWATT_MODELS"), beside):
        if folder and (Path(folder) / "resnet8.keras").is_file():
            return Path(folder)
    pytest.skip("no folder with resnet8.keras")


@pytest.mark.parametrize(
    ("name", "input_code", "input_max"),
    [
        ("resnet8", "bitplane", 255.0),
        ("dscnn", "analog", 8.0),
        ("autoencoder", "analog", 8.0),
        ("mobilenet_025", "bitplane", 1.0),
    ],
)
def test_mlperf_tiny_networks_run_alike_on_all_engines(name, input_code, input_max, tiny):
    """Random inputs: equal spikes per layer and step, operations and outputs."""
    model = load_keras(tiny / f"{name}.keras")
    random = np.random.default_rng(0)
    shape = model.inputs[0].shape[1:]
    x = (
        random.random((20, *shape)) * input_max
        if input_code == "bitplane"
        else np.clip(random.normal(0, 2, (20, *shape)), -8, 8)
    )
    network = convert(model, x, code="radix", steps=4, input_code=input_code, input_max=input_max)
    trace = on_all_engines(network, x[:1])
    operations = sum(int(counts.sum()) for counts in trace.sops.values())
    assert operations > 10_000
    count, steps = len(network.populations), trace.steps
    print(f"{name}: {count} populations, {steps} steps end to end, {operations:,} operations")


@pytest.mark.parametrize(
    ("steps", "sweeps", "least"), [(6, 0, 0.870), (5, 0, 0.865), (4, 2, 0.862)]
)
def test_resnet8_keeps_its_accuracy_without_retraining(steps, sweeps, least, tiny, shared_data):
    """MLPerf Tiny ResNet-8, 87.19 % in float on the test images of CIFAR-10; 8 bits, radix."""
    if not (shared_data / "cifar10.npz").is_file():
        pytest.skip("no cifar10.npz")
    data = load_dataset("cifar10", shared_data)
    model = load_keras(tiny / "resnet8.keras")
    calibration = data.scaled("train")[:256] * 255
    network = convert(
        model,
        calibration,
        code="radix",
        steps=steps,
        input_code="bitplane",
        input_max=255.0,
        bias_correction=sweeps,
    )
    trace = simulate(network, data.scaled("test") * 255, "batched")
    accuracy = trace.accuracy(data.y_test)[-1]
    print(f"ResNet-8, K={steps}, {sweeps} sweeps: {accuracy:.2%} on {trace.samples} images")
    assert trace.samples == 10_000
    assert accuracy >= least


def test_lenet_in_radix_keeps_its_accuracy(shared_data, once_per_run):
    """MNIST, 10,000 test images, 8-bit weights: at most 0.1 points lost at K=4, 0.05 at K=6."""
    mnist = load_dataset("mnist", shared_data)
    model = on_mnist(once_per_run, mnist, "lenet", epochs=3)
    x, y = mnist.scaled("test"), mnist.y_test
    ann = (predictions(model, x) == y).mean()
    for steps, most in ((4, 0.001), (6, 0.0005)):
        network = convert(
            model, mnist.scaled("train")[:1000], code="radix", steps=steps, input_code="bitplane"
        )
        snn = simulate(network, x, "batched").accuracy(y)[-1]
        print(f"lenet, radix K={steps}: Keras {ann * 100:.2f} %, spiking {snn * 100:.2f} %")
        assert ann - snn <= most + 1e-9


@pytest.mark.parametrize("bits", [0, 1, 2])
def test_median_quantised_lenet_equals_its_quantised_network(bits, shared_data):
    """Zou et al. (2023) report 99.32 % = 99.32 % for k = 1 after 13 steps.

    Negative spikes settle on the quantised activations. Every number of the Keras network lies on a
    power-of-two grid, so that float32 computes it exactly: the logits of all 10,000 images must be
    equal to the last bit.
    """
    import keras
    from spikewatt.models.quantised_layers import round_to_grid

    mnist = load_dataset("mnist", shared_data)
    model = build_network(f"lenet-strided-k{bits}", mnist.input_shape, 10)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, EPOCHS * -(-len(mnist.x_train) // 100))
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        jit_compile=False,
    )
    model.fit(mnist.scaled("train"), mnist.y_train, batch_size=100, epochs=EPOCHS, verbose=0)
    quantised = keras.Sequential([keras.layers.Input(mnist.input_shape), *model.layers])
    output = quantised.layers[-1]
    output.activation = keras.activations.linear
    first = quantised.layers[0]
    first.kernel.assign(np.asarray(first.kernel) / 255)  # takes raw pixels, which are integers
    round_to_grid(quantised)
    x, y = mnist.x_test.astype(np.float32), mnist.y_test
    logits = quantised.predict(x, batch_size=256, verbose=0)
    network = convert(
        quantised,
        mnist.x_train[:100].astype(np.float32),
        "signed",
        input_max=255.0,
        input_code="analog",
        method="median",
    )
    trace = simulate(network, x, "batched")
    accuracy = trace.accuracy(y)
    ann = (logits.argmax(axis=1) == y).mean()
    last = trace.outputs[:, -1]
    as_at_the_end = [np.array_equal(trace.outputs[:, t], last) for t in range(trace.steps)]
    settled = int(np.argmax(as_at_the_end)) + 1
    first_at = int(np.argmax(accuracy >= ann)) + 1
    sops = sum(int(c[:, :settled].sum()) for c in trace.sops.values()) / len(x)
    print(f"lenet-strided k={bits}: {ann:.2%} quantised, {accuracy[-1]:.2%} spiking")
    print(f"reached after {first_at} steps, settled after {settled}; {sops:.0f} SOPs per image")
    assert len(x) == 10_000
    assert np.array_equal(trace.outputs[:, -1] * network.output_unit, logits)
    assert ann > 0.988
