"""The bitstream's design: it passes on its own, and does not where a potential differs."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref.design import sources_of
from spikewatt.rtl_ref.synthesis.boards.self_test import self_test_bitstream, write_sample
from spikewatt.rtl_ref.synthesis.parameters import parameters_of

BENCH = """`timescale 1ns/1ns
module bench;
    logic clk = 0;
    wire done, passed;
    always #5 clk = !clk;
    self_test #({parameters}) dut (.clk, .done, .passed);
    initial begin
        wait (done);
        $display("passed %b", passed);
        $finish;
    end
    initial #2000000 $finish;
endmodule
"""


@pytest.fixture
def sample(digits):
    return digits.scaled("test")[0]


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus")
@pytest.mark.parametrize("cycles_per_sop", [2, 3])
def test_the_design_passes_and_fails_where_a_potential_differs(
    cycles_per_sop, mlp_network, sample, tmp_path
):
    count = write_sample(mlp_network, sample, tmp_path, 4, cycles_per_sop)
    assert count > 4
    values = {
        **parameters_of(mlp_network),
        "CYCLES_PER_SOP": cycles_per_sop,
        "WORDS": count,
    }
    chosen = ", ".join(f".{name}({value})" for name, value in values.items())
    (tmp_path / "bench.sv").write_text(BENCH.format(parameters=chosen))
    files = [*map(str, sources_of("self_test")), "bench.sv"]
    run = {"cwd": tmp_path, "capture_output": True, "text": True, "check": True}
    subprocess.run(["iverilog", "-g2012", "-o", "bench", *files], **run)
    assert "passed 1" in subprocess.run(["vvp", "bench"], **run).stdout

    expected = tmp_path / "self_expected.hex"
    lines = expected.read_text().split()
    lines[3] = f"{int(lines[3], 16) ^ 1:06x}"
    expected.write_text("\n".join(lines))
    assert "passed 0" in subprocess.run(["vvp", "bench"], **run).stdout


def test_what_cannot_be_packed_is_refused(mlp_network, sample, tmp_path):
    path = tmp_path / "b.bit"
    with pytest.raises(SpikewattError, match="synth.bitstream: is made for the ECP5 and the iCE40"):
        self_test_bitstream(mlp_network, sample, path, device="GW1NR-9")
    assert not path.exists()


@pytest.mark.slow
@pytest.mark.synth
def test_bitstream_of_an_ecp5(mlp_network, sample, tmp_path):
    pins = tmp_path / "board.lpf"
    pins.write_text('LOCATE COMP "clk" SITE "G2";\nLOCATE COMP "done" SITE "B2";\n'
                    'LOCATE COMP "passed" SITE "C2";\n')  # fmt: skip
    path = tmp_path / "b.bit"
    self_test_bitstream(mlp_network, sample, path, device="LFE5U-12F", pins=pins, steps=8)
    assert path.stat().st_size > 100_000
    assert b"\xff\xff\xbd\xb3" in path.read_bytes()[:200]  # preamble of the family
