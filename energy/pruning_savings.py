"""What pruning saves on mapped hardware: memory, cores, operations, energy and time, both sides.

A crossbar stores and sweeps a synapse whether its weight is 0 or not: single zero weights save
nothing there, except on a core with zero skipping, which leaves out operations and stores the
weight all the same. Channels that are not there any more save rows, columns, and whole cores.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ..errors import DoesNotFitError, SpikewattError
from ..sim.trace.trace import Trace
from .bill import SPIKING
from .cards.card import Card
from .cards.load import load_card
from .devices.core.activity import activity
from .devices.core.mapping import map_network
from .devices.registry import device_kind
from .pricing.price import price

if TYPE_CHECKING:
    import pandas as pd

DEVICES = (
    "odin_style:axons_per_core=1024,doubling_accumulator=1",
    "odin_style:axons_per_core=1024,doubling_accumulator=1,zero_skipping=1",
    "stm32l4r5",
)
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Saving:
    """One workload on one device, before or after pruning; per inference, mean over the samples.

    Parameters
    ----------
    device, workload : str
    network : str
        ``before`` or ``after``.
    cores : int or None
        None of a microcontroller, as the next five.
    neurons, axons : int or None
        In use.
    synapse_words : int or None
        In use: rows times columns, of each core, whatever their weights are.
    synapse_words_built : int or None
        Of all the cores, filled or not.
    neuron_words : int or None
        In use; one per neuron.
    memory_bytes : int or None
        Of the cores, filled or not; flash and RAM of a microcontroller.
    nonzero_operations : float
        Synaptic operations whose weight is not 0: what could be left of them at best.
    operations : float or None
        What the device performs: synaptic operations, or multiply-accumulates of an int8 network.
    energy_j, time_s : float or None
    refused : str
        Why the device does not take the network, or "".
    """

    device: str
    workload: str
    network: str
    cores: int | None = None
    neurons: int | None = None
    axons: int | None = None
    synapse_words: int | None = None
    synapse_words_built: int | None = None
    neuron_words: int | None = None
    memory_bytes: int | None = None
    nonzero_operations: float | None = None
    operations: float | None = None
    energy_j: float | None = None
    time_s: float | None = None
    refused: str = ""


def pruning_savings(
    before: Trace, after: Trace, *devices: str | Card, max_cores: int | None = None
) -> list[Saving]:
    """Both networks on each device, as many cores as each of them takes.

    Parameters
    ----------
    before, after : Trace
        Of the unpruned and the pruned network, on the same samples.
    *devices : str or Card
        By default a core of 256 neurons and 1024 axons that doubles its accumulator, the same with
        zero skipping, and a microcontroller.
    max_cores : int, optional
        Cores that a network may take.

    Returns
    -------
    list of Saving
        Of each device and workload first the network before. A device that does not take one of
        them has a row that says why.

    Raises
    ------
    SpikewattError
        Traces of other samples, an unknown device.

    Examples
    --------
    >>> rows = pruning_savings(before, after, "odin_style", "stm32l4r5")  # doctest: +SKIP
    >>> savings_table(rows)[["device", "network", "synapse_words"]]  # doctest: +SKIP
    """
    if before.data_hash != after.data_hash:
        law = "are of the same samples"
        raise SpikewattError("pruning_savings", law, after.data_hash[:12], before.data_hash[:12])
    rows: list[Saving] = []
    for device in devices or DEVICES:
        card = load_card(device)
        found = [
            _savings(trace, card, which, max_cores)
            for trace, which in ((before, BEFORE), (after, AFTER))
        ]
        workloads = dict.fromkeys(row.workload for each in found for row in each)
        for name in workloads:
            rows += [row for each in found for row in each if row.workload == name]
    return rows


def savings_table(rows: list[Saving]) -> pd.DataFrame:
    """One row per device, workload and network."""
    import pandas as pd

    names = [field.name for field in fields(Saving)]
    return pd.DataFrame([{name: getattr(row, name) for name in names} for row in rows])


def _savings(trace: Trace, card: Card, which: str, max_cores: int | None) -> list[Saving]:
    try:
        prices = price(trace, card, host=None, max_cores=max_cores)
    except DoesNotFitError as error:
        return [Saving(card.name, SPIKING, which, refused=str(error))]

    placed = _placed(trace, card, max_cores) if device_kind(card).maps_traces(card) else {}
    rows = []
    for each in prices.totals().to_dict("records"):
        memory = each["memory_bytes"]
        cores = each["cores"]
        found = {
            "cores": None if cores != cores else cores,
            "memory_bytes": None if memory != memory else memory,
            "operations": _operations(trace, each["workload"]),
            "nonzero_operations": trace.mean_operations(ledger="nonzero"),
            "energy_j": each["energy_j"],
            "time_s": each["time_s"],
        }
        rows.append(Saving(card.name, each["workload"], which, **(found | placed)))
    return rows


def _placed(trace: Trace, card: Card, max_cores: int | None) -> dict:
    """What the network takes up of the cores, and what they perform."""
    mapping = map_network(trace, card, max_cores=max_cores)
    per_core = mapping.neurons_per_core * mapping.axons_per_core
    return {
        "cores": len(mapping.cores),
        "neurons": mapping.neurons,
        "axons": mapping.axons,
        "synapse_words": sum(core.neurons * core.axons_used for core in mapping.cores),
        "synapse_words_built": len(mapping.cores) * per_core,
        "neuron_words": mapping.neurons,
        "operations": activity(trace, card, mapping).operations,
    }


def _operations(trace: Trace, workload: str) -> float:
    """What software performs: a loop and a kernel library look at no weight."""
    if workload == SPIKING:
        return trace.mean_operations()
    return float(sum(layer.macs for layer in trace.layers))
