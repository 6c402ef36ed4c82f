"""Mutated files of every format: exit code 0 or 2, one line, in time, nothing left or lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from filelock import FileLock

from ..helpers.trained import shared_folder
from . import originals
from .campaign import fuzz

FORMATS = (
    "spk", "trace", "nir", "keras", "npz", "config", "layers", "readings",
    "counts-csv", "counts-json", "odin",
    "card-odin_style", "card-stm32l4r5", "card-rule_loihi_davies",
    "odin-synapses.hex", "odin-neurons.hex", "odin-registers.txt",
)  # fmt: skip
# Formats with several originals share their 100.
SHARED = 34
MUTANTS = {
    name: SHARED if name.startswith(("card-", "odin-", "counts-")) else 100 for name in FORMATS
}
MUTANTS |= {"keras": 30, "nir": 40}  # which take longest; the slow set has as many as of others
MANY = 5000  # of each in the slow set, and of several originals a third


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """The originals, made by the first process that asks."""
    made = shared_folder(tmp_path_factory) / "fuzz"
    with FileLock(f"{made}.lock"):
        if not made.exists():
            unfinished = made.with_name("unfinished_fuzz")
            unfinished.mkdir()
            originals.make(unfinished)
            unfinished.rename(made)
            (made / "config.yaml").write_text(
                originals.CONFIG.format(data=made / "data.npz", model=made / "model.keras")
            )
    return made


def test_every_format_has_mutants(folder):
    assert tuple(originals.formats(folder)) == FORMATS


def check(name: str, count: int, first: int, folder: Path, tmp_path: Path) -> None:
    made = originals.formats(folder)[name]
    before = hashlib.sha256(made.original.read_bytes()).hexdigest()
    report = fuzz(made, count, tmp_path, first)
    assert report.tried == count
    assert report.codes[2] > report.tried / 10  # mutants are refused: the fuzzer bites
    assert hashlib.sha256(made.original.read_bytes()).hexdigest() == before
    found = "\n".join(report.findings[:20])
    assert not report.findings, f"{len(report.findings)} of {report.tried}:\n{found}"


@pytest.mark.parametrize("name", FORMATS)
def test_a_mutant_ends_in_its_result_or_in_one_line(name, folder, tmp_path):
    check(name, MUTANTS[name], 0, folder, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_many_mutants_end_in_their_result_or_in_one_line(name, folder, tmp_path):
    many = MANY // 3 if MUTANTS[name] == SHARED else MANY
    check(name, many, MUTANTS[name], folder, tmp_path)
