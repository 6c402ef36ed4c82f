"""From data to ODIN: train for its arithmetic, run on the twin, price, and leave the chip's memories in a folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...energy.pricing.odin import price_odin
from ...energy.pricing.prices import Prices
from ...rtl_ref.odin.run import OdinRun, run_odin
from ...sim.odin.chip_files import export
from ...sim.odin.image import OdinImage
from ...sim.odin.network import OdinNetwork
from ...sim.odin.size import check_size

KERAS_EPOCHS = 40
RATE_LEVELS = 4  # events of a bright pixel when a rank-order network is given rates


@dataclass(frozen=True, eq=False)
class OdinResult:
    """A network that ran on the twin, with what it reached and what it costs there."""

    network: OdinNetwork
    run: OdinRun
    accuracy: float
    keras_accuracy: float | None
    prices: Prices


def as_rate(network: OdinNetwork) -> OdinNetwork:
    """A one-layer rank-order network that is given rates: all events are sent, and the class with most output spikes wins."""
    return replace(
        network,
        input_code="rate",
        readout="potential",
        input_levels=RATE_LEVELS,
        brightness=0,
        name=f"{network.name}-rate",
    )


def run_job(
    model: Path | None,
    dataset: str,
    data_dir: Path | None,
    side: int | None,
    hidden: int | None,
    samples: int | None,
    period_s: float | None,
    seed: int,
    output: Path | None,
    progress: Callable[[str, int, int], None],
) -> OdinResult:
    """Train (from a Keras `model` if given), run the test images on the twin, price; export into the new folder `output`.

    Raises
    ------
    DoesNotFitError : more axons and neurons than ODIN has. SpikewattError : bad data, model, size or period.
    """
    from ...models.datasets import load_dataset, resized
    from ...models.networks import build_network, load_keras
    from ...models.odin.training import train_odin
    from ...models.training import predictions, train
    from ...sim.odin.convert import convert_for_odin

    data = load_dataset(dataset, data_dir)
    if side is not None:
        data = resized(data, side, side)
    images, labels = data.x_test[:samples], data.y_test[:samples]
    inputs, keras_accuracy = int(np.prod(data.input_shape)), None
    if model is None and not hidden:
        check_size(inputs, [data.classes], doubled=False, bias=False)
        name = f"odin-{inputs}-{data.classes}"
        network = OdinNetwork(
            **train_odin(
                data.x_train, data.y_train, None, data.levels, seed=seed, progress=progress
            ),
            name=name,
        )
    else:
        if model is not None:
            name, start = Path(model).stem, load_keras(model)
        else:  # an ordinary network first: to begin from it is worth several points
            name = f"mlp-{inputs}-{hidden}-{data.classes}"
            check_size(inputs, [hidden or 0, data.classes], doubled=True, bias=True)
            start = build_network(name, data.input_shape, data.classes)
            train(start, data, KERAS_EPOCHS, seed=seed, progress=progress)
        keras_accuracy = float((predictions(start, data.scaled("test")[:samples]) == labels).mean())
        network = convert_for_odin(
            start, data.x_train, data.y_train, data.levels, seed=seed, name=name, progress=progress
        )
    run = run_odin(network, images, progress)
    accuracy = run.accuracy(labels)
    prices = price_odin(run.counts, period_s=period_s, accuracy=accuracy)
    if output is not None:
        output.mkdir(parents=True)
        network.save(output / "network.odin.h5")
        image = OdinImage.of(network)
        export(image, output / "image", image.encode(images[:1])[0])
        prices.frame.to_csv(output / "energy.csv", index=False)
        (output / "assumptions.txt").write_text("\n".join(prices.assumptions) + "\n")
    return OdinResult(network, run, accuracy, keras_accuracy, prices)
