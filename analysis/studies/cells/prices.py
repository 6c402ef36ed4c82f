"""What the images of a part cost on the devices of the studies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ....energy.bill import SPIKING, Bill
from ....energy.pricing.price import price
from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace

# A core that can execute an exact code, with as many inputs as any layer but VGG's has; two
# microcontrollers; and the literature's rule, which refuses nothing.
CORE = "odin_style:doubling_accumulator=1,axons_per_core=4096,neurons_per_core=256"
STUDY_DEVICES = (CORE, "stm32l4r5", "stm32h743", "rule_ac_mac_45nm")
AMOUNTS = (
    "energy_j",
    "energy_low_j",
    "energy_high_j",
    "time_s",
    "time_low_s",
    "time_high_s",
    "cores",
)


def prices_of(network: SpikingNetwork, trace: Trace) -> list[dict[str, Any]]:
    """One line per device and workload: mean over the images of `trace`; or why it is refused."""
    return lines_of(network, trace, STUDY_DEVICES, None)


def lines_of(
    network: SpikingNetwork, trace: Trace, devices: Iterable[str], host: str | None
) -> list[dict[str, Any]]:
    """As `prices_of`, on other devices; with a `host`, a core is priced beside it, too."""
    found = price(trace, *devices, network=network, max_cores=None, skip_unfit=True, host=host)
    totals = found.totals().to_dict("records")
    lines = [
        {"device": total["device"], "workload": total["workload"], "refused": ""}
        | {key: _number(total[key]) for key in AMOUNTS}
        for total in totals
    ]
    for device, reason in found.does_not_fit.items():
        lines.append({"device": device, "workload": "", "refused": reason})
    for bill in found.bills:
        lines.extend(_left_out(bill))

    return lines


def _left_out(bill: Bill) -> list[dict[str, Any]]:
    """A line for the spiking network, where a device can only hold the int8 one."""
    if SPIKING in bill.workloads:
        return []
    begins = f"{SPIKING} does not fit"
    reasons = (begins + text.partition(begins)[2] for text in bill.assumptions if begins in text)
    reason = next(reasons, begins).partition(". ")[0]
    return [{"device": bill.device, "workload": SPIKING, "refused": reason}]


def mean_of_parts(parts: Iterable[tuple[int, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """Lines of all images from those of parts, each with its number of images.

    A bill is linear in what was counted, and so is each end of its range.
    """
    sums: dict[tuple[str, str], dict[str, Any]] = {}
    images: dict[tuple[str, str], int] = {}
    for weight, lines in parts:
        for line in lines:
            key = (line["device"], line["workload"])
            images[key] = images.get(key, 0) + weight
            sums[key] = _added(sums.get(key), line, weight)

    return [_divided(line, images[key]) for key, line in sums.items()]


def _added(so_far: Mapping[str, Any] | None, line: Mapping[str, Any], weight: int) -> dict:
    if so_far is None:
        so_far = dict(line) | {key: 0 for key in AMOUNTS if line.get(key) is not None}
    return dict(so_far) | {
        key: so_far[key] + weight * line[key] for key in AMOUNTS if line.get(key) is not None
    }


def _divided(line: dict[str, Any], images: int) -> dict[str, Any]:
    return line | {key: line[key] / images for key in AMOUNTS if line.get(key) is not None}


def _number(value: Any) -> float | None:
    """A plain number, or None of what a device does not have."""
    return None if value is None or value != value else float(value)
