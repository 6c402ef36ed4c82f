"""The targets of `verify`: benches, chains, peripheral; that they see what they must."""

from __future__ import annotations

import dataclasses
import re
import shutil
import xml.etree.ElementTree as ElementTree
from functools import partial

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.verification.chains import random_chains
from spikewatt.rtl_ref.verification.chains.bench import numbers_of, run_chain
from spikewatt.rtl_ref.verification.core_bench import run_cases
from spikewatt.rtl_ref.verification.coverage import CHAIN_BINS, CORE_BINS, Coverage
from spikewatt.rtl_ref.verification.random_cases import SWEEP, random_cases
from spikewatt.rtl_ref.verification.targets.junit import write_junit
from spikewatt.rtl_ref.verification.targets.registry import (
    ALL,
    REGISTRY,
    TARGETS,
    chosen,
    run_target,
)
from spikewatt.rtl_ref.verification.targets.simulated import Benches, Chains
from spikewatt.rtl_ref.verification.targets.target import Request
from spikewatt.rtl_ref.verification.targets.workers import run_jobs, timed

pytestmark = pytest.mark.rtl
needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (apt install iverilog)",
)


def rows_of(target) -> list[dict]:
    """The rows of a target, in this process."""
    return target.rows([timed(job) for job in target.jobs(Request())])


@needs_icarus
@pytest.mark.parametrize(
    ("target", "bins"),
    [pytest.param(Benches, CORE_BINS, marks=pytest.mark.slow), (Chains, CHAIN_BINS)],
)
def test_nothing_differs_and_coverage_is_complete_on_icarus(target, bins):
    rows = rows_of(target("icarus"))
    assert all(row["mismatches"] == 0 and row["compared"] > 0 for row in rows), rows
    assert f": {len(bins)} of {len(bins)} bins" in rows[-1]["what"]
    assert all("hits" not in row and row["seconds"] >= 0 for row in rows)


def test_a_chain_of_five_builds_on_verilator():
    coverage = Coverage(CHAIN_BINS)
    design = dataclasses.replace(random_chains.FIVE, samples=3)
    row = run_chain(design, coverage)
    assert row["mismatches"] == 0, row
    assert row["compared"] > 500
    assert coverage.hits["chain of 5"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("design", random_chains.CHAINS, ids=str)
def test_chains_on_verilator(design):
    row = run_chain(design, Coverage(CHAIN_BINS))
    assert row["mismatches"] == 0, row


@needs_icarus
def test_another_model_is_seen(monkeypatch):
    """Counters, stalls and words of a chain that is none of ours differ, and are named."""
    right = random_chains.ONE
    wrong = dataclasses.replace(right, cycles_per_sop=3)
    monkeypatch.setattr(type(wrong), "parameters", right.parameters)
    row = run_chain(wrong, Coverage(CHAIN_BINS), "icarus")
    assert "counter cycles" in row["where"]
    assert "cycles of a read" in row["where"]


@needs_icarus
def test_memories_stalls_and_refusals_are_compared(monkeypatch):
    """What the bench hands back is looked at: a bit of each is changed on the way."""
    from spikewatt.rtl_ref.simulation.simulator import Simulation

    plain, cases = Simulation.run, random_cases(SWEEP[0], 5, 5)
    seen: dict = {}

    def keep(self, *arguments, **options):
        seen.update(plain(self, *arguments, **options))
        return seen

    monkeypatch.setattr(Simulation, "run", keep)
    assert run_cases(SWEEP[0], cases, Coverage(), "icarus")["mismatches"] == 0
    changed = {
        "read_back": "memories written",
        "contents": "memories",
        "stalls": "stalls",
        "accesses": "biases written",
        "after_reset": "counters after a reset",
        "refused": "refused accesses",
        "wrapped": "a counter wrapped",
    }
    for name, where in changed.items():

        def run(*_, name=name, **__):
            value = np.array(seen[name])
            value[..., -1:] = value[..., -1:] + 1
            return {**seen, name: value}

        monkeypatch.setattr(Simulation, "run", run)
        row = run_cases(SWEEP[0], cases, Coverage(), "icarus")
        assert row["mismatches"] > 0
        assert where in row["where"], (name, row)


def test_coverage_that_is_not_complete_is_named():
    from spikewatt.rtl_ref.model.golden import GoldenCore
    from spikewatt.rtl_ref.model.words import Word

    coverage = Coverage()
    assert coverage.missing() == list(CORE_BINS)

    (case,) = random_cases(SWEEP[0], 1, 0)
    coverage.observe(GoldenCore(case.image, 7), Word(0))
    assert "word: event" not in coverage.missing()
    assert "word: FIRE" in coverage.missing()
    with pytest.raises(AssertionError, match="no such bin"):
        coverage.hit("no such bin")


def test_all_means_every_target_but_those_that_take_hours():
    assert chosen([ALL]) == [name for name in REGISTRY if name != "all-faults"]
    assert chosen(["rate", "benches", "rate"]) == ["rate", "benches"]
    assert numbers_of(1) == 2
    assert {name: target.name for name, target in REGISTRY.items()} == {n: n for n in REGISTRY}


def test_unknown_targets_are_refused():
    match = "must be a target; got 'everything'; allowed: all, all-faults, axi, benches"
    with pytest.raises(SpikewattError, match=f"verify.what: {match}"):
        chosen(["everything"])
    with pytest.raises(SpikewattError, match="verify.what: must be a target; got 'all'"):
        run_target("all")


def one_row(name: str) -> list[dict]:
    return [{"what": name, "compared": 1, "mismatches": 0, "where": ""}]


def broken() -> list[dict]:
    raise SpikewattError("verify", "the bench must finish", "it does not")


def test_jobs_run_beside_each_other_and_an_error_is_a_row():
    jobs = [partial(one_row, "a"), broken, partial(one_row, "b")]
    found = dict(run_jobs(jobs))
    assert [found[i][0]["what"] for i in range(3)] == ["a", "verify", "b"]
    assert found[1][0]["mismatches"] == 1
    assert "the bench must finish" in found[1][0]["error"]
    assert all(rows[0]["seconds"] >= 0 for rows in found.values())


def test_junit_has_times_failures_and_errors(tmp_path):
    good = {"what": "a", "compared": 3, "mismatches": 0, "where": "", "seconds": 1.25}
    bad = {"what": "b", "compared": 3, "mismatches": 2, "where": "here", "seconds": 0.5}
    (error,) = timed(broken)
    write_junit({"benches": [good, bad], "axi": [error]}, tmp_path / "verify.xml")

    root = ElementTree.parse(tmp_path / "verify.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")
    first, second = root
    assert (first.get("name"), first.get("time")) == ("benches", "1.750")
    assert [case.get("time") for case in first] == ["1.250", "0.500"]
    assert second[0].find("error") is not None
    assert re.match(r"\d+\.\d{3}$", second.get("time") or "")


@pytest.mark.slow
@pytest.mark.parametrize("code", ["radix", "rate"])
def test_whole_networks_equal_annarchy(code):
    """Digits on every test image; the large networks on 20, of MNIST where it is at hand."""
    rows = run_target(code, Request(engine="annarchy"))
    assert len(rows) == 6
    assert all(row["mismatches"] == 0 for row in rows), rows
    assert sum(row["compared"] for row in rows) > 30_000


def test_every_target_is_in_the_help_of_the_verb():
    from spikewatt.cli.chip import rtl

    text = rtl.__file__
    with open(text, encoding="utf-8") as file:
        source = file.read()
    for name in TARGETS:
        assert name in source
