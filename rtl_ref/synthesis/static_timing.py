"""OpenSTA on a netlist of standard cells: the longest path, leakage, and dynamic power from toggle rates of the RTL.

OpenSTA 2.0 spreads activities from the inputs and overwrites those of registers on the way. Power is therefore told in two parts: the
registers with the rates of their outputs, and the gates between them in a netlist whose registers were cut out, so that each of their
outputs is an input with the rate that was measured.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ...errors import SpikewattError
from .tool_reports import read_json, read_power, read_timing
from .tools import run_tool

DEFAULT_ACTIVITY = (
    0.1  # toggles per clock cycle, at 1 half of the time: an assumption, not a measurement
)


class Netlist:
    """netlist.json of a folder: its registers, its inputs, and the RTL's names of what they drive."""

    def __init__(self, folder: Path, top: str):
        self.folder, self.top = folder, top
        module = read_json(folder / "netlist.json")["modules"][top]
        self.cells = module["cells"]
        self.registers = [
            name for name, cell in self.cells.items() if {"D", "Q"} <= set(cell["connections"])
        ]
        self.inputs = {
            f"{name}[{i}]" if len(entry["bits"]) > 1 else name: bit
            for name, entry in module["ports"].items()
            if entry["direction"] == "input" and name != "clk"
            for i, bit in enumerate(entry["bits"])
        }
        self.names: dict[int, list[str]] = {}
        for name, entry in module["netnames"].items():
            for i, bit in enumerate(entry["bits"]):
                if isinstance(bit, int):
                    single = [name] if len(entry["bits"]) == 1 else []
                    self.names.setdefault(bit, []).extend(
                        [f"{name}[{i + entry.get('offset', 0)}]", *single]
                    )

    def rates(self, activity: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        """Toggles per cycle of those registers and of those inputs that `activity` names."""

        def rate(bit: object) -> float | None:
            return next(
                (activity[name] for name in self.names.get(bit, ()) if name in activity), None
            )  # type: ignore[call-overload]

        registers = {
            name: value
            for name in self.registers
            if (value := rate(self.cells[name]["connections"]["Q"][0])) is not None
        }
        inputs = {
            name: value for name, bit in self.inputs.items() if (value := rate(bit)) is not None
        }
        return registers, inputs


def sta_version(sta: str | None) -> str:
    """Version of OpenSTA, or ``not installed``."""
    if sta is None:
        return "not installed"
    return (
        subprocess.run(
            [sta, "-version"], capture_output=True, text=True, check=False
        ).stdout.strip()
        or "unknown"
    )


def _plain(name: str) -> str:
    """A name without the brackets of the generate block, which OpenSTA would take for an index."""
    return re.sub(r"g_core\[(\d+)\]\.core\.", r"core\1.", name)


def _run(
    sta: str, netlist: Netlist, verilog: str, clock_hz: float, commands: list[str], name: str
) -> None:
    """Read `verilog`, make the clock, do `commands`; any complaint is an error."""
    folder = netlist.folder
    text = re.sub(
        r"^  assign \{[^}=]*\} = \d+'h[0-9a-fx]+;\n",
        "",
        _plain((folder / verilog).read_text()),
        flags=re.M,
    )  # constant outputs
    (folder / f"{name}.v").write_text(text)
    lines = [
        "set_cmd_units -time ns",
        "read_liberty cells.lib",
        f"read_verilog {name}.v",
        f"link_design {netlist.top}",
        f"create_clock -name clk -period {1e9 / clock_hz:.6f} [get_ports clk]",
        *commands,
        "exit",
    ]
    (folder / f"{name}.tcl").write_text("\n".join(lines) + "\n")
    run_tool([sta, "-exit", f"{name}.tcl"], folder, f"{name}.log", "OpenSTA must read the netlist")
    faults = [
        line
        for line in (folder / f"{name}.log").read_text(errors="replace").splitlines()
        if line.startswith(("Error", "Warning"))
    ]
    if faults:
        raise SpikewattError(
            "synth",
            "OpenSTA must read the netlist",
            " | ".join(faults[:3]),
            f"see {folder / name}.log",
        )


def time_and_power(
    sta: str,
    yosys: str,
    netlist: Netlist,
    clock_hz: float,
    memory_access_s: float,
    activity: Mapping[str, float] | None,
) -> dict:
    """critical_path_s, critical_from, critical_to, clock_hz (highest), leakage_w, dynamic_w (at `clock_hz`) and activity in words."""
    folder = netlist.folder
    commands = [
        "set inputs {}",
        'foreach port [all_inputs] { if {[get_property $port full_name] != "clk"} { lappend inputs $port } }',
        "set_input_delay 0 -clock clk $inputs",
        "set outputs {}",
        'foreach port [all_outputs] { if {![string match "*.clk" [get_property $port full_name]]} { lappend outputs $port } }',
        "set_output_delay 0 -clock clk $outputs",
    ]
    if memory_access_s:
        commands.append(
            f"set_input_delay {memory_access_s * 1e9:.6f} -clock clk [get_ports *.rdata*]"
        )
    commands += [
        "report_checks -path_delay max -digits 4 > timing.rpt",
        f"set_power_activity -global -activity {DEFAULT_ACTIVITY} -duty 0.5",
    ]
    _run(
        sta,
        netlist,
        "netlist.v",
        clock_hz,
        [*commands, "report_power -digits 6 > power.rpt"],
        "time",
    )
    result = read_timing((folder / "timing.rpt").read_text())
    power = read_power((folder / "power.rpt").read_text())
    result.update(clock_hz=1 / result["critical_path_s"], leakage_w=power["leakage_w"])
    if not activity:
        result["dynamic_w"] = power["internal_w"] + power["switching_w"]
        return {**result, "activity": f"assumed: {DEFAULT_ACTIVITY} toggles per cycle on every net"}
    registers, inputs = netlist.rates(activity)
    if not registers:
        raise SpikewattError(
            "synth.activity",
            "must name registers of the design",
            ", ".join(list(activity)[:3]),
            "as net_rates gives them",
        )
    result["dynamic_w"] = _register_power(sta, netlist, clock_hz, registers) + _gate_power(
        sta, yosys, netlist, clock_hz, registers, inputs
    )
    told = f"{len(registers)} of {len(netlist.registers)} registers and {len(inputs)} of {len(netlist.inputs)} inputs by a run"
    return {**result, "activity": f"{told}; the rest assumed: {DEFAULT_ACTIVITY} toggles per cycle"}


def _register_power(
    sta: str, netlist: Netlist, clock_hz: float, rates: Mapping[str, float]
) -> float:
    """Internal and switching power [W] of the registers, their clock pins among it. A register's input is taken to toggle as its output."""
    # The first report spreads the activities; those set after it stay. 2.0.17 has a fault in set_power_activity -pins.
    commands = ["set_power_activity -input -activity 0 -duty 0.5", "report_power > /dev/null"]
    for name in netlist.registers:
        for pin in {"D", "Q", "Q_N"} & set(netlist.cells[name]["connections"]):
            rate = rates.get(name, DEFAULT_ACTIVITY)
            commands.append(
                f"::sta::set_power_pin_activity [get_pins {{{name}/{pin}}}] {rate:.6g} 0.5"
            )
    _run(
        sta,
        netlist,
        "netlist.v",
        clock_hz,
        [*commands, "report_power -digits 6 > registers.rpt"],
        "registers",
    )
    power = read_power((netlist.folder / "registers.rpt").read_text(), "Sequential")
    return power["internal_w"] + power["switching_w"]


def _gate_power(
    sta: str,
    yosys: str,
    netlist: Netlist,
    clock_hz: float,
    registers: Mapping[str, float],
    inputs: Mapping[str, float],
) -> float:
    """Internal and switching power [W] of the gates, in a netlist without the registers."""
    kinds = sorted({netlist.cells[name]["type"] for name in netlist.registers})
    lines = (
        "read_json netlist.json",
        "read_liberty -lib -ignore_miss_func cells.lib",
        f"hierarchy -top {netlist.top}",
        "expose -evert " + " ".join(f"t:{kind}" for kind in kinds),
        "write_verilog -noattr -noexpr gates_only.v",
    )
    (netlist.folder / "gates.ys").write_text("\n".join(lines) + "\n")
    run_tool(
        [yosys, "-q", "gates.ys"],
        netlist.folder,
        "gates_yosys.log",
        "Yosys must cut the registers out",
    )
    rates = {_plain(name): rate for name, rate in inputs.items()}
    rates |= {
        f"{name}.{pin}": rate
        for name, rate in registers.items()
        for pin in {"Q", "Q_N"} & set(netlist.cells[name]["connections"])
    }
    commands = [f"set_power_activity -input -activity {DEFAULT_ACTIVITY} -duty 0.5"]
    commands += [
        f"set_power_activity -input_ports [get_ports {{{port}}}] -activity {rate:.6g} -duty 0.5"
        for port, rate in rates.items()
    ]
    _run(
        sta,
        netlist,
        "gates_only.v",
        clock_hz,
        [*commands, "report_power -digits 6 > gates.rpt"],
        "gates",
    )
    power = read_power((netlist.folder / "gates.rpt").read_text(), "Combinational")
    return power["internal_w"] + power["switching_w"]
