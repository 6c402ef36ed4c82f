"""Design points per second: all variants of a card at once, against one by one."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from networks import lenet
from spikewatt.analysis.report.terminal.console import print_rows
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.uncertainty import draw
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.trace.trace import Trace

DESIGNS = 100_000
ONE_BY_ONE = 10
DEVICES = ("odin_style:axons_per_core=1024,neurons_per_core=1024", "stm32l4r5")


def bench_pricing() -> None:
    """One LeNet trace on variants of two devices; both ways give the same joules."""
    model, data = lenet()
    network = convert(model, data.scaled("train")[:300])
    trace = simulate(network, data.scaled("test")[:20], "batched", 16)
    rows = [_row(trace, device) for device in DEVICES]
    title = f"Pricing one LeNet trace for {DESIGNS:,} variants of a card, its bill included"
    print_rows(f"{title}; {ONE_BY_ONE} compared one by one", rows)


def _row(trace: Trace, device: str) -> dict:
    card = load_card(device)
    designs = draw(card.values, DESIGNS, seed=0)

    start = time.perf_counter()
    many = bill_of(trace, card).reprice(designs)
    all_at_once = DESIGNS / (time.perf_counter() - start)

    start = time.perf_counter()
    for i in range(ONE_BY_ONE):
        changed = {
            key: replace(card[key], value=float(values[i])) for key, values in designs.items()
        }
        variant = replace(card, values={**card.values, **changed})
        energy = bill_of(trace, variant).total("snn")
        np.testing.assert_allclose(many["snn"]["energy_j"][i], energy, rtol=1e-12)
    one_by_one = ONE_BY_ONE / (time.perf_counter() - start)

    return {
        "device": device,
        "one by one (designs/s)": one_by_one,
        "all at once (designs/s)": all_at_once,
        "ratio": all_at_once / one_by_one,
    }
