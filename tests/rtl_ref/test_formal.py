"""Law: what is proven of the RTL holds for all times, and what shall be possible is reached.

Planted faults are found.
"""

from __future__ import annotations

import dataclasses
import shutil

import pytest
from spikewatt.errors import MissingToolError, SpikewattError
from spikewatt.rtl_ref.design import RTL
from spikewatt.rtl_ref.verification import proofs

pytestmark = [pytest.mark.formal, pytest.mark.slow]


@pytest.mark.parametrize("name", sorted(proofs.PROPERTIES))
def test_properties_are_proven_and_not_empty(name):
    rows = proofs.prove(name)
    assert all(row["result"] == "pass" for row in rows)
    assert {row["mode"] for row in rows} == {"prove", "cover"}
    proof = (proofs.FORMAL / proofs.PROPERTIES[name].proof).read_text()
    for row in rows:
        keyword = "assert (" if row["mode"] == "prove" else "cover ("
        assert row["checked"] == proof.count(keyword) > 3


FAULTS = [
    (
        "event_queue",
        "event_queue.sv",
        "(POINTER_BITS+1)'(DEPTH)",
        "(POINTER_BITS+1)'(DEPTH - 1)",
        "full_is_not_ready",
    ),
    (
        "event_queue",
        "event_queue.sv",
        "(POINTER_BITS+1)'(DEPTH)",
        "(POINTER_BITS+1)'(DEPTH + 1)",
        "full_is_not_ready|never_too_many",
    ),
    (
        "event_queue",
        "event_queue.sv",
        "tail <= tail + 1'b1",
        "tail <= tail",
        "empty_is_not_valid",
    ),
    (
        "event_queue",
        "event_queue.sv",
        "head <= head + 1'b1",
        "head <= head",
        "leaves_as_it_came|empty_is_not_valid|count_is_diff",
    ),
    (
        "event_queue",
        "event_queue.sv",
        "memory[head[",
        "memory[tail[",
        "leaves_as_it_came",
    ),
    (
        "handshake",
        "controller.sv",
        "passes  = !is_event && target != TARGET_BITS'(INDEX)",
        "passes  = !is_event",
        "tick_has_a_cause",
    ),
    (
        "handshake",
        "controller.sv",
        "EMIT: if (out_ready) begin",
        "EMIT: begin",
        "offer_stays|spike_is_sent",
    ),
    (
        "handshake",
        "controller.sv",
        "in_ready   = state == IDLE",
        "in_ready   = state == IDLE || state == WRITE",
        "ready_when_idle",
    ),
    (
        "handshake",
        "controller.sv",
        "NEURON_BITS'(NEURONS - 1)",
        "NEURON_BITS'(NEURONS - 2)",
        "all_neurons_once|tick_comes_last",
    ),
    (
        "handshake",
        "controller.sv",
        "PASS_ON: if (out_ready) state",
        "PASS_ON: state",
        "offer_stays|tick_passed_once",
    ),
    (
        "axi_lite",
        "axi_lite_peripheral.sv",
        "write_waits = !nothing && !in_ready;",
        "write_waits = 1'b0;",
        "event_enters",
    ),
    (
        "axi_lite",
        "axi_lite_peripheral.sv",
        "write_waits = reading;",
        "write_waits = 1'b0;",
        "answer_of_who_was_asked",
    ),
    (
        "axi_lite",
        "axi_lite_peripheral.sv",
        "spike_read   = read_done &&",
        "spike_read   = read_taken &&",
        "word_is_shown",
    ),
    (
        "axi_lite",
        "axi_lite_peripheral.sv",
        "(place_exists && (port_ready || out_ready))",
        "place_exists",
        "full_queue_blocks_no_read",
    ),
    (
        "axi_lite",
        "axi_lite_peripheral.sv",
        "write_done || (s_axi_bvalid && !s_axi_bready)",
        "write_done",
        "write_answer_stays",
    ),
    (
        "axi_lite",
        "axi_lite_peripheral.sv",
        "|| !write_legal || gives_up)",
        "|| !write_legal)",
        "every_wait_ends",
    ),
    (
        "accesses",
        "integrate_and_fire_core.sv",
        ".enable((read && is_event) ||",
        ".enable(read ||",
        "synapse_read",
    ),
    (
        "accesses",
        "integrate_and_fire_core.sv",
        ".enable(read || write ||",
        ".enable(read || write || idle ||",
        "potential_(read|write)",
    ),
    (
        "accesses",
        "integrate_and_fire_core.sv",
        "happens[READS]       = read_potential && !serve",
        "happens[READS]       = read_potential && write",
        "reads_are_of_potentials",
    ),
    (
        "accesses",
        "integrate_and_fire_core.sv",
        "port_refused || (in_valid && in_ready && !word_exists)",
        "in_valid && in_ready && !word_exists",
        "refusals_are_counted",
    ),
]


@pytest.mark.parametrize(("name", "file", "right", "wrong", "law"), FAULTS)
def test_a_planted_fault_has_a_counterexample(name, file, right, wrong, law, tmp_path):
    shutil.copytree(RTL, tmp_path, dirs_exist_ok=True)
    text = (RTL / file).read_text()
    assert right in text
    (tmp_path / file).write_text(text.replace(right, wrong))
    with pytest.raises(
        SpikewattError,
        match=rf"prove\.{name} .*: every property must hold; got .*({law}).* fails",
    ):
        proofs.prove(name, sources=tmp_path)


def test_what_is_not_reached_is_an_error(monkeypatch):
    hasty = dataclasses.replace(proofs.PROPERTIES["event_queue"], reach=5)
    monkeypatch.setitem(proofs.PROPERTIES, "event_queue", hasty)
    place = r"event_queue\.proof\.\w+ at event_queue_proof.sv:\d+"
    match = rf"must be reachable within 5 steps; got {place}"
    with pytest.raises(SpikewattError, match=match):
        proofs.prove("event_queue")


def test_names_and_missing_tools(monkeypatch):
    allowed = "allowed: accesses, axi_lite, event_queue, handshake"
    match = f"prove.which: must be a property set; got 'fifo'; {allowed}"
    with pytest.raises(SpikewattError, match=match):
        proofs.prove("fifo")

    monkeypatch.setattr(proofs, "_program", lambda name: None)
    allowed = r"hint: pip install 'spikewatt\[rtl\]'"
    match = f"needs SymbiYosys and z3; got no yowasp-sby.*{allowed}"
    with pytest.raises(MissingToolError, match=match):
        proofs.prove()
