"""A system: a host microcontroller beside neuromorphic cores. The host writes the input, computes an analog first layer, sleeps while
the cores run, and reads the result."""

from __future__ import annotations

from ...errors import SpikewattError
from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card
from . import microcontroller, neuromorphic_core
from .core_mapping import Mapping

PREFIX = "host."


def write(writer: BillWriter, trace: Trace, core: Card, host: Card, mapping: Mapping) -> list[str]:
    """Charge the spiking network on `core` and what `host` does for it; returns the assumptions.

    Raises
    ------
    SpikewattError : the host is no microcontroller.
    """
    if host.kind != "microcontroller":
        raise SpikewattError(
            "price.host", "must be a microcontroller", f"{host.name} is a {host.kind}"
        )
    lines = neuromorphic_core.write(writer, trace, core, mapping, hosted=True)
    writer.per_second("snn", "host asleep", 1, f"{PREFIX}sleep_power_w")
    awake = len(writer.terms)
    did = neuromorphic_core.activity(trace, core, mapping)
    microcontroller.compute(
        writer, "snn", "all", "host input", did.inputs, "cycles_per_event_output", PREFIX
    )
    for layer in trace.layers:
        if layer.host_macs:
            counts = microcontroller.analog_cycles(layer) | {
                "cycles_per_output": layer.post_neurons
            }
            for key, count in counts.items():
                microcontroller.compute(
                    writer, "snn", layer.post, "host analog layer", count, key, PREFIX
                )
    microcontroller.compute(
        writer, "snn", "all", "host read-out", did.results, "cycles_per_result_read", PREFIX
    )
    microcontroller.wake(
        writer, "snn", "host waking", PREFIX
    )  # by the cores, when the result is there
    writer.seconds("snn", "all", "host waking", 1, f"{PREFIX}wake_time_s")
    writer.per_second("snn", "leakage", len(mapping.cores), "leakage_power_w", since=awake)
    return [
        *lines,
        f"host {host.title}: writes {did.inputs:,.0f} values, reads {did.results:,.0f}; asleep while the cores run, woken for the result.",
    ]


def write_idle(writer: BillWriter, mapping: Mapping, period_s: float) -> None:
    """Charge cores that leak and a host that sleeps between inferences, and its waking for the next one."""
    neuromorphic_core.write_idle(writer, mapping, period_s)
    microcontroller.write_idle(writer, "snn", period_s, PREFIX)
