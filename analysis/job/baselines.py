"""What a run measures of its ANN, so that its baseline is a fair one: zeros, and equal capacity.

Zeros of the int8 network's activations price an int8 network that skips them; an ANN with as many
bits of activation as the spikes carry says what these bits alone cost in accuracy.
"""

from __future__ import annotations

from ...errors import SpikewattError
from ...models.capacity import capacity_bits
from ...models.int8_baseline import CLIPPED, has_few_levels
from ...progress import Progress, silent
from ...sim.conversion.calibration import checked_inputs
from ...sim.conversion.few_bits import with_few_bits
from ...sim.conversion.options import ConversionOptions
from ...sim.conversion.reading.reader import read
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from ...sim.zeros.executed import executed_layers
from ...sim.zeros.measure import zeros_of_few_bits, zeros_of_int8
from ..report.baselines import Baselines
from .config import RunConfig
from .steps import Prepared

ZERO_SAMPLES = 500  # test images on which zeros are counted: a share is then known to 1 % of itself


def baselines(
    config: RunConfig,
    prepared: Prepared,
    network: SpikingNetwork,
    trace: Trace,
    progress: Progress = silent,
) -> Baselines:
    """Measure the ANN on the test images: zeros on some of them, accuracy on all.

    Parameters
    ----------
    config, prepared, network, trace
        As of the other steps.
    progress : Progress, default silent
        Called as the work goes on.
    """
    progress("baselines", 0, 2)
    options = ConversionOptions.checked("run.", config.conversion(prepared.dataset.levels))
    model, first = prepared.model, [prepared.x[:ZERO_SAMPLES]]
    graph = read(model, options.reading_rules)
    layers = executed_layers(graph, options.reading_rules)
    notes = []

    int8 = matched = accuracy = None
    try:
        executed = prepared.int8
        notes += [CLIPPED] if has_few_levels(model) else []  # true of it, whatever follows
        int8 = zeros_of_int8(executed, graph, layers, first)
    except SpikewattError as error:
        notes.append(f"int8_ann_zero_skipping is not priced, its zeros were not counted: {error}")
    progress("baselines", 1, 2)

    levels = levels_sent(network, trace)
    bits = capacity_bits(levels)
    try:
        calibration = checked_inputs(model, prepared.calibration, options)
        few = with_few_bits(graph, calibration, bits, options)
        matched = zeros_of_few_bits(few, layers, first)
        accuracy = float((few.predictions(prepared.x) == prepared.labels).mean())
    except SpikewattError as error:
        notes.append(f"no ANN of equal capacity: {error}")
    progress("baselines", 2, 2)

    streaming = not trace.settings.code.limited
    return Baselines(levels, streaming, int8, matched, accuracy, tuple(notes))


def levels_sent(network: SpikingNetwork, trace: Trace) -> int:
    """The largest number that a neuron of `network` can send in the run of `trace`."""
    if not trace.settings.code.limited:
        return trace.steps
    firing = [p.levels for p in network.populations if not p.kind.is_input]
    return max([*firing, 0]) or max(p.levels for p in network.populations)
