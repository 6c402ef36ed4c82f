"""Published: networks and loads of Loihi and SpiNNaker, as files of counts, priced by the CLI."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import spikewatt
from spikewatt.cli.main import app
from spikewatt.energy.silicon.workloads import examples
from spikewatt.sim.counts.counts import Counts
from typer.testing import CliRunner

FOLDER = Path(spikewatt.__file__).parent / "docs" / "examples"
RUN_S = {"full_spiking": 10.002, "non_spiking": 10.002}  # the others 20.002 s
# Board power in W: Ostrau et al. 2022, hbp-unibi/SNABSuite config_energy.
SPINN_3 = {
    "inter_random": 5.460,
    "inter_s2A": 4.212,
    "inter_O2O": 4.917,
    "full_spiking": 4.270,
    "non_spiking": 4.110,
}


def components(name: str, device: str, tmp_path: Path) -> pd.Series:
    """Component -> J, of a file that the command line priced."""
    table = tmp_path / "components.csv"
    words = ["price", "--counts", str(FOLDER / f"{name}.json"), "--device", device]
    result = CliRunner().invoke(app, [*words, "-o", str(table)])
    assert result.exit_code == 0, result.output
    return pd.read_csv(table).groupby("component")["energy_j"].sum()


@pytest.mark.parametrize("name", examples())
def test_each_file_holds_what_ran(name):
    assert Counts.load(FOLDER / f"{name}.json") == examples()[name]


def test_there_is_no_other_file():
    assert {path.stem for path in FOLDER.glob("*.json")} == set(examples())


@pytest.mark.parametrize(
    ("name", "measured_j"), [("loihi_scaling_0", 620.5e-6), ("loihi_scaling_10", 836.2e-6)]
)
def test_blouw_2019_scaling_series_above_idle_within_10_percent(name, measured_j, tmp_path):
    """Consistency: the card was fitted to these; time is the card's own prediction."""
    energy = components(name, "loihi", tmp_path)
    assert energy.drop("leakage").sum() == pytest.approx(measured_j, rel=0.10)


@pytest.mark.parametrize("load", SPINN_3)
def test_ostrau_2022_board_power_within_10_percent(load, tmp_path):
    """Consistency: events were derived from these loads."""
    energy = components(f"spinnaker_{load}", "spinnaker1", tmp_path)
    power_w = energy.sum() / RUN_S.get(load, 20.002)
    assert power_w == pytest.approx(SPINN_3[load], rel=0.10)
    assert power_w - 2.671 == pytest.approx(SPINN_3[load] - 2.671, rel=0.02)  # above idle
