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
    Fault(
        "MARK is lost",
        "controller.sv",
        "state    <= !in_tick || for_me ? READ : PASS_ON;",
        "state    <= !in_tick || for_me ? READ : in_kind == MARK ? IDLE : PASS_ON;",
    ),
    Fault("INDEX is one too small", "snn_top.sv", ".INDEX(i + 1)", ".INDEX(i)"),
    Fault(
        "EVENT_RULE is not handed on by the chain",
        "snn_top.sv",
        ".EVENT_RULE(EVENT_RULE)",
        ".EVENT_RULE(1'b0)",
    ),
    Fault(
        "the port's answer is that of another memory",
        "integrate_and_fire_core.sv",
        "2'd2:    port_rdata = threshold;",
        "2'd2:    port_rdata = bias;",
    ),
    Fault(
        "biases are written with the thresholds",
        "integrate_and_fire_core.sv",
        "serve && port_select == 2'd3",
        "serve && port_select[1]",
    ),
    Fault(
        "the memory of biases is read for events, too",
        "integrate_and_fire_core.sv",
        "(read && !is_event) || (serve",
        "read || (serve",
    ),
    Fault(
        "the counter of saturations counts spikes",
        "integrate_and_fire_core.sv",
        "happens[SATURATIONS] = write && saturated",
        "happens[SATURATIONS] = write && spike",
    ),
    Fault(
        "the memory port is served while the core works",
        "integrate_and_fire_core.sv",
        "wire serve = port_ready && port_enable",
        "wire serve = port_enable",
    ),
    Fault(
        "a soft reset does not reach the output queue",
        "axi_lite_peripheral.sv",
        ".clk, .reset(chain_reset), .in_valid(out_valid)",
        ".clk, .reset, .in_valid(out_valid)",
    ),
    Fault(
        "an axon beyond the last is taken by the bus",
        "axi_lite_peripheral.sv",
        "write_data[15:0] < AXONS[15:0]",
        "write_data[15:0] <= AXONS[15:0]",
    ),
    Fault(
        "a write waits for ever",
        "axi_lite_peripheral.sv",
        "gives_up    = patience == '1",
        "gives_up    = 1'b0",
    ),
)
