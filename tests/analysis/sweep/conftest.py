"""A small network from a file, swept in this process."""

from __future__ import annotations

import pytest
from spikewatt import files


@pytest.fixture(scope="session")
def small_network(mlp, tmp_path_factory):
    """The path of the trained 64-48-10 network."""
    path = tmp_path_factory.mktemp("network") / "mlp.keras"
    mlp.save(path)
    return str(path)


@pytest.fixture(scope="session")
def sweep_cache(tmp_path_factory):
    """A cache that the sweeps of this process share."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def own_cache(sweep_cache, monkeypatch):
    """Sweeps keep their networks there."""
    monkeypatch.setattr(files, "cache_folder", lambda *parts: sweep_cache.joinpath(*parts))
    return sweep_cache


@pytest.fixture(scope="session")
def base(small_network):
    """Keys that the spaces of the tests share; below ``base``, as axes may be called `network`."""
    shared = {"network": small_network, "calibration_samples": 200, "engine": "event"}
    return {"base": {**shared, "test_samples": 60}}
