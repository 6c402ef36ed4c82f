"""ANNarchy's own converter, run in a process of its own on a few images."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ....errors import SpikewattError
from ....sim.engines.annarchy.build import check_toolchain
from ....sim.engines.annarchy.processes import Workers
from .joined import joined

PROCESS = f"{__package__}.converter_process"
MODEL, INPUTS = "model.keras", "inputs.npy"


def classes_of_own_converter(
    model,
    x: np.ndarray,
    steps: int,
    input_encoding: str = "IB",
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """The classes that ANNarchy's own converter gives, with spikes of its output counted.

    It reads chains of convolutions with padding ``same``, dense layers and pools; it leaves out
    biases and batch norm, and all layers that it does not know, without a word. Of several classes
    with the most spikes one is drawn, by a seed that is always the same.

    Parameters
    ----------
    model : Keras model
    x : array, (samples, *shape)
        In the range that the network takes.
    steps : int
        Of 1 ms, for each sample.
    input_encoding : str, default "IB"
        ``IB``, ``CPN`` or ``PSO``.
    tell : callable
        Called with (done, in all).

    Returns
    -------
    (samples,) int array

    Raises
    ------
    MissingToolError : no compiler.
    SpikewattError : a network that the converter cannot read; its last words are quoted.
    """
    check_toolchain()
    samples = len(x)
    found = np.zeros(samples, int)
    with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
        folder = Path(name)
        joined(model).save(folder / MODEL)
        np.save(folder / INPUTS, x)
        try:
            with Workers(folder, 1, PROCESS) as workers:
                for worker, words in workers.answers():
                    done = 0
                    if words[0] == "class":
                        done = int(words[1]) + 1
                        found[done - 1] = int(words[2])
                    tell(done, samples)
                    if done == samples:
                        break
                    workers.ask(worker, f"{done} {steps} {input_encoding}")
        except SpikewattError as error:
            law = "ANNarchy's own converter reads the network"
            allowed = "a chain of convolutions with padding 'same', dense layers and pools"
            raise SpikewattError(f"network {model.name!r}", law, error.got, allowed) from error

    return found
