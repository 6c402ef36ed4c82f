"""A network of three dense layers as counts, for chips of `cards.chip`; the rows of its price."""

from __future__ import annotations

from spikewatt.sim.counts.counts import Counts

STEPS = 10
# 300 inputs -> 256 (two cores of 128) -> 40, dense.
INPUT, HIDDEN, OUT = 300, 256, 40
SENT = {"in": 500.0, "hidden": 300.0, "out": 20.0}


def counts(sent=SENT, layers=None, **changes) -> Counts:
    layers = layers or {}
    sizes = {"in": (INPUT, HIDDEN), "hidden": (HIDDEN, OUT), "out": (OUT, 0)}
    rows = [
        {
            "name": name,
            "neurons": neurons,
            "fan_out": fan_out,
            "spikes": sent[name],
            "synaptic_operations": sent[name] * fan_out,
            "is_input": name == "in",
            **layers.get(name, {}),
        }
        for name, (neurons, fan_out) in sizes.items()
    ]
    return Counts(rows, **{"steps": STEPS, **changes})


def rows(found, what="energy_j"):
    """(layer, component) -> amount, of the rows that are not empty."""
    frame = found.frame
    named = zip(frame["layer"], frame["component"], frame[what], strict=True)
    return {(layer, component): amount for layer, component, amount in named if amount}


def of(component, found, what="energy_j"):
    return sum(amount for (_, name), amount in rows(found, what).items() if name == component)


OPERATIONS = SENT["in"] * HIDDEN + SENT["hidden"] * OUT
EVENTS = SENT["in"] * 2 + SENT["hidden"] * 1  # two cores hold the hidden layer, one the last
BARRIER_S = STEPS * 1e-4
CORES = 3
ACTIVE = SENT["hidden"] + SENT["out"]
