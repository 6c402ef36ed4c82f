"""OpenSTA on a netlist of standard cells: the longest path, leakage, and dynamic power.

Dynamic power follows from toggle rates of the RTL. OpenSTA 2.0 spreads activities from the inputs
and overwrites those of registers on the way. Power is therefore told in two parts: the registers
with the rates of their outputs, and the gates between them in a netlist whose registers were cut
out, so that each of their outputs is an input with the rate that was measured.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import SpikewattError
from .netlist import Netlist
from .tool_reports import read_power, read_timing
from .tools import run_tool, run_yosys

# Toggles per clock cycle, at 1 half of the time: an assumption, not a measurement.
DEFAULT_ACTIVITY = 0.1
POWER = "report_power -digits 6"

# Memories' clock pins became ports, too, and are no outputs to be timed.
CONSTRAINTS = (
    "set inputs {}",
    "foreach port [all_inputs] { "
    'if {[get_property $port full_name] != "clk"} { lappend inputs $port } }',
    "set_input_delay 0 -clock clk $inputs",
    "set outputs {}",
    "foreach port [all_outputs] { "
    'if {![string match "*.clk" [get_property $port full_name]]} { lappend outputs $port } }',
    "set_output_delay 0 -clock clk $outputs",
)


@dataclass(frozen=True)
class Timing:
    """What OpenSTA says; nothing where it is not installed.

    Parameters
    ----------
    critical_path_s : longest path, s
    critical_from : where it starts
    critical_to : where it ends
    clock_hz : highest clock, Hz
    leakage_w : W
    dynamic_w : W at the clock that was asked for
    activity : where the toggle rates came from, in words
    """

    critical_path_s: float | None = None
    critical_from: str | None = None
    critical_to: str | None = None
    clock_hz: float | None = None
    leakage_w: float | None = None
    dynamic_w: float | None = None
    activity: str = "none"


def sta_version(sta: str | None) -> str:
    """Version of OpenSTA at a path; ``not installed`` without one."""
    if sta is None:
        return "not installed"
    run = subprocess.run([sta, "-version"], capture_output=True, text=True, check=False)
    return run.stdout.strip() or "unknown"


def time_and_power(
    sta: str,
    yosys: str,
    netlist: Netlist,
    clock_hz: float,
    memory_access_s: float,
    activity: Mapping[str, float] | None,
) -> Timing:
    """Time the netlist, and tell its power.

    Parameters
    ----------
    sta : path of OpenSTA
    yosys : path of Yosys
    netlist : of the logic
    clock_hz : at which power is told, Hz
    memory_access_s : from a memory's clock to its data, s
    activity : net of the RTL -> toggles per clock cycle; None for 0.1 on every net

    Raises
    ------
    SpikewattError : OpenSTA complained, or the activity names no register of the design.
    """
    session = _Session(sta, netlist, clock_hz)
    path, power = _time(session, memory_access_s)
    if activity:
        dynamic_w, told = _dynamic_power(session, yosys, activity)
    else:
        dynamic_w = power["internal_w"] + power["switching_w"]
        told = f"assumed: {DEFAULT_ACTIVITY} toggles per cycle on every net"

    return Timing(
        critical_path_s=path["critical_path_s"],
        critical_from=path["critical_from"],
        critical_to=path["critical_to"],
        clock_hz=1 / path["critical_path_s"],
        leakage_w=power["leakage_w"],
        dynamic_w=dynamic_w,
        activity=told,
    )


@dataclass(frozen=True)
class _Session:
    """OpenSTA, ready to read netlists of one design at one clock."""

    sta: str
    netlist: Netlist
    clock_hz: float

    @property
    def folder(self) -> Path:
        return self.netlist.folder

    def run(self, verilog: str, commands: list[str], name: str) -> None:
        """Read `verilog`, make the clock, do `commands`; any complaint is an error."""
        text = _plain((self.folder / verilog).read_text("utf-8"))
        # Constant outputs, which OpenSTA does not read.
        text = re.sub(
            r"^  assign \{[^}=]*\} = \d+'h[0-9a-fx]+;\n",
            "",
            text,
            flags=re.M,
        )
        (self.folder / f"{name}.v").write_text(text, "utf-8")

        period_ns = 1e9 / self.clock_hz
        lines = [
            "set_cmd_units -time ns",
            "read_liberty cells.lib",
            f"read_verilog {name}.v",
            f"link_design {self.netlist.top}",
            f"create_clock -name clk -period {period_ns:.6f} [get_ports clk]",
            *commands,
            "exit",
        ]
        script = self.folder / f"{name}.tcl"
        script.write_text("\n".join(lines) + "\n", "utf-8")

        law = "OpenSTA must read the netlist"
        run_tool(
            [self.sta, "-exit", f"{name}.tcl"],
            self.folder,
            f"{name}.log",
            law,
        )
        self._check_log(f"{name}.log", law)

    def _check_log(self, name: str, law: str) -> None:
        log = self.folder / name
        lines = log.read_text(errors="replace").splitlines()
        faults = [line for line in lines if line.startswith(("Error", "Warning"))]
        if faults:
            raise SpikewattError("synth", law, " | ".join(faults[:3]), f"see {log}")

    def report(self, name: str) -> str:
        """Text that a command wrote."""
        return (self.folder / name).read_text("utf-8")


def _time(session: _Session, memory_access_s: float) -> tuple[dict, dict[str, float]]:
    """The longest path, and the power where every net has the default activity."""
    commands: list[str] = [*CONSTRAINTS]
    if memory_access_s:
        delay_ns = memory_access_s * 1e9
        commands.append(f"set_input_delay {delay_ns:.6f} -clock clk [get_ports *.rdata*]")

    commands += [
        "report_checks -path_delay max -digits 4 > timing.rpt",
        f"set_power_activity -global -activity {DEFAULT_ACTIVITY} -duty 0.5",
        f"{POWER} > power.rpt",
    ]
    session.run("netlist.v", commands, "time")
    path = read_timing(session.report("timing.rpt"))
    power = read_power(session.report("power.rpt"))
    return path, power


def _dynamic_power(
    session: _Session, yosys: str, activity: Mapping[str, float]
) -> tuple[float, str]:
    """Power [W] with measured rates, and which of them were used, in words."""
    netlist = session.netlist
    registers, inputs = netlist.rates(activity)
    if not registers:
        law = "must name registers of the design"
        got = ", ".join(list(activity)[:3])
        raise SpikewattError("synth.activity", law, got, "as net_rates gives them")

    power = _register_power(session, registers)
    power += _gate_power(session, yosys, registers, inputs)
    told = (
        f"{len(registers)} of {len(netlist.registers)} registers"
        f" and {len(inputs)} of {len(netlist.inputs)} inputs by a run"
        f"; the rest assumed: {DEFAULT_ACTIVITY} toggles per cycle"
    )

    return power, told


def _register_power(session: _Session, rates: Mapping[str, float]) -> float:
    """Internal and switching power [W] of the registers, their clock pins among it.

    A register's input is taken to toggle as its output.
    """
    # The first report spreads the activities; those set after it stay. 2.0.17 has a fault in
    # set_power_activity -pins.
    commands = [
        "set_power_activity -input -activity 0 -duty 0.5",
        "report_power > /dev/null",
    ]

    for name in session.netlist.registers:
        rate = rates.get(name, DEFAULT_ACTIVITY)
        for pin in session.netlist.pins(name, "D", "Q", "Q_N"):
            place = f"[get_pins {{{name}/{pin}}}]"
            commands.append(f"::sta::set_power_pin_activity {place} {rate:.6g} 0.5")

    commands.append(f"{POWER} > registers.rpt")

    session.run("netlist.v", commands, "registers")
    power = read_power(session.report("registers.rpt"), "Sequential")
    return power["internal_w"] + power["switching_w"]


def _gate_power(
    session: _Session,
    yosys: str,
    registers: Mapping[str, float],
    inputs: Mapping[str, float],
) -> float:
    """Internal and switching power [W] of the gates, in a netlist without the registers."""
    netlist = session.netlist
    _cut_registers_out(netlist, yosys)

    # An output of a register became a port.
    rates = {_plain(name): rate for name, rate in inputs.items()}
    for name, rate in registers.items():
        for pin in netlist.pins(name, "Q", "Q_N"):
            rates[f"{name}.{pin}"] = rate

    commands = [f"set_power_activity -input -activity {DEFAULT_ACTIVITY} -duty 0.5"]
    for port, rate in rates.items():
        place = f"[get_ports {{{port}}}]"
        activity = f"-activity {rate:.6g} -duty 0.5"
        commands.append(f"set_power_activity -input_ports {place} {activity}")

    commands.append(f"{POWER} > gates.rpt")

    session.run("gates_only.v", commands, "gates")
    power = read_power(session.report("gates.rpt"), "Combinational")
    return power["internal_w"] + power["switching_w"]


def _cut_registers_out(netlist: Netlist, yosys: str) -> None:
    """Write gates_only.v: every register is taken out, and its pins become ports."""
    registers = [netlist.cells[name] for name in netlist.registers]
    kinds = sorted({register["type"] for register in registers})
    lines = [
        "read_json netlist.json",
        "read_liberty -lib -ignore_miss_func cells.lib",
        f"hierarchy -top {netlist.top}",
        "expose -evert " + " ".join(f"t:{kind}" for kind in kinds),
        "write_verilog -noattr -noexpr gates_only.v",
    ]
    run_yosys(
        yosys,
        netlist.folder,
        "gates",
        lines,
        "Yosys must cut the registers out",
    )


def _plain(name: str) -> str:
    """A name without the brackets of the generate block, which OpenSTA would take for an index.

    >>> _plain("g_core[1].core.bias")
    'core1.bias'
    """
    return re.sub(r"g_core\[(\d+)\]\.core\.", r"core\1.", name)
