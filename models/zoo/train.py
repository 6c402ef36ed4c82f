"""Make the weights of the zoo again: ``python -m spikewatt.models.zoo.train zoo:lenet -o DIR``.

The same machine gives the same weights, bit for bit; others differ in the last digits of sums.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...files import npz, write
from ...progress import Progress
from ..datasets import load_dataset
from ..studied.training.train import train_by
from ..studied.weights import clips_of, content_hash, put, read_archive
from ..training import predictions
from .catalogue import ZooNetwork, names, zoo_network


def train_zoo(name: str, folder: str | Path, progress: Progress | None = None) -> dict[str, Any]:
    """Train a network of the zoo by its recipe, and write ``NAME.npz`` into `folder`.

    Parameters
    ----------
    name : str
        ``zoo:NAME``.
    folder : path
        That exists.
    progress : Progress, optional
        Called with ("train", updates done, updates).

    Returns
    -------
    dict
        What the entry of the network says of weights: ``accuracy``, ``stored_bytes``, ``sha256``,
        ``parameters`` and ``macs``.

    Raises
    ------
    SpikewattError : unknown name, no folder, or a file that is there already.

    Examples
    --------
    >>> train_zoo("zoo:digits-mlp", "weights")["parameters"]  # doctest: +SKIP
    3610
    """
    facts = zoo_network(name)
    dataset = load_dataset(facts.dataset)
    path = train_by(facts, facts.training, dataset, folder, progress=progress).path
    arrays = read_archive(path, facts.name)
    if facts.stored == "float16":
        arrays = {key: value.astype(np.float16) for key, value in arrays.items()}
    write(path, npz(**arrays))

    model, placed = facts.build(clips_of(arrays))
    put(placed, arrays, str(path))
    right = predictions(model, dataset.scaled("test")) == dataset.y_test
    return {
        "accuracy": round(float(np.mean(right)), 6),
        "stored_bytes": path.stat().st_size,
        "sha256": content_hash(arrays),
        "parameters": model.count_params(),
        "macs": _macs(placed),
    }


def _macs(placed) -> int:
    """Multiply-accumulates of one inference: each weight of a kernel, at each position."""
    kernels = [layer for layer, keys in placed if keys[0].endswith(".kernel")]
    return sum(
        math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1]) for layer in kernels
    )


def main(words: Sequence[str] | None = None) -> None:
    """Train those that are named, or all, and print what their entries say."""
    parser = argparse.ArgumentParser(prog="python -m spikewatt.models.zoo.train")
    parser.add_argument("network", nargs="*", help=f"of {', '.join(names())}; by default all")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder that exists")
    asked = parser.parse_args(words)
    for facts in [zoo_network(name) for name in asked.network or names()]:
        _show(facts, train_zoo(facts.title, asked.output))


def _show(facts: ZooNetwork, made: dict[str, Any]) -> None:
    same = "the weights" if made["sha256"] == facts.sha256 else "other weights than those"
    print(f"{facts.title}: {same} of the package")
    for key, value in made.items():
        print(f"  {key}: {value}")


if __name__ == "__main__":
    main()
