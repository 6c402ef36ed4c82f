"""Standard cells: libraries, areas, clocks and powers, and what memories beside them cost."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path

import pytest
from spikewatt.energy.cards.cacti import CACTI_PJ
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.rtl_ref.design import memories
from spikewatt.rtl_ref.synthesis import tools
from spikewatt.rtl_ref.synthesis.asic import synthesise_asic
from spikewatt.rtl_ref.synthesis.liberty import Liberty, read_liberty
from spikewatt.rtl_ref.synthesis.memory_prices import memory_prices
from spikewatt.rtl_ref.synthesis.netlist import Netlist
from spikewatt.rtl_ref.synthesis.parameters import parameters_of_sizes
from spikewatt.rtl_ref.synthesis.tool_reports import read_stat

CORE = {"AXONS": 256, "NEURONS": 256, "WEIGHT_BITS": 4, "STATE_BITS": 16}
SMALL = {
    "AXONS": 8,
    "NEURONS": 4,
    "WEIGHT_BITS": 4,
    "STATE_BITS": 8,
    "QUEUE_DEPTH": 2,
    "COUNTER_BITS": 4,
}
LIBRARIES = ("sky130hd_tt.lib.gz", "sg13g2_stdcell_typ_1p20V_25C.lib.gz")

LIBERTY = """library (one_cell) {
  nom_voltage : 1.5 ; nom_temperature : 25.0 ;
  cell (INV) { area : 1.0 ;
    pin (A) { direction : input ; }
    pin (Y) { direction : output ; function : "A'" ; } }
}
"""


@pytest.fixture(scope="module")
def libraries() -> Path:
    """Folder of the cell libraries: SPIKEWATT_PDK, or shared/pdk beside the checkout."""
    for folder in (
        os.environ.get("SPIKEWATT_PDK"),
        Path(__file__).parents[3] / "shared" / "pdk",
    ):
        if folder and all((Path(folder) / name).is_file() for name in LIBRARIES):
            return Path(folder)

    pytest.skip("no folder with the cell libraries")


def test_memories_and_their_prices():
    """Depth × width; CACTI's table prices a read and a write of 32 bits.

    An access of w bits is half of that times w / 32.
    """
    sizes = memories(CORE, "integrate_and_fire_core")
    assert sizes == {
        "synapses": (4, 65536),
        "potentials": (16, 256),
        "thresholds": (16, 256),
        "biases": (16, 256),
    }
    prices = {price.name: price for price in memory_prices(CORE)}
    assert prices["synapses"].access_j == pytest.approx(CACTI_PJ[32768] / 2 * 4 / 32 * 1e-12)
    assert not prices["synapses"].held
    assert prices["potentials"].held  # 512 bytes, priced as 1 kB
    assert prices["potentials"].access_j == pytest.approx(CACTI_PJ[1024] / 2 * 16 / 32 * 1e-12)
    chain = memories(parameters_of_sizes([784, 48, 10]), "snn_top")
    assert len(chain) == 8
    assert chain["g_core[0].core.synapses"] == (8, 784 * 64)
    with pytest.raises(SpikewattError, match="must have a size that CACTI's table holds"):
        memory_prices(
            {
                "AXONS": 65535,
                "NEURONS": 256,
                "WEIGHT_BITS": 8,
                "STATE_BITS": 24,
            }
        )


def test_liberty_plain_and_gzipped(tmp_path):
    plain, packed = tmp_path / "a.lib", tmp_path / "a.lib.gz"
    plain.write_text(LIBERTY)
    packed.write_bytes(gzip.compress(LIBERTY.encode()))
    expected = Liberty("one_cell", "1.5 V, 25 C", LIBERTY.encode())
    assert read_liberty(plain) == expected
    assert read_liberty(packed) == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"module m; endmodule",
        b"\x1f\x8bnot gzip at all",
        gzip.compress(b"nothing", mtime=0),
    ],
)
def test_what_is_no_liberty_is_refused(tmp_path, content):
    path = tmp_path / "cells.lib"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="cells.lib: must be a Liberty file"):
        synthesise_asic(CORE, path)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"clock_hz": 0}, "synth.clock_hz: must be a clock; got 0"),
        (
            {"memory_access_s": -1e-9},
            "synth.memory_access_s: must be an access time",
        ),
        (
            {"activity": {"a": 3.0}},
            "synth.activity: a: must be toggles per clock cycle; got 3.0",
        ),
    ],
)
def test_bad_asic_options_are_refused(tmp_path, options, match):
    (tmp_path / "a.lib").write_text(LIBERTY)
    with pytest.raises(SpikewattError, match=match):
        synthesise_asic(CORE, tmp_path / "a.lib", **options)


@pytest.mark.slow
@pytest.mark.synth
def test_area_is_the_sum_of_the_cells(libraries, tmp_path, monkeypatch):
    """Counts times the areas that the library gives; no memory is among them.

    Without OpenSTA the report says so.
    """
    monkeypatch.setattr(tools, "cache_folder", lambda *parts: tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    library = libraries / LIBRARIES[1]
    report = synthesise_asic(SMALL, library)
    cells = read_stat(Path(report.folder) / "stat.json", report.top)["cells"]
    text = read_liberty(library).text.decode()
    areas = {
        name: float(area)
        for name, area in re.findall(
            r"^\s*cell\s*\(\s*\"?(\w+)\"?\s*\)\s*\{.*?\barea\s*:\s*([\d.]+)",
            text,
            re.M | re.S,
        )
    }
    assert len(cells) > 5
    assert report.area_m2 == pytest.approx(
        sum(count * areas[kind] for kind, count in cells.items()) * 1e-12
    )
    assert report.area_mm2 == pytest.approx(report.area_m2 * 1e6)
    # Queue 2 words of 11 bits and 2 pointers of 2, counters 7 of 4, controller 3 or 5 for its state
    # and 15, the port's 2.
    assert 22 + 4 + 28 + 18 + 2 <= report.flip_flops <= 22 + 4 + 28 + 20 + 2 + 2
    assert (report.critical_path_s, report.leakage_w, report.dynamic_w) == (
        None,
        None,
        None,
    )
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
    netlist = Netlist(
        Path(synthesise_asic(SMALL, library).folder),
        "integrate_and_fire_core",
    )
    names = {name for names in netlist.names.values() for name in names}
    powers = []
    for rate in (0.0, 0.25, 0.5):
        report = synthesise_asic(SMALL, library, activity=dict.fromkeys(names, rate))
        assert f"{len(netlist.registers)} of {len(netlist.registers)} registers" in report.activity
        powers.append(report.dynamic_w)

    assert powers[0] < powers[1] < powers[2]
    assert powers[0] > 0  # the clock pins
    with pytest.raises(
        SpikewattError,
        match="synth.activity: must name registers of the design; got no.such.net",
    ):
        synthesise_asic(SMALL, library, activity={"no.such.net": 0.1})
