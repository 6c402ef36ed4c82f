"""What the verb ``price`` prices, and how: words of the command line, read and passed on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SpikewattError, one_of
from ..options import not_staged, number, per_device

if TYPE_CHECKING:
    from ...energy.pricing.prices import Prices
    from ...sim.counts.counts import Counts
    from ...sim.trace.trace import Trace
    from ...sim.zeros.given import GivenZeros

FASTEST_MHZ = 100_000  # beyond every device: somebody meant hertz


# Words


def refuse(goes_with: str, got: str, **given: Any) -> None:
    """Raise where an option was given that goes with something else."""
    for name, value in given.items():
        if value is not None:
            flag = name.replace("_", "-")
            raise SpikewattError(f"price --{flag}", f"goes with {goes_with}", got)


def device_files(devices: list[str] | None) -> list[str]:
    """Those devices that may be card files."""
    return [device for device in devices or () if device.endswith((".yaml", ".yml"))]


def other_than(output: Path, *given: str | Path | None) -> None:
    """Raise where `output` would be written over a file that is read."""
    read = [each for each in given if each is not None and os.path.exists(each)]
    if output.exists() and any(os.path.samefile(output, each) for each in read):
        law = "is another file than those that are read"
        raise SpikewattError("price --output", law, str(output), "another name")


def device_settings(
    library: list[str] | None,
    clock_hz: list[str] | None,
    clock_mhz: list[str] | None,
    supply_v: list[str] | None,
    regulator: list[str] | None,
) -> dict[str, Any]:
    """How devices are run, as `price` takes it."""
    from ...energy.kernels.library import named

    return {
        "library": per_device("price --library", library, named),
        "clock_hz": _clock_hz(clock_hz, clock_mhz),
        "supply_v": per_device("price --supply-v", supply_v, number),
        "regulator": per_device("price --regulator", regulator),
    }


def _clock_hz(in_hz: list[str] | None, in_mhz: list[str] | None) -> Any:
    """The clock that was given in hertz or in megahertz."""
    if in_mhz is None:
        return per_device("price --clock-hz", in_hz, number)
    if in_hz is not None:
        raise SpikewattError("price --clock-mhz", "is --clock-hz in megahertz", "both")
    return per_device("price --clock-mhz", in_mhz, _from_megahertz)


def _from_megahertz(text: str) -> float:
    """Hz; raises SpikewattError where hertz were meant."""
    megahertz = number(text)
    if abs(megahertz) > FASTEST_MHZ:
        law, hint = "must be a clock in megahertz", f"--clock-hz {text}"
        raise SpikewattError("price --clock-mhz", law, text, f"<= {FASTEST_MHZ:,}", hint)
    return megahertz * 1e6


def check_words(workload: str | None, explain: bool) -> None:
    """Raise where a word means nothing, even if nothing would have asked for it."""
    from ...energy.bill import WORKLOADS

    if workload is None:
        return
    one_of("price --workload", "must name a workload", workload, WORKLOADS)
    if not explain:
        raise SpikewattError("price --workload", "goes with --explain", "none")


def zeros_of(texts: list[str]) -> GivenZeros:
    """Zeros of the int8 network's activations, from numbers or the file of a run."""
    from ...sim.zeros.given import read_zeros

    return read_zeros(texts)


# Prices


def read_work(trace: Path | None, counts: Path | None, steps: int | None) -> Trace | Counts:
    """The trace, or the counts, whichever was given."""
    if counts is not None:
        from ...sim.counts.counts import Counts

        return Counts.load(counts, steps)
    from ...sim.trace.trace import Trace

    assert trace is not None
    not_staged("price", trace)
    return Trace.load(trace)


def price_work(
    work: Trace | Counts,
    devices: list[str],
    period_s: float | None,
    spk: Path | None,
    settings: dict[str, Any],
) -> Prices:
    """The price on every device that can execute the network."""
    from ...energy.pricing.price import price
    from ...sim.network.spiking_network import SpikingNetwork

    if spk is not None:
        not_staged("price --spk", spk)
    return price(
        work,
        *devices,
        network=SpikingNetwork.load(spk) if spk else None,
        period_s=period_s,
        skip_unfit=True,
        **settings,
    )


def price_layers(
    table: Path,
    devices: list[str],
    period_s: float | None,
    benchmark: str | None,
    settings: dict[str, Any],
) -> dict[str, Prices]:
    """Name of a network in the table -> its price on every device that can hold it."""
    from ...energy.cards.load import load_card
    from ...energy.layer_tables.tables import networks_in
    from ...energy.pricing import price
    from ..habits.voice import show_progress

    # Read once, whatever the number of networks.
    cards = [load_card(device) for device in devices]
    networks = networks_in(table, benchmark)
    priced = {}
    with show_progress() as progress:
        for name, layers in networks.items():
            priced[name] = price.price_layers(
                layers,
                *cards,
                period_s=period_s,
                skip_unfit=True,
                **settings,
            )
            progress("price", len(priced), len(networks))
    return priced
