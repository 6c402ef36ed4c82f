"""The ``.spks`` file of a staged network: sealed HDF5 with a network in each group, and a rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ... import hdf5
from ..network import network_file
from ..network.spiking_network import SpikingNetwork
from .rule import MarginRule

FORMAT = "spikewatt-staged-network"
VERSION = 1
RULE = {"threshold", "scales"}
MOST_STAGES = 64


def save(staged, path) -> None:
    """Write one file, whole or not at all."""
    rule = {"threshold": staged.rule.threshold, "scales": list(staged.rule.scales)}
    with hdf5.writing(path, FORMAT, VERSION) as file:
        hdf5.put_json(file, "rule", rule)
        file.attrs["hash"] = np.bytes_(staged.hash)
        for i, stage in enumerate(staged.stages):
            network_file.put_network(file.create_group(f"stage_{i}"), stage)


def load(staged_type, path):
    """Read a file into a `staged_type`.

    Raises
    ------
    FileFormatError : a truncated, foreign or altered file, or one of an unknown version.
    """
    with hdf5.reading(path, FORMAT, (VERSION,), sealed_from=VERSION) as file:
        values = hdf5.take_json(file, "rule")
        hdf5.check_keys("rule", values, RULE)
        rule = MarginRule(values["threshold"], tuple(values["scales"]))

        names = {f"stage_{i}" for i in range(len(rule.scales) + 1)}
        if set(file) != names | {"rule"} or len(names) > MOST_STAGES:
            raise ValueError(f"it holds {len(file) - 1} stages, not {len(names)}")
        stages = []
        for i in range(len(names)):
            group = file[f"stage_{i}"]
            stage = network_file.take_network(SpikingNetwork, group)
            hdf5.same_hash(Path(path), hdf5.stored_hash(group), stage.hash)
            stages.append(stage)

        staged = staged_type(tuple(stages), rule)
        hdf5.same_hash(Path(path), hdf5.stored_hash(file), staged.hash)
    return staged
