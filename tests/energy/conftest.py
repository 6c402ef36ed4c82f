"""The layers and measured rows of MLPerf Tiny, read once."""

from __future__ import annotations

import pytest
from spikewatt.energy.kernels.law import work
from spikewatt.energy.kernels.measured import read_measured
from spikewatt.energy.layer_tables.layer_table import read_networks


@pytest.fixture(scope="session")
def work_rows():
    """Network -> what it does that costs cycles."""
    return {name: work(layers) for name, layers in read_networks().items()}


@pytest.fixture(scope="session")
def pruned_work_rows():
    """The same without dead channels."""
    return {name: work(layers, prunes=True) for name, layers in read_networks().items()}


@pytest.fixture(scope="session")
def rows():
    """Measured rows, one per submission and network."""
    return read_measured()
