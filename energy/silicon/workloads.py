"""The networks that ran on the measured chips, as counts.

Loihi's spikes were not logged: they are those of `random_networks`, simulated from a seed. Those of
SpiNNaker's loads follow from the loads. PilotNet's activity was not published.
"""

from __future__ import annotations

import csv
from functools import cache

from ...sim.counts.counts import Counts, LayerCounts
from .random_networks import DEPTH, LAYER, RATES, STEPS, USUAL_RATE

SUB_LAYERS = 8  # cores of input and output layer in the scaling series ("n_sub_ens_inp", "…_out")
SPOTTER_INPUT_CORES = 2  # the paper, section 3; of its output layer nothing is said
PER_STEP_S = 1e-3  # SpiNNaker's step
ROW = 255  # neurons of a full core of SpiNNaker


@cache
def spike_rates(branches: int, input_rate: float) -> dict[str, tuple[int, float]]:
    """Layer -> neurons, and spikes per neuron and step, simulated."""
    found = {}
    with RATES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (int(row["branches"]), float(row["input_rate"])) == (branches, input_rate):
                found[row["layer"]] = int(row["neurons"]), float(row["rate"])
    return found


def scaling_series(
    branches: int, input_rate: float = USUAL_RATE, time_s: float | None = None
) -> Counts:
    """One inference of the scaling network with N branches.

    Parameters
    ----------
    branches : int
        N of `random_networks.BRANCHES`.
    input_rate : float
        One of `random_networks.INPUT_RATES`.
    time_s : float, optional
        s that it took.

    Examples
    --------
    >>> counts = scaling_series(10)
    >>> sum(layer.neurons for layer in counts.layers if not layer.is_input)
    26112
    """
    return _rectifiers(branches, input_rate, time_s, SUB_LAYERS, SUB_LAYERS)


def keyword_spotter(input_rate: float = USUAL_RATE, time_s: float | None = None) -> Counts:
    """One inference of the keyword spotter, with the spikes of random weights of its shape.

    >>> [layer.cores for layer in keyword_spotter().layers]
    [None, 2, None]
    """
    return _rectifiers(0, input_rate, time_s, SPOTTER_INPUT_CORES, None)


def _rectifiers(
    branches: int,
    input_rate: float,
    time_s: float | None,
    first_cores: int,
    last_cores: int | None,
) -> Counts:
    """Layers on as many cores as nengo-loihi takes: one for each 256, unless it was asked for more.

    The 29 letters are read by the host: the output layer's spikes meet no synapse on the chip.
    """
    rates = spike_rates(branches, input_rate)
    cores = {"input": None, "input_layer": first_cores, "output_layer": last_cores}
    names = list(rates)
    layers = []
    for name, after in zip(names, [*names[1:], None], strict=True):
        neurons, rate = rates[name]
        fan_out = 0 if after is None else LAYER
        if name == "input_layer" and branches:
            fan_out *= branches
        spikes = neurons * rate * STEPS
        layer = LayerCounts(
            name,
            neurons,
            fan_out,
            spikes,
            spikes * fan_out,
            is_input=name == "input",
            cores=cores.get(name, branches),
        )
        layers.append(layer)
    assert len(layers) == (3 + DEPTH if branches else 3)
    return Counts(layers, STEPS, time_s=time_s)


def spinnaker_load(case: str) -> Counts:
    """One of the loads of SNABSuite, all its steps of 1 ms.

    Parameters
    ----------
    case : str
        ``inter_random``, ``inter_s2A``, ``inter_O2O``, ``full_spiking_non_rec`` or
        ``non_spiking_non_rec``.

    Examples
    --------
    >>> f"{spinnaker_load('inter_random').synaptic_operations:.3g}"
    '2.85e+09'
    """
    neurons, targets, fan_out, row, spikes, steps = LOADS[case]
    sending = LayerCounts(
        "sources", neurons, fan_out, spikes, spikes * fan_out, row_length=row or None
    )
    layers = [sending]
    if targets:
        layers.append(LayerCounts("targets", targets, 0, 0, 0))
    return Counts(layers, steps, time_s=steps * PER_STEP_S)


# Sources, targets, fan-out, row at one core, spikes and steps of a run.
LOADS = {
    "inter_random": (18, 15_810, 7_905, ROW / 2, 360_036, 20_002),
    "inter_s2A": (1, 15_810, 15_810, ROW, 20_002, 20_002),
    "inter_O2O": (7_905, 7_905, 1, 1, 158_115_810, 20_002),
    "full_spiking_non_rec": (16_065, 0, 0, 0, 160_682_130, 10_002),
    "non_spiking_non_rec": (16_065, 0, 0, 0, 0, 10_002),
}

# PilotNet's layers: neurons, cores by the notebook's partition, synapses to the layer after it.
PILOTNET_LAYERS = {
    "input": (200 * 66 * 3, 13, 99 * 32 * 24 * 27),
    "conv_1": (99 * 32 * 24, 25, 49 * 15 * 36 * 216),
    "conv_2": (49 * 15 * 36, 13, 24 * 7 * 48 * 324),
    "conv_3": (24 * 7 * 48, 3, 22 * 4 * 64 * 432),
    "conv_4": (22 * 4 * 64, 3, 20 * 2 * 64 * 576),
    "conv_5": (20 * 2 * 64, 2, 2560 * 100),
    "dense_1": (100, 12, 100 * 50),
    "dense_2": (50, 1, 50 * 10),
    "dense_3": (10, 1, 10),
    "steering": (1, 1, 0),
}
PILOTNET_STEPS = 16
PILOTNET_ACTIVITY = 0.05  # spikes per neuron and step; not published, assumed


def pilotnet() -> Counts:
    """One inference of PilotNet, whose activity is not published.

    The pixels are biases of neurons on the chip, which are updated as any are.

    >>> sum(layer.neurons for layer in pilotnet().layers)
    158509
    """
    layers = []
    for name, (neurons, cores, synapses) in PILOTNET_LAYERS.items():
        spikes = neurons * PILOTNET_STEPS * PILOTNET_ACTIVITY
        fan_out = synapses / neurons
        layers.append(LayerCounts(name, neurons, fan_out, spikes, spikes * fan_out, cores=cores))
    return Counts(layers, PILOTNET_STEPS)


def examples() -> dict[str, Counts]:
    """Name of a file of `docs/examples` -> what it holds: networks and loads that were measured.

    >>> list(examples())[:3]
    ['keyword_spotter', 'loihi_scaling_0', 'loihi_scaling_10']
    """
    found = {"keyword_spotter": keyword_spotter()}
    found |= {f"loihi_scaling_{number}": scaling_series(number) for number in (0, 10)}
    for case in LOADS:
        found[f"spinnaker_{case.removesuffix('_non_rec')}"] = spinnaker_load(case)
    return found
