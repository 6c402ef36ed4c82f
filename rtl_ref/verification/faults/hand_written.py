"""Faults that were thought of, in the words of what is wrong."""

from __future__ import annotations

from .fault import Fault

HAND_WRITTEN = (
    Fault(
        "fires above the threshold only",
        "neuron_update.sv",
        "!step_rest[STATE_BITS+1]",
        "(!step_rest[STATE_BITS+1] && step_rest != 0)",
    ),
    Fault(
        "resets to zero",
        "neuron_update.sv",
        "spike ? stepped : bias_sum",
        "spike ? '0 : bias_sum",
    ),
    Fault(
        "a neuron that may not fire does",
        "neuron_update.sv",
        "!is_event && may_fire && (",
        "!is_event && (",
    ),
    Fault(
        "FIRE does not double",
        "neuron_update.sv",
        "fire_rest[STATE_BITS-1:0] <<< 1",
        "fire_rest[STATE_BITS-1:0] <<< 0",
    ),
    Fault(
        "sums wrap round",
        "saturating_add.sv",
        "saturated = exact[WIDTH] != exact[WIDTH-1]",
        "saturated = 1'b0 && exact[WIDTH]",
    ),
    Fault(
        "event rule goes below 0",
        "neuron_update.sv",
        "total[STATE_BITS-1] ? '0 : total",
        "total",
    ),
    Fault(
        "ticks for another core are executed",
        "controller.sv",
        "(in_target == '0 || ",
        "(in_target != '0 || ",
    ),
    Fault(
        "the last neuron's spike ends the visit without its tick",
        "controller.sv",
        "state  <= !last ? READ : passes ? PASS_ON : IDLE;",
        "state  <= !last ? READ : IDLE;",
    ),
    Fault(
        "waiting for the receiver counts as work",
        "integrate_and_fire_core.sv",
        "working && !stalled",
        "working",
    ),
    Fault(
        "a full queue takes a word",
        "event_queue.sv",
        "(tail - head) != (POINTER_BITS+1)'(DEPTH)",
        "1'b1 | (tail == head)",
    ),
)
