"""A warning is one line on stderr; what was simulated is kept."""

from __future__ import annotations

import warnings

import pytest
from spikewatt import Connection, Population, SpikingNetwork, Trace
from spikewatt.cli.main import app
from spikewatt.errors import warn
from typer.testing import CliRunner


@pytest.fixture
def three_outputs(tmp_path):
    """A network whose outputs cannot be the ten digits."""
    pixels = Population("input", (8, 8, 1), "input", 255, 0, 127)
    classes = Population("output", (3,), "readout", 1, 0, 0)
    weights = [[1, 0, 0]] * 64
    arrow = Connection("input", "output", "dense", weights)
    network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    network.save(tmp_path / "three.spk")
    return tmp_path / "three.spk"


def test_labels_that_do_not_match_are_said_and_the_trace_is_kept(three_outputs, tmp_path):
    output = tmp_path / "three.trace"
    words = ["simulate", str(three_outputs), "-o", str(output), "--engine", "reference"]
    result = CliRunner().invoke(app, [*words, "--steps", "4", "--samples", "20"])
    assert result.exit_code == 0, result.output
    (line,) = [line for line in result.stderr.splitlines() if "warning" in line]
    assert line.startswith("spikewatt: warning: labels of digits: labels are integers below the 3")
    assert "no accuracy is told; got int64 1..9" in line
    assert "accuracy" not in result.stdout
    assert Trace.load(output).samples == 20


def test_a_warning_is_one_line_each_time(capsys, monkeypatch):
    from spikewatt.cli.border import border

    def warned_twice():
        for _ in range(2):
            warn("here", "a law", "something\nelse")

    with border("verb", {}):
        warned_twice()
    assert capsys.readouterr().err == "spikewatt: warning: here: a law; got something else\n" * 2

    with border("verb", {}):  # those of other libraries are shown with -v
        warnings.warn("of another", UserWarning, stacklevel=1)
    assert not capsys.readouterr().err
