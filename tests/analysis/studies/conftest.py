"""A tiny study in a folder of its own: a trained network on digits, converted in three ways."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from spikewatt.analysis.studies import needed, study
from spikewatt.analysis.studies.cells import conversion, network_row, prepared
from spikewatt.analysis.studies.run import run_study
from spikewatt.progress import silent

NAME = "nobody_2026"
FILE = "title: A tiny study\nsource: nobody, nowhere (2026)\nkeras_files: [tiny_mlp]\n"
ROW = """\
row: mlp
title: A small network
dataset: digits
network: tiny_mlp
published: {ann_accuracy_percent: 90, images: 360}
cells:
  - cell: radix
    convert: {code: radix, steps: 5, input_code: bitplane}
    aim: {points_below_ann: 2}
  - cell: signed
    convert: {code: signed, steps: 7, input_code: bitplane}
    durations: [4, 30]
  - cell: poisson
    convert: {code: rate, input_code: poisson}
    durations: [5, 20]
    images: 50
    published: {accuracy_percent: {20: 99}, images: 300}
    within_points: 60
"""


@dataclass(frozen=True)
class TinyStudy:
    """The study's folder, where it runs, and a way to run it.

    Parameters
    ----------
    folder, output : Path
    """

    folder: Path
    output: Path

    def run(self, output: Path | None = None, **more):
        """Run it; as of `run_study`."""
        output = output or self.output
        progress = more.pop("progress", silent)
        return run_study(NAME, output=output, progress=progress, **more)

    def file(self, name: str) -> Path:
        """A row's file."""
        return self.folder / "rows" / f"{name}.yaml"


class AllZeros:
    """An int8 network that says 0: TensorFlow Lite takes seconds to make one."""

    def predictions(self, x) -> np.ndarray:
        return np.zeros(len(x), int)


@pytest.fixture
def tiny(tmp_path, monkeypatch, mlp):
    """The tiny study; ANNarchy's part is played by the reference engine, that of int8 by zeros."""
    folder = tmp_path / "studies" / NAME
    (folder / "rows").mkdir(parents=True)
    (folder / "study.yaml").write_text(FILE)
    (folder / "README.md").write_text("# A tiny study\n")
    (folder / "rows" / "mlp.yaml").write_text(ROW)

    monkeypatch.setattr(study, "FOLDER", folder.parent)
    monkeypatch.setattr(prepared, "load_studied", lambda name, _: {"tiny_mlp": mlp}[name])
    monkeypatch.setattr(needed, "find_weights", lambda name, _: {"tiny_mlp": mlp}[name])
    monkeypatch.setattr(network_row, "quantise_int8", lambda *_: AllZeros())
    monkeypatch.setattr(conversion, "simulate", functools.partial(played, conversion.simulate))
    monkeypatch.setattr(conversion, "MOST_IMAGES", 150)
    study.read_study.cache_clear()
    yield TinyStudy(folder, tmp_path / "out")
    study.read_study.cache_clear()


def played(simulate, network, x, engine, *arguments, **more):
    """`simulate`, where ANNarchy, which compiles for a minute, is played by the reference."""
    engine = "reference" if engine == "annarchy" else engine
    return simulate(network, x, engine, *arguments, **more)
