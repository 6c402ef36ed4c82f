"""What the inputs of a benchmark cost: on the devices of the studies, and with a host."""

from __future__ import annotations

from typing import Any

from ....sim.network.spiking_network import SpikingNetwork
from ....sim.trace.trace import Trace
from ..cells.prices import CORE, STUDY_DEVICES, lines_of

# Boards that were measured in the benchmark; the first two also serve as hosts, which multiply an
# analog first layer, drive the core and read it out.
HOSTS = ("stm32l4r5", "stm32u575")
BOARDS = (*HOSTS, "stm32h7a3")
BESIDE = "+"  # in the name of a core with a host


ALONE = tuple(dict.fromkeys((*STUDY_DEVICES, *BOARDS)))


def prices_with_hosts(network: SpikingNetwork, trace: Trace) -> list[dict[str, Any]]:
    """One line per device and workload: mean over the inputs of `trace`; or why it is refused."""
    lines = lines_of(network, trace, ALONE)
    for host in HOSTS:
        together = {"device": f"{CORE}{BESIDE}{host}"}
        with_host = lines_of(network, trace, [CORE], host)
        lines.extend(line | together for line in with_host if BESIDE in line["priced_as"])
    return lines
