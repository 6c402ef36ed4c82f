"""convert: a trained Keras network becomes a SpikingNetwork of integers."""

from __future__ import annotations

import numpy as np

from ...progress import Progress, silent
from ..network.spiking_network import SpikingNetwork
from .bias_correction import mean_differences
from .calibration import check_excites, checked_inputs
from .clips import choose_clips, firing_nodes
from .graph.graph import Graph
from .graph.guard import check_against_keras
from .graph.keras_values import activations_of
from .integers.quantise import quantise
from .options import ConversionOptions
from .reading.reader import read
from .signature import takes_options

# Parts of a conversion, about as long as they take in a network of fifteen million weights.
READ, GUARD, ACTIVATIONS, CLIPS, QUANTISED, CORRECTED = 1, 6, 6, 3, 4, 10
SHARED_OUT, IN_ORDER = 10, 60


@takes_options
def convert(
    model,
    calibration,
    code: str = "rate",
    *,
    progress: Progress | None = None,
    **options,
) -> SpikingNetwork:
    """Convert a trained Keras network into integrate-and-fire populations of integers.

    A population transmits q spikes' worth of value, q in 0..L. With clip λ of its activations,
    chosen on the calibration data, and w the unit of its weights (their clip / (2^(bits-1) - 1)):
    weights round(W / w), threshold θ = round(λ / (L w)), bias round(b / w). One spike is worth θ w
    exactly, which the next layer uses: the rounding of θ costs nothing. Exact codes compute
    q = clip(floor((Σ W q + b + θ//2) / θ), 0, L). Under ``rate`` L = 1 per step, and the bias is
    added at each.

    The graph that was read is run on a few samples and compared with Keras before it is used.

    Parameters
    ----------
    model : Keras model
        Built, Sequential or functional. The layers that are read are listed by
        `spikewatt.supported_layers`.
    calibration : array or list of array, (samples, *shape)
        Typical inputs as the model takes them, 100 or more, without labels; a list for several
        inputs.
    progress : Progress, optional
        Called with ("convert", done, all), in parts of about the same time.
    OPTIONS

    Returns
    -------
    SpikingNetwork : integers only.

    Raises
    ------
    SpikewattError : an unsupported layer or option, bad calibration data, weights of a layer that
        all round to 0, a code that a layer does not allow, a layer that was read wrongly.

    References
    ----------
    Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682 (rate);
    Stöckl & Maass, Nat. Mach. Intell. 3, 230 (2021), doi:10.1038/s42256-021-00311-4 (few spikes,
    here radix); Bu et al., ICLR 2022 (the floor-clip form); Li et al., ICML 2021 (bias correction).

    Examples
    --------
    >>> import numpy as np
    >>> from spikewatt.models.networks import build_network
    >>> model = build_network("mlp-4-3-2", (2, 2, 1), 2)
    >>> network = convert(model, np.ones((5, 2, 2, 1)), "radix", steps=4, weight_bits=6)
    >>> [population.name for population in network.populations]
    ['input', 'hidden1', 'output']
    """
    checked = ConversionOptions.checked("convert.", {"code": code, **options})
    samples = checked_inputs(model, calibration, checked)
    told = _Told(progress or silent, checked)
    graph = read(model, checked.reading_rules)
    checked.check_layers([node.name for node in graph.nodes])
    told.done(READ)
    check_against_keras(graph, samples, checked.lowest_input, checked.input_max)
    told.done(GUARD)
    if checked.mean_steps is not None:
        checked = _with_own_steps(graph, samples, checked)
        told.done(SHARED_OUT)
    if checked.calibrates_in_order:
        return _in_order(graph, samples, checked, told)

    firing = firing_nodes(graph, checked)
    activations = activations_of(graph, firing, samples)
    told.done(ACTIVATIONS)
    check_excites(firing, activations, samples, checked)
    clips = choose_clips(firing, activations, checked)
    told.done(CLIPS)
    network = quantise(graph, clips, checked, samples)
    told.done(QUANTISED)

    corrections: dict = {}
    for _ in range(checked.bias_correction):
        differences = mean_differences(network, activations, samples)
        for name, difference in differences.items():
            corrections[name] = corrections.get(name, 0.0) + difference
        network = quantise(graph, clips, checked, samples, corrections)
        told.done(CORRECTED)

    return network


def _with_own_steps(
    graph: Graph, samples: list[np.ndarray], options: ConversionOptions
) -> ConversionOptions:
    """`options` with steps for each layer; see `steps_by_sensitivity`."""
    from .calibrated.mixed import steps_by_sensitivity

    mean = options.mean_steps
    assert mean is not None
    steps = steps_by_sensitivity(graph, samples, options, mean)
    return options.model_copy(update={"steps": steps, "mean_steps": None})


def _in_order(
    graph: Graph, samples: list[np.ndarray], options: ConversionOptions, told: _Told
) -> SpikingNetwork:
    """One layer after the other; see `calibrate_in_order`."""
    from .calibrated.in_order import calibrate_in_order

    firing = firing_nodes(graph, options)
    check_excites(firing, activations_of(graph, firing, samples), samples, options)
    told.done(ACTIVATIONS)
    nodes = len(graph.nodes)
    return calibrate_in_order(graph, samples, options, lambda done: told.of(IN_ORDER, done, nodes))


class _Told:
    """Says how much of a conversion is done."""

    def __init__(self, report: Progress, options: ConversionOptions):
        self.report = report
        self.so_far = 0
        self.all = READ + GUARD + ACTIVATIONS
        if options.calibrates_in_order:
            self.all += IN_ORDER
        else:
            self.all += CLIPS + QUANTISED + options.bias_correction * CORRECTED
        if options.mean_steps is not None:
            self.all += SHARED_OUT
        report("convert", 0, self.all)

    def done(self, part: int) -> None:
        """A part more."""
        self.so_far += part
        self.report("convert", self.so_far, self.all)

    def of(self, part: int, done: int, every: int) -> None:
        """`done` of the `every` pieces of a part, which is not counted yet."""
        self.report("convert", self.so_far + part * done // every, self.all)
