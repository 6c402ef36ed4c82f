"""Toggles in a waveform: counted by hand, by group, and against the core's own counters."""

from __future__ import annotations

from pathlib import Path

import pytest
from spikewatt.energy.cards.cacti import CACTI_PJ
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.rtl_ref.synthesis.activity import read_activity
from spikewatt.rtl_ref.synthesis.parameters import parameters_of
from spikewatt.rtl_ref.synthesis.toggles import ALL_GROUPS, MEMORIES, group_of
from spikewatt.rtl_ref.verification.whole_network import verify_network

# Two changes of a two-bit potential, one of a queue's bit, three of a logic bit; clock edges at 5,
# 15, 25 and 35; the host comes at 30.
VCD = """$timescale 1ns $end
$scope module integrate_and_fire_core $end
$var wire 1 c clk $end
$var wire 1 p port_enable $end
$var wire 1 l busy $end
$scope module queue $end
$var wire 1 q head $end
$upscope $end
{memories}$upscope $end
$enddefinitions $end
#0
0c 0p 0l 0q b00 Dp 1Ep 0Wp 0Es 0Ws 0Et 0Wt 0Eb 0Wb
#5
1c 1l 1q b11 Dp
#10
0c 1Wp
#15
1c 0l
#20
0c 0Ep 1Es
#25
1c 1l b10 Dp
#30
0c 1p
#35
1c 0l 0q b01 Dp
"""


def scope(memory: str) -> str:
    """A memory with its enable and its write; the potentials show what is read, too."""
    lines = [
        f"$scope module {memory} $end",
        f"$var wire 1 E{memory[0]} enable $end",
        f"$var wire 1 W{memory[0]} write $end",
    ]
    if memory == "potentials":
        lines.append("$var wire 2 Dp rdata $end")

    return "\n".join([*lines, "$upscope $end"]) + "\n"


@pytest.fixture
def waveform(tmp_path) -> Path:
    path = tmp_path / "run.vcd"
    path.write_text(VCD.replace("{memories}", "".join(scope(memory) for memory in MEMORIES)))
    return path


def test_toggles_by_hand(waveform):
    pytest.importorskip("pylibfst")
    activity = read_activity(waveform)
    assert activity.cycles == 3  # the fourth is the host's
    assert read_activity(waveform).toggles == {
        "synapse memory": 1,
        "neuron memory": 2 + 1 + 1 + 1,
        "queue": 1,
        "logic": 3,
    }
    assert activity.reads == {"potentials": 1, "synapses": 1}
    assert activity.writes == {"potentials": 1}
    assert activity.net_rates()["busy"] == 1.0
    assert activity.net_rates()["potentials.rdata[0]"] == pytest.approx(2 / 3)
    assert "clk" not in activity.net_rates()
    parameters = {
        "AXONS": 64,
        "NEURONS": 64,
        "WEIGHT_BITS": 8,
        "STATE_BITS": 16,
    }
    energies = activity.energy_j(parameters, "integrate_and_fire_core", toggle_j=1e-15)
    assert energies["logic"] == pytest.approx(3e-15)
    assert energies["neuron memory"] == pytest.approx(2 * CACTI_PJ[1024] / 2 * 16 / 32 * 1e-12)
    shares = activity.energy_shares(parameters, "integrate_and_fire_core")
    assert sum(shares.values()) == pytest.approx(1)


def test_group_of_an_instance():
    assert group_of("g_core[0].core.thresholds.rdata") == "neuron memory"
    assert group_of("g_core[0].core.synapses.rdata") == "synapse memory"
    assert group_of("g_core[0].core.queue.head") == "queue"
    assert group_of("g_core[0].core.weight") == "logic"


def test_what_is_no_waveform_of_the_core_is_refused(tmp_path, waveform):
    pytest.importorskip("pylibfst")
    with pytest.raises(SpikewattError, match="none.fst: the waveform must exist"):
        read_activity(tmp_path / "none.fst")
    (tmp_path / "text.fst").write_text("no waveform")
    with pytest.raises(FileFormatError, match="text.fst: must be a waveform"):
        read_activity(tmp_path / "text.fst")
    other = tmp_path / "other.vcd"
    other.write_text(
        "$scope module a $end $var wire 1 ! x $end $upscope $end $enddefinitions $end\n"
        "#0 0!\n#1 1!\n"
    )

    with pytest.raises(SpikewattError, match="other.vcd: must be a waveform of the core"):
        read_activity(other)
    quiet = tmp_path / "quiet.vcd"
    quiet.write_text(waveform.read_text().split("#5")[0])
    with pytest.raises(
        SpikewattError,
        match="quiet.vcd: something must run in it; got 0 cycles",
    ):
        read_activity(quiet)


@pytest.mark.rtl
def test_accesses_of_a_run_are_those_that_the_core_counts(mlp_network, digits, tmp_path):
    """Second implementation: the core's counters against the memories' enables in the waveform."""
    rows = verify_network(mlp_network, digits.scaled("test")[:1], 8, waves=tmp_path)
    (waveform,) = tmp_path.glob("*.fst")
    activity = read_activity(waveform)
    assert sum(row["mismatches"] for row in rows) == 0
    for i, row in enumerate(rows):
        assert activity.reads[f"g_core[{i}].core.synapses"] == row["sops"] > 0
        assert activity.reads[f"g_core[{i}].core.potentials"] == row["reads"] > 0
        assert activity.writes[f"g_core[{i}].core.potentials"] == row["writes"] > 0

    shares = activity.energy_shares(parameters_of(mlp_network), "snn_top")
    assert shares.keys() == set(ALL_GROUPS)
    assert min(shares.values()) > 0
    assert max(activity.net_rates().values()) <= 2
