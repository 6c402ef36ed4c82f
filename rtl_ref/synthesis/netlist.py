"""A netlist as Yosys writes it: registers, inputs, and the RTL's names of what they drive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .tool_reports import read_json


class Netlist:
    """netlist.json of a folder.

    Parameters
    ----------
    folder : where it lies
    top : name of its module

    ``cells`` are those of the module; ``registers`` the names of those with D and Q; ``inputs``
    bits by name, the clock not among them; ``names`` the RTL's names of each bit.
    """

    def __init__(self, folder: Path, top: str):
        self.folder, self.top = folder, top
        module = read_json(folder / "netlist.json")["modules"][top]
        self.cells = module["cells"]
        self.registers = []
        for name in self.cells:
            if self.pins(name, "D", "Q") == ["D", "Q"]:
                self.registers.append(name)

        self.inputs = _inputs(module["ports"])
        self.names = _names(module["netnames"])

    def pins(self, cell: str, *wanted: str) -> list[str]:
        """Those of the wanted pins that a cell has."""
        connections = self.cells[cell]["connections"]
        return [pin for pin in wanted if pin in connections]

    def rates(self, activity: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
        """Toggles per cycle of those registers and of those inputs that `activity` names.

        Parameters
        ----------
        activity : net of the RTL -> toggles per clock cycle
        """
        outputs = {}
        for name in self.registers:
            (bit,) = self.cells[name]["connections"]["Q"]
            outputs[name] = bit

        registers = self._known(outputs, activity)
        inputs = self._known(self.inputs, activity)
        return registers, inputs

    def _known(
        self,
        bits: Mapping[str, int | str],
        activity: Mapping[str, float],
    ) -> dict[str, float]:
        rates = {}
        for name, bit in bits.items():
            for net in self.names.get(bit, ()):
                if net in activity:
                    rates[name] = activity[net]
                    break

        return rates


def _inputs(ports: Mapping[str, dict]) -> dict[str, int | str]:
    """Bit of each input but the clock, by the port's name and index."""
    found = {}
    for name, port in ports.items():
        if port["direction"] != "input" or name == "clk":
            continue
        bits = port["bits"]
        for i, bit in enumerate(bits):
            indexed = f"{name}[{i}]"
            found[indexed if len(bits) > 1 else name] = bit

    return found


def _names(nets: Mapping[str, dict]) -> dict[int | str, list[str]]:
    """Names of each bit; a net of one bit is known with and without an index."""
    found: dict[int | str, list[str]] = {}
    for name, net in nets.items():
        bits = net["bits"]
        offset = net.get("offset", 0)
        for i, bit in enumerate(bits):
            if not isinstance(bit, int):  # a constant
                continue
            names = found.setdefault(bit, [])
            names.append(f"{name}[{i + offset}]")
            if len(bits) == 1:
                names.append(name)

    return found
