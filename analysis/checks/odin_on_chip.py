"""From data to a chip of ODIN's kind: train, run on its twin, price, leave its memories."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ... import files
from ...energy.pricing.bills import checked_period
from ...energy.pricing.odin import price_odin
from ...energy.pricing.prices import Prices
from ...models.odin.chips import ODIN, OdinChip, chip_of
from ...progress import Progress, silent
from ...resources import check_writable
from ...rtl_ref.odin.run import OdinRun, run_odin
from ...sim.odin.chip_files import export
from ...sim.odin.images import image_of
from ...sim.odin.network import OdinNetwork
from ...sim.odin.size import check_size
from ..report.rows import ASSUMPTIONS, write_frame

if TYPE_CHECKING:
    from ...models.datasets import Dataset

KERAS_EPOCHS = 40
RATE_LEVELS = 4  # events of a bright pixel when a rank-order network is given rates


@dataclass(frozen=True, eq=False)
class OdinResult:
    """A network that ran on the twin, with what it reached and what it costs there.

    Parameters
    ----------
    network : OdinNetwork
        What ran.
    run : OdinRun
        What the twin counted.
    accuracy : float
        On the twin.
    keras_accuracy : float or None
        Of the Keras network that the training began from.
    prices : Prices
        One inference on the chip.
    """

    network: OdinNetwork
    run: OdinRun
    accuracy: float
    keras_accuracy: float | None
    prices: Prices


def as_rate(network: OdinNetwork) -> OdinNetwork:
    """A one-layer rank-order network that is given rates.

    All events are sent, and the class with most output spikes wins.
    """
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
    data_dir: Path | None = None,
    *,
    side: int | None = None,
    hidden: int | None = None,
    samples: int | None = None,
    period_s: float | None = None,
    seed: int = 0,
    output: Path | None = None,
    progress: Progress = silent,
    chip: str | OdinChip = ODIN,
) -> OdinResult:
    """Train for ODIN or tinyODIN, run the test images on the twin, and price them.

    Parameters
    ----------
    model : Path or None
        Trained Keras network of dense layers to begin from; None to train one.
    dataset : str
        Name of a data set, or path of an ``.npz`` file.
    data_dir : Path, default None
        Folder with ``<dataset>.npz``.
    side : int, pixels, default None
        Resize images to so many pixels square.
    hidden : int, default None
        Hidden neurons where there is no `model`; None for one layer in rank order.
    samples : int, default None
        Only the first so many test images.
    period_s : float, s, default None
        One inference per period.
    seed : int, default 0
        Of the training.
    output : Path, default None
        New folder for network, image of the chip, price and assumptions.
    progress : Progress, default silent
        Called as training and twin go on.
    chip : OdinChip or its name, default "odin"
        ``odin`` or ``tinyodin``.

    Raises
    ------
    DoesNotFitError
        More axons and neurons than the chip has.
    SpikewattError
        Bad data, model, size or period.
    """
    from ...models.datasets import load_dataset, resized

    chip = chip_of("run_job.chip", chip)
    checked_period(period_s)
    if output is not None:
        check_writable(output.parent)
    data = load_dataset(dataset, data_dir)
    if side is not None:
        data = resized(data, side, side)
    images, labels = data.x_test[:samples], data.y_test[:samples]

    keras_accuracy = None
    if model is None and not hidden:
        network = _one_layer(data, chip, seed, progress)
    else:
        network, start = _two_layers(
            model,
            data,
            hidden or 0,
            chip,
            seed,
            progress,
        )
        keras_accuracy = _keras_accuracy(start, data, samples)

    run = run_odin(network, images, progress)
    accuracy = run.accuracy(labels)
    prices = price_odin(run.counts, period_s=period_s, accuracy=accuracy)
    result = OdinResult(
        network,
        run,
        accuracy,
        keras_accuracy,
        prices,
    )
    if output is not None:
        _export(result, images[:1], output)
    return result


def _one_layer(data: Dataset, chip: OdinChip, seed: int, progress: Progress) -> OdinNetwork:
    """Pixels to classes, in rank order."""
    from ...models.odin.training import train_odin

    inputs = int(np.prod(data.input_shape))
    check_size(inputs, [data.classes], doubled=False, bias=False)
    trained = train_odin(
        data.x_train, data.y_train, None, data.levels, seed=seed, progress=progress, chip=chip
    )
    return OdinNetwork(**trained, name=f"{chip}-{inputs}-{data.classes}")


def _two_layers(
    model: Path | None, data: Dataset, hidden: int, chip: OdinChip, seed: int, progress: Progress
):
    """(network for the chip, Keras network that it began from), with one hidden layer."""
    from ...models.loading.load import load_keras
    from ...models.networks import build_network
    from ...models.training import train
    from ...sim.odin.convert import convert_for_odin

    if model is not None:
        name, start = Path(model).stem.replace(":", "-"), load_keras(model)
    else:  # an ordinary network first: to begin from it is worth several points
        inputs = int(np.prod(data.input_shape))
        name = f"mlp-{inputs}-{hidden}-{data.classes}"
        check_size(inputs, [hidden, data.classes], doubled=not chip.signed_synapses, bias=True)
        start = build_network(name, data.input_shape, data.classes)
        train(
            start,
            data,
            KERAS_EPOCHS,
            seed=seed,
            progress=progress,
        )

    network = convert_for_odin(
        start,
        data.x_train,
        data.y_train,
        data.levels,
        seed=seed,
        name=name,
        progress=progress,
        chip=chip,
    )
    return network, start


def _keras_accuracy(model, data: Dataset, samples: int | None) -> float:
    from ...models.training import predictions

    data = data.fitted(model.inputs[0].shape[1:])
    right = predictions(model, data.scaled("test")[:samples]) == data.y_test[:samples]
    return float(right.mean())


def _export(result: OdinResult, image: np.ndarray, output: Path) -> None:
    """Network, memories, registers, the events of one image, price and assumptions."""
    chip = image_of(result.network)
    with files.new_folder(output) as folder:
        result.network.save(folder / "network.odin.h5")
        export(chip, folder / "image", chip.encode(image)[0])
        write_frame(result.prices.frame, folder / "energy.csv")
        lines = "\n".join(result.prices.assumptions)
        files.write(folder / ASSUMPTIONS, lines + "\n")
