"""The folder of a run, read file by file: what a page and a comparison are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ....errors import FileFormatError, SpikewattError
from ....files import read_yaml
from ....sim.trace.trace import Trace
from ....sim.zeros.activation_zeros import INT8_NETWORK, ActivationZeros
from ....sim.zeros.given import ZEROS, load_zeros
from ...job.config import RunConfig
from ...report.figures.run import trace_file

CONFIG = "config.yaml"


# What every such table of a run has, if it is there: a file that was damaged has it not.
NUMBERS = {
    "summary": ("ann_accuracy", "snn_accuracy"),
    "accuracy_against_steps": ("step", "snn_accuracy"),
    "layers": ("neurons",),
    "energy": ("energy_j", "time_s"),
    "energy_totals": ("energy_j", "time_s"),
    "points": ("accuracy",),
}


class RunFiles:
    """The files of a run's folder, each of which may be missing but settings and trace.

    Raises
    ------
    SpikewattError
        The folder is not one of a run.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        for needed in (self.folder / CONFIG, trace_file(self.folder)):
            if not needed.is_file():
                raise SpikewattError(
                    str(folder),
                    "must be the folder of a run",
                    f"no {needed.name} in it",
                    "a folder that `spikewatt run` left",
                )

    @property
    def name(self) -> str:
        """Of the run."""
        return self.folder.resolve().name.removesuffix(".partial")

    def zeros(self, network: str = INT8_NETWORK) -> ActivationZeros | None:
        """Of the activations of `network`; None where the run counted none.

        Raises
        ------
        FileFormatError
            The file is not what a run wrote.
        """
        path = self.folder / ZEROS
        return load_zeros(path).get(network) if path.is_file() else None

    def frame(self, name: str) -> pd.DataFrame:
        """A table; empty where there is none.

        Raises
        ------
        FileFormatError
            It is not what a run wrote.
        """
        path = self.folder / f"{name}.csv"
        if not path.is_file():
            return pd.DataFrame()
        _check_whole(path)
        try:
            found = pd.read_csv(path)
        except pd.errors.EmptyDataError:
            found = pd.DataFrame()
        except (ValueError, UnicodeError) as error:
            raise FileFormatError(str(path), "must be a table of a run", error) from error

        for column in NUMBERS.get(name, ()):
            law = f"has a column {column!r} of numbers"
            if column not in found.columns:
                raise FileFormatError(str(path), law, ", ".join(map(str, found.columns)) or "none")
            if len(found) and not pd.api.types.is_numeric_dtype(found[column]):
                raise FileFormatError(str(path), law, found[column].iloc[0])
        return found

    def text(self, name: str) -> str:
        """A file as text; "" where there is none."""
        path = self.folder / name
        return path.read_text("utf-8", errors="replace") if path.is_file() else ""

    def document(self, name: str) -> dict:
        """A JSON document; empty where there is none."""
        text = self.text(name)
        try:
            found = json.loads(text) if text else {}
        except ValueError as error:
            raise FileFormatError(str(self.folder / name), "must be JSON", error) from error
        return found if isinstance(found, dict) else {}

    def settings(self) -> dict[str, Any]:
        """What the run was asked for."""
        found = read_yaml(self.folder / CONFIG)
        if not isinstance(found, Mapping):
            raise FileFormatError(str(self.folder / CONFIG), "must be the settings of a run")
        return {str(key): value for key, value in found.items()}

    def config(self) -> RunConfig:
        """The same as a configuration, not checked: what it names may be gone."""
        known = RunConfig.model_fields
        settings = {key: value for key, value in self.settings().items() if key in known}
        return RunConfig.model_construct(**settings)

    def trace(self) -> Trace:
        """What happened."""
        return Trace.load(trace_file(self.folder))


def _check_whole(path: Path) -> None:
    """Raise FileFormatError for a table that ends within a line: a run wrote whole lines alone."""
    last = path.read_bytes().rpartition(b"\n")[2]
    if last:
        ends = repr(last[-40:].decode(errors="replace"))
        raise FileFormatError(str(path), "must end with a whole line", f"{ends} at its end")
