"""Networks for ODIN and their runs on the twin, made once per test run."""

from __future__ import annotations

import pytest
from spikewatt.models.datasets import load_dataset, resized
from spikewatt.models.odin.training import train_odin
from spikewatt.rtl_ref.odin.run import run_odin
from spikewatt.sim.odin.convert import convert_for_odin
from spikewatt.sim.odin.network import OdinNetwork

QUARTER = slice(None, None, 4)  # of 10,000 images, 1.6 ms each on the twin


@pytest.fixture(scope="session")
def network(mlp, digits, once_per_run):
    """A 64-48-10 network in closed loop."""

    def make():
        return convert_for_odin(mlp, digits.x_train, digits.y_train, digits.levels)

    return once_per_run.saved("odin_digits", make, OdinNetwork)


@pytest.fixture(scope="session")
def run(network, digits, once_per_run):
    """All test images of the digits on the twin."""
    return once_per_run.value("odin_digits_run", lambda: run_odin(network, digits.x_test))


@pytest.fixture(scope="session")
def mnist_16x16(shared_data):
    return resized(load_dataset("mnist", shared_data), 16, 16)


@pytest.fixture(scope="session")
def rank_order(mnist_16x16, once_per_run):
    """A 256-10 network in open loop, first spike wins."""

    def make():
        x, y = mnist_16x16.x_train[:10_000], mnist_16x16.y_train[:10_000]
        return OdinNetwork(**train_odin(x, y, None, epochs=4))

    return once_per_run.saved("odin_rank_order", make, OdinNetwork)


@pytest.fixture(scope="session")
def rank_order_run(rank_order, mnist_16x16, once_per_run):
    """A quarter of the test images of MNIST on the twin; all of them in a slow test."""

    def make():
        return run_odin(rank_order, mnist_16x16.x_test[QUARTER])

    return once_per_run.value("odin_rank_order_run", make)
