"""``price``: an option that would do nothing, or write over what is read, is refused."""

from __future__ import annotations

import pytest
from spikewatt.cli.main import app
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.counts.counts import Counts
from typer.testing import CliRunner

ROWS = """name,neurons,fan_out,spikes,synaptic_operations,is_input,steps
in,784,100,8000,800000,true,16
hidden,100,10,400,4000,false,16
out,10,0,30,0,false,16
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "d.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["price", *arguments])
    assert result.exit_code != 0, result.output
    return str(result.exception) if isinstance(result.exception, SpikewattError) else result.output


@pytest.mark.parametrize(
    ("option", "name"),
    [
        (("-o", "r.csv"), "output"),
        (("--period-s", "1"), "period-s"),
        (("--tornado",), "tornado"),
        (("--explain",), "explain"),
        (("--clock-mhz", "80"), "clock-mhz"),
        (("--max-cores", "any"), "max-cores"),
    ],
)
def test_rules_alone_take_no_option_of_a_price(folder, option, name):
    said = refusal("--counts", "d.csv", "--rules", *option)
    assert f"price --{name}: goes with --device; got --rules alone" in said
    assert not (folder / "r.csv").exists()


@pytest.mark.parametrize("way", ["--counts", "--layers"])
@pytest.mark.parametrize("output", ["d.csv", "./d.csv"])
def test_what_is_read_is_not_written_over(folder, way, output):
    said = refusal(way, "d.csv", "--device", "stm32l4r5", "-o", output, "--force")
    assert "price --output: is another file than those that are read; got d.csv" in said
    assert (folder / "d.csv").read_text() == ROWS


def test_a_trace_or_a_card_is_not_written_over(folder):
    for name in ("a.trace", "mine.yaml"):
        (folder / name).write_text("mine")
    said = refusal("a.trace", "--device", "stm32l4r5", "-o", "a.trace", "--force")
    assert "is another file than those that are read" in said
    said = refusal("--counts", "d.csv", "--device", "mine.yaml", "-o", "mine.yaml", "--force")
    assert "is another file than those that are read" in said


def test_a_population_has_one_share_of_zeros():
    zeros = ("--zeros", "in=0.5", "--zeros", "in=0.6")
    said = refusal("--counts", "d.csv", "--rules", *zeros)
    assert "--zeros: names a population once; got in twice" in said


def test_a_period_is_no_truth_value():
    with pytest.raises(SpikewattError, match="price.period_s: must be a time in seconds; got True"):
        price(Counts.load("d.csv"), "stm32l4r5", period_s=True)
