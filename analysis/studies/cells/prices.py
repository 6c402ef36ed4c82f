"""What the images of a part cost on the devices of the studies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ....energy.bill import INT8, SPIKING, Bill
from ....energy.cards.load import load_card
from ....energy.pricing.price import price
from ....energy.pricing.prices import Prices
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..kept import fingerprint
from ..results import AMOUNTS

# A core that can execute an exact code, in the nearest geometry that holds the network, and as many
# of them as it takes; two microcontrollers; and the literature's rule, which refuses nothing.
CORE = "odin_style:doubling_accumulator=1"
STUDY_DEVICES = (CORE, "stm32l4r5", "stm32h743", "rule_ac_mac_45nm")
NUMBERS = (*AMOUNTS, "cores")  # of a line of the prices


def cards_fingerprint(devices: Iterable[str] = STUDY_DEVICES) -> str:
    """Differs where a value of a card differs: a price that was kept is then found again."""
    return fingerprint(*(repr(load_card(device)) for device in devices))


def prices_of(network: SpikingNetwork, trace: Trace) -> list[dict[str, Any]]:
    """One line per device and workload: mean over the images of `trace`; or why it is refused.

    A core is priced in the nearest geometry that holds the network: `priced_as`. A microcontroller
    may hold one workload and refuse the other.
    """
    return lines_of(network, trace, STUDY_DEVICES)


def lines_of(
    network: SpikingNetwork,
    trace: Trace,
    devices: Iterable[str],
    host: str | None = None,
    period_s: float | None = None,
) -> list[dict[str, Any]]:
    """As `prices_of`, on other devices; with a host a core is priced beside it, too.

    With a period energies are those of one inference and of what is used until the next.
    """
    found = price(
        trace,
        *devices,
        network=network,
        max_cores=None,
        skip_unfit=True,
        host=host,
        period_s=period_s,
    )
    return lines_of_prices(found)


def lines_of_prices(found: Prices) -> list[dict[str, Any]]:
    """As `prices_of`, of what was priced."""
    lines = []
    for total in found.totals().to_dict("records"):
        asked_for = total["instead_of"] or total["device"]
        named = {"device": asked_for, "priced_as": total["device"], "workload": total["workload"]}
        amounts = {key: _number(total[key]) for key in NUMBERS}
        lines.append(named | amounts | {"refused": ""})

    priced = {line["device"] for line in lines}
    for device, reason in found.does_not_fit.items():
        if device not in priced:
            named = {"device": device, "priced_as": "", "workload": ""}
            lines.append(named | {"refused": reason})
    for bill in found.bills:
        lines.extend(_refused_workloads(bill))

    return lines


def _refused_workloads(bill: Bill) -> Iterator[dict[str, Any]]:
    """What does not fit where something else does: the bill says so among its assumptions."""
    for workload in (SPIKING, INT8):
        begins = f"{workload} does not fit"
        for text in bill.assumptions:
            if workload not in bill.workloads and begins in text:
                reason = begins + text.partition(begins)[2].partition(". ")[0]
                asked_for = bill.instead_of or bill.device
                yield {
                    "device": asked_for,
                    "priced_as": "",
                    "workload": workload,
                    "refused": reason,
                }


def mean_of_parts(parts: Iterable[tuple[int, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """Lines of all images from those of parts, each with its number of images.

    A bill is linear in what was counted, and so is each end of its range.
    """
    sums: dict[tuple[str, ...], dict[str, Any]] = {}
    images: dict[tuple[str, ...], int] = {}
    for weight, lines in parts:
        for line in lines:
            key = (line["device"], line["priced_as"], line["workload"])
            images[key] = images.get(key, 0) + weight
            sums[key] = _added(sums.get(key), line, weight)

    return [_divided(line, images[key]) for key, line in sums.items()]


def _added(so_far: Mapping[str, Any] | None, line: Mapping[str, Any], weight: int) -> dict:
    if so_far is None:
        so_far = dict(line) | {key: 0 for key in NUMBERS if line.get(key) is not None}
    return dict(so_far) | {
        key: so_far[key] + weight * line[key] for key in NUMBERS if line.get(key) is not None
    }


def _divided(line: dict[str, Any], images: int) -> dict[str, Any]:
    return line | {key: line[key] / images for key in NUMBERS if line.get(key) is not None}


def _number(value: Any) -> float | None:
    """A plain number, or None of what a device does not have: nothing takes no time."""
    return None if value is None or value != value or value == 0 else float(value)
