"""Modules with the parameters of one network filled in, the bench's sizes, and lists of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..design import COUNTER_ORDER, packed, sources_of
from .vector_files import starts
from .vectors import NOT_PREDICTED, Vectors

PERIPHERAL = "axi_lite_peripheral"
CHAIN_MODULE, AXI_MODULE = "network_chain", "network_axi"
CHAIN_BENCH, AXI_BENCH = "chain_bench", "axi_bench"
QUEUE_DEPTH, OUTPUT_DEPTH, COUNTER_BITS = 16, 16, 32

# The name, direction and width of each port; a width in words is a parameter or a sum of such.
CHAIN_PORTS = (
    ("clk", "input", "1"),
    ("reset", "input", "1"),
    ("in_valid", "input", "1"),
    ("in_ready", "output", "1"),
    ("in_tick", "input", "1"),
    ("in_kind", "input", "3"),
    ("in_target", "input", "4"),
    ("in_axon", "input", "16"),
    ("out_valid", "output", "1"),
    ("out_ready", "input", "1"),
    ("out_tick", "output", "1"),
    ("out_kind", "output", "3"),
    ("out_target", "output", "4"),
    ("out_neuron", "output", "16"),
    ("port_enable", "input", "1"),
    ("port_ready", "output", "1"),
    ("port_refused", "output", "1"),
    ("port_core", "input", "CORE_BITS"),
    ("port_write", "input", "1"),
    ("port_select", "input", "2"),
    ("port_address", "input", "32"),
    ("port_wdata", "input", "STATE_BITS"),
    ("port_rvalid", "output", "1"),
    ("port_rdata", "output", "STATE_BITS"),
    ("counter_select", "input", "3"),
    ("counter", "output", "COUNTER_BITS"),
    ("counter_wrapped", "output", "1"),
    ("link_valid", "output", "CORES"),
    ("link_ready", "output", "CORES"),
    ("link_tick", "output", "CORES"),
    ("link_neuron", "output", "CORES*16"),
)

AXI_PORTS = (
    ("aclk", "input", "1"),
    ("aresetn", "input", "1"),
    ("s_axi_awaddr", "input", "12"),
    ("s_axi_awprot", "input", "3"),
    ("s_axi_awvalid", "input", "1"),
    ("s_axi_awready", "output", "1"),
    ("s_axi_wdata", "input", "32"),
    ("s_axi_wstrb", "input", "4"),
    ("s_axi_wvalid", "input", "1"),
    ("s_axi_wready", "output", "1"),
    ("s_axi_bresp", "output", "2"),
    ("s_axi_bvalid", "output", "1"),
    ("s_axi_bready", "input", "1"),
    ("s_axi_araddr", "input", "12"),
    ("s_axi_arprot", "input", "3"),
    ("s_axi_arvalid", "input", "1"),
    ("s_axi_arready", "output", "1"),
    ("s_axi_rdata", "output", "32"),
    ("s_axi_rresp", "output", "2"),
    ("s_axi_rvalid", "output", "1"),
    ("s_axi_rready", "input", "1"),
    ("s_axis_tdata", "input", "32"),
    ("s_axis_tvalid", "input", "1"),
    ("s_axis_tready", "output", "1"),
    ("m_axis_tdata", "output", "32"),
    ("m_axis_tlast", "output", "1"),
    ("m_axis_tvalid", "output", "1"),
    ("m_axis_tready", "input", "1"),
    ("irq", "output", "1"),
)

# What tools for block designs read from a module of plain Verilog.
AXI_ATTRIBUTES = {
    "aclk": (
        '(* X_INTERFACE_INFO = "xilinx.com:signal:clock:1.0 aclk CLK" *)',
        '(* X_INTERFACE_PARAMETER = "ASSOCIATED_BUSIF s_axi:s_axis:m_axis, '
        'ASSOCIATED_RESET aresetn" *)',
    ),
    "aresetn": (
        '(* X_INTERFACE_INFO = "xilinx.com:signal:reset:1.0 aresetn RST" *)',
        '(* X_INTERFACE_PARAMETER = "POLARITY ACTIVE_LOW" *)',
    ),
    "irq": (
        '(* X_INTERFACE_INFO = "xilinx.com:signal:interrupt:1.0 irq INTERRUPT" *)',
        '(* X_INTERFACE_PARAMETER = "SENSITIVITY LEVEL_HIGH" *)',
    ),
}


@dataclass(frozen=True)
class Shape:
    """Sizes and widths of the chain of one network.

    Parameters
    ----------
    axons : of each core
    neurons : of each core
    weight_bits : width of a weight
    state_bits : width of a potential
    cycles_per_sop : cycles of a visit to one neuron
    """

    axons: tuple[int, ...]
    neurons: tuple[int, ...]
    weight_bits: int
    state_bits: int
    cycles_per_sop: int

    @property
    def cores(self) -> int:
        """Length of the chain."""
        return len(self.axons)

    def parameters(self) -> dict[str, int | str]:
        """Parameters of `snn_top` and of the peripheral."""
        return {
            "CORES": self.cores,
            "AXONS": packed(self.axons),
            "NEURONS": packed(self.neurons),
            "WEIGHT_BITS": self.weight_bits,
            "STATE_BITS": self.state_bits,
            "CYCLES_PER_SOP": self.cycles_per_sop,
            "QUEUE_DEPTH": QUEUE_DEPTH,
            "COUNTER_BITS": COUNTER_BITS,
        }

    @property
    def patience(self) -> int:
        """Cycles in which at least one word moves: full queues of the slowest words, and as many
        again.
        """
        slowest = 4 + (self.cycles_per_sop + 4) * max(self.neurons)
        return 2 * self.cores * (QUEUE_DEPTH + 2) * slowest


def chain_wrapper(shape: Shape) -> str:
    """`network_chain.sv`: the chain of this network."""
    head = "// The chain of cores of this network, on its own ports: snn_top with its parameters.\n"
    values = {**shape.parameters(), "IMAGE": "IMAGE"}
    return head + _wrapper(CHAIN_MODULE, "snn_top", values, CHAIN_PORTS, shape)


def axi_wrapper(shape: Shape) -> str:
    """`network_axi.v`: the peripheral of this network, in plain Verilog for block designs."""
    head = (
        "// The peripheral of this network: axi_lite_peripheral with its parameters. It is plain\n"
        "// Verilog, which a block design takes as a module.\n"
    )
    values = {**shape.parameters(), "OUTPUT_DEPTH": OUTPUT_DEPTH, "IMAGE": "IMAGE"}
    return head + _wrapper(AXI_MODULE, PERIPHERAL, values, AXI_PORTS, shape)


def bench_sizes(shape: Shape, vectors: Vectors) -> str:
    """`network.svh`: what the benches must know before they read their files."""
    samples = vectors.samples
    words = starts(sample.words for sample in samples)[-1]
    left = []
    for core in range(shape.cores):
        left.append(starts(sample.left[core] for sample in samples)[-1])

    predicted = "".join("0" if name == NOT_PREDICTED else "1" for name in COUNTER_ORDER[::-1])
    values = {
        "int CORES": shape.cores,
        "int STATE_BITS": shape.state_bits,
        "int WEIGHT_BITS": shape.weight_bits,
        "int COUNTER_BITS": COUNTER_BITS,
        "int COUNTERS": len(COUNTER_ORDER),
        f"bit [{len(COUNTER_ORDER) - 1}:0] PREDICTED": f"{len(COUNTER_ORDER)}'b{predicted}",
        "int SAMPLES": len(samples),
        "int WORDS": words,
        "bit [CORES*32-1:0] AXONS": _words_of_32(shape.axons),
        "bit [CORES*32-1:0] NEURONS": _words_of_32(shape.neurons),
        "bit [CORES*32-1:0] LEFT": _words_of_32(left),
        "int ALL_NEURONS": sum(shape.neurons),
        "int ALL_LEFT": sum(left),
        "int PATIENCE": shape.patience,
    }
    lines = ["// Sizes of the network and of its vectors."]
    for name, value in values.items():
        lines.append(f"localparam {name} = {value};")

    return "\n".join(lines) + "\n"


def rtl_files() -> list[str]:
    """Paths of all sources in the order of compilation, the wrappers last."""
    modules = [file.name for file in sources_of(PERIPHERAL)]
    wrappers = (f"{CHAIN_MODULE}.sv", f"{AXI_MODULE}.v")
    return [f"rtl/{name}" for name in (*modules, *wrappers)]


def file_list() -> str:
    """`files.f`, as simulators take it with -f."""
    return "\n".join(rtl_files()) + "\n"


def core_file(name: str, folder: Iterable[str]) -> str:
    """The FuseSoC core file, CAPI2.

    Parameters
    ----------
    name : of the network
    folder : paths of the memories and vectors
    """
    rtl = []
    for path in rtl_files():
        kind = "systemVerilogSource" if path.endswith(".sv") else "verilogSource"
        rtl.append(f"      - {path}: {{file_type: {kind}}}")

    data = [f"      - {path}: {{file_type: user, copyto: {path}}}" for path in folder]
    return CORE_FILE.format(
        name=name,
        rtl="\n".join(rtl),
        data="\n".join(data),
        axi=AXI_MODULE,
        chain_bench=CHAIN_BENCH,
        axi_bench=AXI_BENCH,
    )


CORE_FILE = """CAPI=2:
name: ::{name}:1.0.0
description: A spiking network as a chain of cores, with its memories, vectors and benches

filesets:
  rtl:
    files:
{rtl}
  data:
    files:
{data}
  bench:
    files:
      - bench/network.svh: {{file_type: systemVerilogSource, is_include_file: true}}
      - bench/{chain_bench}.sv: {{file_type: systemVerilogSource}}
  axi_bench:
    files:
      - bench/network.svh: {{file_type: systemVerilogSource, is_include_file: true}}
      - bench/{axi_bench}.sv: {{file_type: systemVerilogSource}}

targets:
  default: &default
    filesets: [rtl, data]
    toplevel: {axi}

  sim: &sim
    <<: *default
    description: Plays the vectors to the chain
    default_tool: icarus
    filesets: [rtl, data, bench]
    toplevel: {chain_bench}
    tools:
      icarus:
        iverilog_options: [-g2012]
      verilator:
        mode: binary
        verilator_options:
          - --timing
          - -CFLAGS -std=gnu++20
          - -MAKEFLAGS "VM_PARALLEL_BUILDS=1 CFG_CXXFLAGS_PCH_I=-include"

  sim_axi:
    <<: *sim
    description: Plays the vectors to the peripheral
    filesets: [rtl, data, axi_bench]
    toplevel: {axi_bench}
"""


def _wrapper(
    name: str,
    inner: str,
    values: dict[str, int | str],
    ports: Sequence[tuple[str, str, str]],
    shape: Shape,
) -> str:
    known = {
        "CORES": shape.cores,
        "CORES*16": shape.cores * 16,
        "CORE_BITS": max(1, (shape.cores - 1).bit_length()),
        "STATE_BITS": shape.state_bits,
        "COUNTER_BITS": COUNTER_BITS,
    }
    declared = []
    for port, direction, text in ports:
        width = known[text] if text in known else int(text)
        bits = f"[{width - 1}:0]" if text != "1" else ""
        kind = f"{direction:6} wire {bits:9}"
        attributes = [f"    {line}\n" for line in AXI_ATTRIBUTES.get(port, ())]
        declared.append("".join(attributes) + f"    {kind} {port}")

    given = [f"        .{key}({value})" for key, value in values.items()]
    joined = [f"        .{port}({port})" for port, _, _ in ports]
    lines = [
        "`default_nettype none",
        "",
        f"module {name} #(",
        '    parameter IMAGE = "memories/"  // files of the memories: IMAGE, then core01_….hex',
        ") (",
        ",\n".join(declared),
        ");",
        f"    {inner} #(",
        ",\n".join(given),
        "    ) network (",
        ",\n".join(joined),
        "    );",
        "endmodule",
        "",
        "`default_nettype wire",
    ]
    return "\n".join(lines) + "\n"


def _words_of_32(values: Sequence[int]) -> str:
    """A packed list, the first lowest."""
    return "{" + ", ".join(f"32'd{value}" for value in reversed(values)) + "}"
