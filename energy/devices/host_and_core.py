"""A system: a host microcontroller beside neuromorphic cores.

The host writes the input, computes an analog first layer, sleeps while the cores run, and reads
the result.
"""

from __future__ import annotations

from ...errors import SpikewattError
from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card
from . import microcontroller, neuromorphic_core
from .core_activity import activity
from .core_mapping import Mapping
from .software_work import analog_work

PREFIX = "host."


def write(writer: BillWriter, trace: Trace, core: Card, host: Card, mapping: Mapping) -> list[str]:
    """Charge the spiking network on `core` and what `host` does for it.

    Parameters
    ----------
    writer : BillWriter
    trace : Trace
    core, host : Card
    mapping : Mapping
        The trace on the cores.

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    SpikewattError
        The host is no microcontroller.
    """
    if not host.kind.runs_kernels:
        raise SpikewattError(
            "price.host", "must be a microcontroller", f"{host.name} is a {host.kind}"
        )
    lines = neuromorphic_core.write(writer, trace, core, mapping, hosted=True)
    writer.per_second("snn", "host asleep", 1, f"{PREFIX}sleep_power_w")

    awake = len(writer.terms)
    did = activity(trace, core, mapping)
    _compute(writer, "all", "host input", did.inputs, "cycles_per_event_output")
    _write_analog_layers(writer, trace)
    _compute(writer, "all", "host read-out", did.results, "cycles_per_result_read")
    # Woken by the cores, when the result is there.
    microcontroller.wake(writer, "snn", "host waking", PREFIX)
    writer.seconds("snn", "all", "host waking", 1, f"{PREFIX}wake_time_s")
    # The cores leak while the host is awake, too.
    writer.per_second("snn", "leakage", len(mapping.cores), "leakage_power_w", since=awake)

    host_line = (
        f"host {host.title}: writes {did.inputs:,.0f} values, reads {did.results:,.0f}; "
        "asleep while the cores run, woken for the result."
    )
    return [*lines, host_line]


def write_idle(writer: BillWriter, mapping: Mapping, period_s: float) -> None:
    """Charge cores that leak and a host that sleeps between inferences, and its next waking."""
    neuromorphic_core.write_idle(writer, mapping, period_s)
    microcontroller.write_idle(writer, "snn", period_s, PREFIX)


def _write_analog_layers(writer: BillWriter, trace: Trace) -> None:
    """Charge the host for the layers that it multiplies, and their outputs."""
    for layer in trace.layers:
        if layer.host_macs:
            done = {**analog_work(layer), "cycles_per_output": layer.post_neurons}
            for key, count in done.items():
                _compute(writer, layer.post, "host analog layer", count, key)


def _compute(writer: BillWriter, layer: str, component: str, count: float, key: str) -> None:
    microcontroller.compute(writer, "snn", layer, component, count, key, PREFIX)
