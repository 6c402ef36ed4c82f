"""Which engine a run takes: what was named; else ANNarchy, if it takes no minute."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.analysis.job import engine as job_engine
from spikewatt.analysis.job.config import as_config
from spikewatt.analysis.job.engine import DEFAULT, LONGEST_S, Choice, choose
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.sim.engines.estimate.estimate import Estimate
from spikewatt.sim.engines.estimate.model import Cost


@pytest.fixture
def said(monkeypatch):
    """Engine -> Cost that an estimate says."""
    costs: dict[str, Cost] = {}

    def estimate(network, x, steps, engines=None, **given) -> Estimate:
        asked = {name: cost for name, cost in costs.items() if engines is None or name in engines}
        return Estimate(1, 1, 1.0, 1.0, 1.0, 1.0, 1.0, "said", asked)

    monkeypatch.setattr(job_engine, "estimate", estimate)
    return costs


def choice(config: dict) -> Choice:
    """Of a configuration, whatever the network."""
    return choose(as_config(config), None, np.zeros(1))  # type: ignore[arg-type]


def test_annarchy_runs_while_it_takes_no_minute(said):
    said |= {DEFAULT: Cost(LONGEST_S - 1, 1.0, 1.0), "event": Cost(0.0, 1.0, 1.0)}
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpikewattWarning)
        assert choice({}) == Choice(DEFAULT)


def test_otherwise_the_fastest_runs_and_a_line_says_so(said):
    said |= {DEFAULT: Cost(50.0, 90.0, 1.0, compiles=True), "event": Cost(0.2, 3.0, 1.0)}
    expected = (
        r"run.engine: annarchy runs where no engine is named, if it takes at most 1 min 0 s; got "
        r"about 2 min 20 s in annarchy \(50 s until it is compiled and ready\), 3.2 s in event; "
        r"hint: event runs; name an engine to have it"
    )
    with pytest.warns(SpikewattWarning, match=expected):
        found = choice({})
    assert found.engine == "event"
    assert found.why.startswith("engine: event in place of annarchy: about 2 min 20 s")


def test_what_cannot_run_is_no_default(said):
    said |= {DEFAULT: Cost(1.0, 1.0, 1.0, "needs 99 GB of memory"), "event": Cost(0.0, 1.0, 1.0)}
    with pytest.warns(SpikewattWarning, match="annarchy cannot: needs 99 GB of memory"):
        assert choice({}).engine == "event"
    assert math.isinf(said[DEFAULT].seconds)


def test_annarchy_runs_for_long_where_it_is_the_fastest(said):
    said |= {DEFAULT: Cost(50.0, 90.0, 1.0), "event": Cost(0.0, 999.0, 1.0)}
    assert choice({}) == Choice(DEFAULT)


@pytest.mark.parametrize("engine", ["annarchy", "reference", "auto"])
def test_an_engine_that_is_named_is_obeyed(said, engine):
    """No estimate is asked for: there is none to be had."""
    assert choice({"engine": engine}) == Choice(engine)


def test_the_run_says_which_engine_and_why(said, tmp_path, monkeypatch):
    said |= {DEFAULT: Cost(500.0, 0.0, 1.0), "reference": Cost(0.0, 1.0, 1.0)}
    monkeypatch.setattr("spikewatt.analysis.job.run.check_toolchain", lambda: None)
    job = {"epochs": 1, "steps": 4, "test_samples": 20, "diagnosis_samples": 0}
    with pytest.warns(SpikewattWarning, match="run.engine: annarchy runs where no engine is named"):
        result = sw.run(job, tmp_path)
    assert result.trace.settings.engine == "reference"
    assert result.findings.facts["engine"] == "reference"
    assert result.findings.assumptions[0].startswith("engine: reference in place of annarchy")
    assert "engine: reference in place" in (result.folder / "assumptions.txt").read_text()


def test_an_unknown_engine_is_refused():
    with pytest.raises(SpikewattError, match="'reference' or 'auto'; got 'nest'"):
        as_config({"engine": "nest"})
