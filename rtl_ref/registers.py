"""The registers of the AXI4-Lite peripheral: one description, of which all others are made.

From it follow the constants of the RTL (`rtl/snn_registers.sv`), those of the benches, the C header
of a driver and the table of the manual.
"""

from __future__ import annotations

from dataclasses import dataclass

from .design import COUNTER_ORDER, RTL

WORD_BYTES = 4
SYSTEM_VERILOG = RTL / "snn_registers.sv"
PACKAGE = "snn_registers"
C_PREFIX = "SPIKEWATT"

IDENTIFICATION_BYTE, VERSION = 0x53, 2  # bits 31:24 and 23:16 of IDENTIFICATION
MEMORIES = ("synapses", "potentials", "thresholds", "biases")  # in the order of PORT_SELECT


@dataclass(frozen=True)
class Field:
    """Bits of a register.

    Parameters
    ----------
    name : of the field, in lower case
    high : number of the highest bit, 0..31
    low : number of the lowest bit, 0..31
    meaning : in words
    """

    name: str
    high: int
    low: int
    meaning: str

    @property
    def mask(self) -> int:
        """The field's bits in its word.

        >>> hex(Field("neuron", 15, 0, "number of a neuron").mask)
        '0xffff'
        """
        width = self.high - self.low + 1
        return (1 << width) - 1 << self.low

    @property
    def bits(self) -> str:
        """Its place, as manuals write it: ``[15:0]`` or ``[3]``."""
        if self.high == self.low:
            return f"[{self.low}]"

        return f"[{self.high}:{self.low}]"


@dataclass(frozen=True)
class Register:
    """One register, a word of 32 bits.

    Parameters
    ----------
    name : of the register, in capitals
    address : byte address, a multiple of 4
    access : ``R``, ``W`` or ``RW``
    meaning : in words, what the fields leave open
    fields : its bits, the highest first
    whole : whether it can only be written as a whole word, default False
    """

    name: str
    address: int
    access: str
    meaning: str
    fields: tuple[Field, ...] = ()
    whole: bool = False

    @property
    def readable(self) -> bool:
        """Whether a read is answered."""
        return "R" in self.access

    @property
    def writable(self) -> bool:
        """Whether a write is answered."""
        return "W" in self.access

    @property
    def number(self) -> int:
        """Number of its word."""
        return self.address // WORD_BYTES

    def field(self, name: str) -> Field:
        """The field of that name.

        Raises
        ------
        KeyError : there is none.
        """
        for field in self.fields:
            if field.name == name:
                return field

        raise KeyError(f"{self.name} has no field {name!r}")


_WORD = (
    Field("tick", 31, 31, "a tick, else an event"),
    Field("kind", 30, 28, "of a tick"),
    Field("target", 27, 24, "of a tick: 0 all cores, else the number of one"),
)

REGISTERS: tuple[Register, ...] = (
    Register(
        "IDENTIFICATION",
        0x00,
        "R",
        "",
        (
            Field("letter", 31, 24, "0x53"),
            Field("version", 23, 16, f"{VERSION}"),
            Field("cores", 15, 8, "number of cores"),
            Field("state_bits", 7, 0, "bits of a potential"),
        ),
    ),
    Register(
        "SIZES",
        0x04,
        "R",
        "of the core in PORT_SELECT",
        (
            Field("axons", 31, 16, "number of axons"),
            Field("neurons", 15, 0, "number of neurons"),
        ),
    ),
    Register(
        "STATUS",
        0x08,
        "R",
        "",
        (
            Field("level", 31, 16, "words in the output queue"),
            Field("counter_wrapped", 4, 4, "a counter of the core in PORT_SELECT passed its end"),
            Field("port_ready", 3, 3, "the core in PORT_SELECT rests: its memories can be reached"),
            Field("input_ready", 2, 2, "a word can be sent"),
            Field("output_full", 1, 1, "the output queue is full"),
            Field("output_waits", 0, 0, "a word waits in the output queue"),
        ),
    ),
    Register(
        "SOFT_RESET",
        0x0C,
        "W",
        "ends all work at once, empties queues and counters; memories and selections stay: neurons "
        "that were visited keep their new potentials",
        (Field("reset", 0, 0, "1 resets"),),
        whole=True,
    ),
    Register(
        "EVENT",
        0x10,
        "W",
        "sends a word; answered when the first core has it",
        (*_WORD, Field("axon", 15, 0, "of an event")),
        whole=True,
    ),
    Register(
        "SPIKE",
        0x14,
        "R",
        "takes a word from the output queue; 0 if there is none",
        (
            *_WORD,
            Field("valid", 16, 16, "there was a word"),
            Field("neuron", 15, 0, "of a spike; 0 of a tick"),
        ),
    ),
    Register(
        "PORT_SELECT",
        0x18,
        "RW",
        "what PORT_DATA, SIZES and COUNTER speak of",
        (
            Field("core", 15, 8, "from 0"),
            Field("memory", 1, 0, "0 synapses, 1 potentials, 2 thresholds, 3 biases"),
        ),
    ),
    Register(
        "PORT_ADDRESS",
        0x1C,
        "RW",
        "",
        (
            Field("axon", 31, 16, "of a synapse"),
            Field("neuron", 15, 0, "of any memory"),
        ),
    ),
    Register(
        "PORT_DATA",
        0x20,
        "RW",
        "the signed word there; a threshold below 0: the neuron never fires; answered when the "
        "core rests; a value that does not fit the memory is refused",
        whole=True,
    ),
    Register(
        "COUNTER_SELECT",
        0x24,
        "RW",
        "",
        (
            Field(
                "counter",
                2,
                0,
                ", ".join(f"{number} {name}" for number, name in enumerate(COUNTER_ORDER)),
            ),
        ),
    ),
    Register("COUNTER", 0x28, "R", "that counter of the core in PORT_SELECT"),
    Register(
        "CONTROL",
        0x2C,
        "RW",
        "to be changed at rest",
        (
            Field("advance", 1, 1, "PORT_ADDRESS moves on after each PORT_DATA, row by row"),
            Field("stream_out", 0, 0, "words leave by AXI-Stream, and SPIKE gives 0"),
        ),
    ),
    Register(
        "INTERRUPT_ENABLE",
        0x30,
        "RW",
        "the interrupt is high while a bit of STATUS is 1 that is enabled here",
        (Field("enable", 4, 0, "bits of STATUS"),),
    ),
    Register(
        "REFUSED",
        0x34,
        "R",
        "accesses that were answered SLVERR since the last reset; stays at its end",
    ),
)

ADDRESS_OF = {register.name: register.address for register in REGISTERS}


def register(name: str) -> Register:
    """The register of that name.

    >>> hex(register("EVENT").address)
    '0x10'

    Raises
    ------
    KeyError : there is none.
    """
    for each in REGISTERS:
        if each.name == name:
            return each

    raise KeyError(f"no register {name!r}")


def system_verilog() -> str:
    """The package `snn_registers`, which the peripheral imports: numbers of words."""
    lines = [
        "// Registers of axi_lite_peripheral by number; made from registers.py.",
        "/* verilator lint_off UNUSEDPARAM */  // the last is for those who count them",
        f"package {PACKAGE};",
        f"    localparam logic [7:0] VERSION = 8'd{VERSION};",
        "",
    ]
    width = max(len(each.name) for each in REGISTERS)
    for each in REGISTERS:
        value = f"10'd{each.number};"
        name = f"    localparam logic [9:0] {each.name:{width}}"
        lines.append(f"{name} = {value:8} // 0x{each.address:02X} {each.access}")

    last = REGISTERS[-1].name
    lines += [
        "",
        f"    localparam logic [9:0] {'LAST_REGISTER':{width}} = {last};",
        "endpackage",
        "/* verilator lint_on UNUSEDPARAM */",
    ]
    return "\n".join(lines) + "\n"


def c_header() -> str:
    """Addresses, masks and shifts for a driver in C."""
    guard = f"{C_PREFIX}_REGISTERS_H"
    lines = [
        "/* Registers of the peripheral: byte addresses, fields as masks and shifts. */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
    ]
    for each in REGISTERS:
        lines.append(f"#define {C_PREFIX}_{each.name} 0x{each.address:02X}u /* {each.access} */")
        for field in each.fields:
            name = f"{C_PREFIX}_{each.name}_{field.name.upper()}"
            lines.append(f"#define {name}_SHIFT {field.low}u")
            lines.append(f"#define {name}_MASK 0x{field.mask:08X}u /* {field.meaning} */")
        lines.append("")

    lines += _numbered("COUNTER", COUNTER_ORDER)
    lines += _numbered("MEMORY", MEMORIES)
    lines += [f"#define {C_PREFIX}_LETTER 0x{IDENTIFICATION_BYTE:02X}u"]
    lines += [f"#define {C_PREFIX}_VERSION {VERSION}u", "", f"#endif /* {guard} */"]
    return "\n".join(lines) + "\n"


def manual_table() -> str:
    """The table of the manual, in Markdown."""
    lines = ["| address | register | | content |", "|---|---|---|---|"]
    for each in REGISTERS:
        parts = [each.meaning] if each.meaning else []
        parts += [f"{field.bits} `{field.name}`: {field.meaning}" for field in each.fields]
        content = "; ".join(parts)
        lines.append(f"| 0x{each.address:02X} | {each.name} | {each.access} | {content} |")

    return "\n".join(lines) + "\n"


def _numbered(what: str, names: tuple[str, ...]) -> list[str]:
    lines = []
    for number, name in enumerate(names):
        lines.append(f"#define {C_PREFIX}_{what}_{name.upper()} {number}u")

    return [*lines, ""]
