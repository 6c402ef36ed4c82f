"""fit: a name, a file or a network in memory, and how it sits on devices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SpikewattError, whole_number
from ...models.loading.formats import is_network_file
from ...models.networks import build_network, natural_input
from ...sim.conversion.options import ConversionOptions
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.blueprint import Blueprint, NetworkPlan
from ...sim.trace.trace import Trace
from ..cards.card import Card
from ..cards.load import card_names, load_card
from .core.count import checked_max_cores
from .fit import Fits, fits_on

if TYPE_CHECKING:
    from ...sim.conversion.without_data import Simulated

CORE = "odin_style"
SPIKING = ".spk"
FROM_DATA = (
    "no data: thresholds and biases are taken to be at most what all inputs of a neuron can add, "
    "which bounds potentials at {bits} bits"
)
UNTRAINED = "untrained: every weight is taken to be as large as it can"
HOSTED = "an analog first layer is computed by a host beside the cores"


def fit(
    network: Any,
    *devices: str | Card,
    max_cores: int | str | None = 1,
    steps: int | None = None,
    input_shape: tuple[int, ...] | None = None,
    classes: int | None = None,
    **options: Any,
) -> Fits:
    """Whether a network fits on each device, and what it takes up; without data, in seconds.

    Parameters
    ----------
    network : str, Path, Keras model, SpikingNetwork or Trace
        A name as `build_network` takes it; what `load_keras` takes, a file or ``zoo:NAME``; a
        ``.spk`` file; or what these hold.
    *devices : str or Card
        Neuromorphic cores and microcontrollers; by default `odin_style` and every microcontroller
        that has a card.
    max_cores : int or None, default 1
        Neuromorphic cores that it may take; None or ``any`` for as many as it takes.
    steps : int, optional
        Simulated steps of a streaming code, else steps per layer as of `convert`; they widen the
        potentials.
    input_shape : tuple of int, optional
        Of a named network; by default 28 x 28 pixels, or what its name says.
    classes : int, optional
        Of a named network; by default 10, or what its name says.
    **options
        Of `convert`, for a network that does not spike yet: ``code``, ``weight_bits`` and so on.

    Returns
    -------
    Fits

    Raises
    ------
    SpikewattError
        Unknown network, device or option, an unsupported layer, a device that holds no networks.

    Examples
    --------
    >>> found = fit("mlp-784-48-10", "odin_style")  # doctest: +SKIP
    >>> found.frame[["fits", "nearest"]].values.tolist()  # doctest: +SKIP
    [['no', 'odin_style:neurons_per_core=1024,axons_per_core=1024']]
    """
    cards = _cards(devices)
    most = checked_max_cores("fit.max_cores", max_cores)
    blueprint = _blueprint(network, steps, input_shape, classes, options)
    found = tuple(fits_on(blueprint, cards, most))
    said = [each.said for each in found if each.said]
    return Fits(_name_of(network), found, (*_notes(network, blueprint), *said))


@cache
def default_cards() -> tuple[Card, ...]:
    """`odin_style`, and every microcontroller that has a card."""
    cards = [load_card(name) for name in card_names()]
    return (load_card(CORE), *(card for card in cards if card.kind.runs_kernels))


def _cards(devices: Sequence[str | Card]) -> list[Card]:
    cards = [load_card(device) for device in devices] or list(default_cards())
    names = [card.name for card in cards]
    if len(set(names)) != len(names):
        raise SpikewattError("fit.devices", "must have different names", names)
    return cards


def _blueprint(
    network: Any,
    steps: int | None,
    input_shape: tuple[int, ...] | None,
    classes: int | None,
    options: dict[str, Any],
) -> Blueprint:
    """What `network` asks of a device."""
    if isinstance(network, str | Path) and Path(network).suffix.lower() == SPIKING:
        network = SpikingNetwork.load(network)
    is_name = isinstance(network, str | Path) and not is_network_file(network)
    for key, given in (("input_shape", input_shape), ("classes", classes)):
        if given is not None and not is_name:
            raise SpikewattError(f"fit.{key}", "goes with a name of a network", given)

    if isinstance(network, SpikingNetwork | Trace):
        if options:
            raise SpikewattError(
                "fit", "options of a conversion go with a network to convert", ", ".join(options)
            )
        if isinstance(network, SpikingNetwork):
            return NetworkPlan.of(network, steps)
        if steps is not None:
            raise SpikewattError("fit.steps", "are those of the trace", steps)
        return network

    from ...sim.conversion.without_data import plan_without_data

    checked, simulated = _as_run(steps, options, trained=not is_name)
    model = _built(str(network), input_shape, classes) if is_name else _loaded(network)
    return plan_without_data(model, checked, simulated)


def _as_run(
    steps: int | None, options: dict[str, Any], trained: bool
) -> tuple[ConversionOptions, Simulated]:
    """The options of the conversion, and of the run under a code whose steps are simulated."""
    from ...sim.conversion.without_data import Simulated

    checked = ConversionOptions.checked("fit.", options)
    if checked.spike_code.bias_each_step:
        return checked, Simulated(steps, trained)
    with_steps = ConversionOptions.checked("fit.", {**options, "steps": steps})
    return with_steps, Simulated(None, trained)


def _built(name: str, input_shape: tuple[int, ...] | None, classes: int | None):
    """The untrained network of a name."""
    shape, number = natural_input(name)
    if input_shape is not None:
        law = "must be the size of an axis"
        shape = tuple(whole_number("fit.input_shape", law, n, 1, 100_000) for n in input_shape)
    return build_network(name, shape, number if classes is None else classes)


def _loaded(network: Any):
    """A Keras model, from a file or as it is."""
    if not isinstance(network, str | Path):
        return network
    from ...models.loading.load import load_keras

    return load_keras(network)


def _name_of(network: Any) -> str:
    if isinstance(network, str | Path):
        return Path(network).stem if is_network_file(network) else str(network)
    return str(getattr(network, "name", "") or type(network).__name__)


def _notes(network: Any, blueprint: Blueprint) -> list[str]:
    """What was assumed."""
    notes = []
    settings = blueprint.settings
    if isinstance(blueprint, NetworkPlan) and blueprint.bounded:
        notes.append(FROM_DATA.format(bits=settings.state_bits))
        if isinstance(network, str | Path) and not is_network_file(network):
            notes.append(UNTRAINED)
    if settings.input_code.analog:
        notes.append(HOSTED)
    return notes
