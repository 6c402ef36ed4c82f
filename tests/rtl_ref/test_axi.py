"""Second implementation: the chain behind its AXI4-Lite registers against sums in numpy."""

from __future__ import annotations

import shutil

import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.design import RTL
from spikewatt.rtl_ref.verification.axi_peripheral import BENCHES, TOP

pytestmark = pytest.mark.rtl


def bench(name: str, simulator: str, sources=None) -> dict:
    pytest.importorskip("cocotbext.axi", reason="pip install cocotbext-axi")
    if simulator == "icarus" and shutil.which("iverilog") is None:
        pytest.skip("no iverilog")

    return BENCHES[name](simulator, sources)


@pytest.mark.parametrize("name", BENCHES)
def test_nothing_differs_on_icarus(name):
    row = bench(name, "icarus")
    assert row["mismatches"] == 0, row
    assert row["compared"] > 20


@pytest.mark.slow
@pytest.mark.parametrize("name", BENCHES)
def test_no_bench_differs_on_verilator(name):
    row = bench(name, "verilator")
    assert row["mismatches"] == 0, row


# What is wrong, and the bench that sees it.
FAULTS = [
    ("axi registers", "if (strobe[2]) axon[7:0]", "if (strobe[3]) axon[7:0]"),
    ("axi registers", "write_data[15:0] < AXONS[15:0]", "write_data[15:0] <= AXONS[15:0]"),
    ("axi registers", "word_valid && !stream_out ? word_shown", "!stream_out ? word_shown"),
    ("axi network", ".port_address({axon, neuron})", ".port_address({16'd0, neuron})"),
    (
        "axi registers",
        ".clk, .reset(chain_reset), .in_valid(out_valid)",
        ".clk, .reset, .in_valid(out_valid)",
    ),
    ("axi recovery", "gives_up    = patience == '1", "gives_up    = 1'b0"),
    ("axi registers", "state_fits;", "1'b1;"),
    ("axi registers", "reset || soft_reset", "reset"),
]


@pytest.mark.parametrize(("name", "right", "wrong"), FAULTS)
def test_a_planted_fault_is_caught(name, right, wrong, tmp_path):
    shutil.copytree(RTL, tmp_path, dirs_exist_ok=True)
    text = (RTL / f"{TOP}.sv").read_text()
    assert text.count(right) == 1
    (tmp_path / f"{TOP}.sv").write_text(text.replace(right, wrong))
    assert seen(name, tmp_path)


def seen(name: str, sources) -> bool:
    """Whether a bench sees the fault in `sources`: something differs, or it asserts."""
    try:
        return bench(name, "icarus", sources)["mismatches"] > 0
    except SpikewattError as error:
        # RTL that does not build proves nothing.
        if "must build" in str(error):
            raise
        return True
