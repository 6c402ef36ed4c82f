"""What is proven of which module, for which sizes, and how deep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PropertySet:
    """What is proven of one module.

    Parameters
    ----------
    module : its name, also that of its file
    proof : file of the module with the properties
    uses : other files that it needs
    instance : what is placed before the module's end, since Yosys knows no bind
    sizes : parameter values, one proof for each
    depth : steps of the induction, and within which a counterexample is sought
    reach : steps within which all that shall be possible is reached, for the first of the sizes
    cut : module whose inside is left out: its outputs may be anything at any time; default none
    """

    module: str
    proof: str
    uses: tuple[str, ...]
    instance: str
    sizes: tuple[Mapping[str, int], ...]
    depth: int
    reach: int
    cut: str | None = None


def _same(*names: str) -> str:
    """Parameters that are handed on under their own names."""
    return ", ".join(f".{name}({name})" for name in names)


_CONTROLLER_SIZES = (
    "NEURONS",
    "AXON_BITS",
    "CYCLES_PER_SOP",
    "INDEX",
    "NEURON_BITS",
    "WAIT_BITS",
)

_SMALL_CORE = {
    "AXONS": 3,
    "NEURONS": 3,
    "WEIGHT_BITS": 3,
    "STATE_BITS": 5,
    "QUEUE_DEPTH": 2,
    "COUNTER_BITS": 6,
}

PROPERTIES = {
    "event_queue": PropertySet(
        module="event_queue",
        proof="event_queue_proof.sv",
        uses=("law.sv",),
        instance=(
            "logic [POINTER_BITS-1:0] place; "
            "wire [WIDTH-1:0] content = memory[place]; "
            f"event_queue_proof #({_same('WIDTH', 'DEPTH')}) proof (.*);"
        ),
        sizes=(
            {"WIDTH": 4, "DEPTH": 4},
            {"WIDTH": 2, "DEPTH": 2},
            {"WIDTH": 14, "DEPTH": 16},
        ),
        depth=10,
        reach=12,
    ),
    "handshake": PropertySet(
        module="controller",
        proof="handshake_proof.sv",
        uses=("law.sv", "snn_words.sv"),
        instance=f"handshake_proof #({_same(*_CONTROLLER_SIZES)}) proof (.*);",
        sizes=(
            {
                "NEURONS": 3,
                "AXON_BITS": 2,
                "CYCLES_PER_SOP": 2,
                "INDEX": 2,
            },
            {
                "NEURONS": 4,
                "AXON_BITS": 3,
                "CYCLES_PER_SOP": 4,
                "INDEX": 1,
            },
            {
                "NEURONS": 1,
                "AXON_BITS": 1,
                "CYCLES_PER_SOP": 3,
                "INDEX": 1,
            },
            {
                "NEURONS": 48,
                "AXON_BITS": 6,
                "CYCLES_PER_SOP": 2,
                "INDEX": 1,
            },
        ),
        depth=14,
        reach=14,
    ),
    "accesses": PropertySet(
        module="integrate_and_fire_core",
        proof="access_proof.sv",
        uses=(
            "law.sv",
            "snn_words.sv",
            "sram.sv",
            "event_queue.sv",
            "any_neuron_update.sv",
            "controller.sv",
            "activity_counters.sv",
        ),
        instance="access_proof #(.COUNTER_BITS(COUNTER_BITS)) proof (.*);",
        sizes=(
            {**_SMALL_CORE, "CYCLES_PER_SOP": 2, "EVENT_RULE": 0},
            {**_SMALL_CORE, "CYCLES_PER_SOP": 3, "EVENT_RULE": 1},
        ),
        depth=6,
        reach=12,
    ),
    "axi_lite": PropertySet(
        module="axi_lite_peripheral",
        proof="axi_lite_proof.sv",
        uses=("law.sv", "snn_words.sv", "snn_registers.sv", "event_queue.sv", "snn_top.sv"),
        instance=(
            "axi_lite_proof proof (.*, .in_valid(event_due), .word_taken(spike_read), "
            ".port_answer(32'(port_rdata)), "
            ".selections({core, memory, counter_select}), .place({axon, neuron}));"
        ),
        sizes=({"OUTPUT_DEPTH": 2}, {"OUTPUT_DEPTH": 16}),
        depth=8,
        reach=8,
        cut="snn_top",
    ),
}
