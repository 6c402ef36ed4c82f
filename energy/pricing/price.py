"""price: Trace x parameter cards -> energy and time, with the range that the cards imply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DoesNotFitError, SpikewattError
from ...sim.trace.trace import Trace
from ..bill import Bill, BillWriter
from ..cards.card import Card
from ..cards.load import load_card
from ..devices import microcontroller
from ..kernels.law import Int8Layer
from ..kernels.layer_table import read_layers
from .bills import bill_of, checked_max_cores, checked_period, finished
from .prices import Prices

if TYPE_CHECKING:
    import pandas as pd

    from ...sim.network.spiking_network import SpikingNetwork

LOWEST_CLOCK_HZ = 32_768  # of a watch crystal: below it somebody meant megahertz
SLOWER = "energy per cycle as at full clock: at 60 of 160 MHz a STM32U575 measured 9 % more"


def price(
    trace: Trace,
    *devices: str | Card,
    network: SpikingNetwork | None = None,
    period_s: float | None = None,
    host: str | Card | None = None,
    library: str | None = None,
    skip_unfit: bool = False,
    max_cores: int | str | None = 1,
) -> Prices:
    """Energy and time of one inference (mean over the samples) on each device.

    Parameters
    ----------
    trace : Trace
        What a simulation counted.
    *devices : str or Card
        Names of cards, paths of ``.yaml`` cards, or cards. A neuromorphic core gets the workload
        ``snn``; a microcontroller gets ``snn`` (the spiking network in software) and ``int8_ann``
        (the same layers as an int8 network).
    network : SpikingNetwork, optional
        Checked to be the one that left the trace.
    period_s : float, optional
        One inference per period; adds what the device uses between two inferences as components
        ``between inferences`` and ``waking``.
    host : str or Card, optional
        A microcontroller beside each neuromorphic core, which does the input, an analog first
        layer and the read-out.
    library : str, optional
        Int8 kernel library of the microcontrollers, in place of their cards' own.
    skip_unfit : bool, default False
        Devices that cannot hold or execute the network are left out, and named with the reason
        in `Prices.does_not_fit`. Where the reason names another geometry of the parametric core,
        that is priced in its place: `Bill.instead_of`.
    max_cores : int or None, default 1
        Neuromorphic cores that the network may take; None or ``any`` for as many as it takes.

    Returns
    -------
    Prices

    Raises
    ------
    SpikewattError
        Unknown device, a network of another hash, a period shorter than the inference.
    DoesNotFitError
        The device cannot hold or execute the network, unless `skip_unfit`.

    Examples
    --------
    >>> from spikewatt.sim.engines.simulate import simulate
    >>> from spikewatt.sim.network.connection import Connection
    >>> from spikewatt.sim.network.population import Population
    >>> from spikewatt.sim.network.spiking_network import SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    >>> classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    >>> trace = simulate(network, [[0.25, 1.0]], engine="reference", steps=8)
    >>> prices = price(trace, "odin_style", "stm32l4r5")
    >>> prices.totals()[["device", "workload"]].values.tolist()
    [['odin_style', 'snn'], ['stm32l4r5', 'snn'], ['stm32l4r5', 'int8_ann']]
    >>> f"{prices.bill('odin_style').total('snn') * 1e9:.0f} nJ"
    '61 nJ'
    """
    if not devices:
        raise SpikewattError("price.devices", "must name at least one device")
    if network is not None and network.hash != trace.network_hash:
        raise SpikewattError(
            "price.network",
            "must be the network that left the trace",
            network.hash[:12],
            f"hash {trace.network_hash[:12]}",
        )
    beside = None if host is None else load_card(host, library)
    period = checked_period(period_s)
    most = checked_max_cores("price.max_cores", max_cores)

    def bill(card: Card) -> Bill:
        return bill_of(trace, card, period, beside, library, most)

    return _priced(devices, bill, period, skip_unfit)


def price_layers(
    table: str | Path | pd.DataFrame | tuple[Int8Layer, ...],
    *devices: str | Card,
    library: str | None = None,
    clock_hz: float | None = None,
    network: str | None = None,
    period_s: float | None = None,
    skip_unfit: bool = False,
) -> Prices:
    """Energy and time of an int8 network that is given as a layer table.

    Parameters
    ----------
    table : str, Path, DataFrame or tuple of Int8Layer
        A CSV file or frame with the columns of ``energy/data/mlperf_tiny_layers.csv``, or the
        layers of one network as `kernels.layer_table.read_networks` gives them.
    *devices : str or Card
        Microcontrollers.
    library : str, optional
        Int8 kernel library, in place of the cards' own.
    clock_hz : float, optional
        In place of the card's; cycles and energy per cycle are taken not to depend on it.
    network : str, optional
        Chooses one of several in the table.
    period_s : float, optional
        One inference per period, as in `price`.
    skip_unfit : bool, default False
        As in `price`.

    Raises
    ------
    SpikewattError
        A table with wrong columns, an unknown layer, device or library.
    DoesNotFitError
        Too little flash or RAM, unless `skip_unfit`.

    Examples
    --------
    >>> from spikewatt.energy.kernels.layer_table import LAYERS
    >>> prices = price_layers(LAYERS, "stm32l4r5", "stm32u575", network="KWS")
    >>> [f"{energy * 1e3:.1f} mJ" for energy in prices.totals()["energy_j"]]
    ['4.6 mJ', '1.7 mJ']
    """
    period = checked_period(period_s)
    layers = table if isinstance(table, tuple) else read_layers(table, network)

    def bill(card: Card) -> Bill:
        return _bill_of_layers(layers, card, library, clock_hz, period)

    return _priced(devices, bill, period, skip_unfit)


def at_clock(card: Card, clock_hz: float) -> Card:
    """`card` at another clock.

    Parameters
    ----------
    card : Card
    clock_hz : float
        Hz.

    Raises
    ------
    SpikewattError
        A clock below that of a watch crystal or beyond the device's own.

    Examples
    --------
    >>> at_clock(load_card("stm32u575"), 40e6).title
    'STM32U575, Cortex-M33 at 160 MHz, 1.8 V, SMPS, here at 40 MHz'
    """
    own = card["clock_hz"]
    is_number = isinstance(clock_hz, Real) and not isinstance(clock_hz, bool)
    if not is_number or not LOWEST_CLOCK_HZ <= clock_hz <= own.high:
        raise SpikewattError(
            f"device {card.name!r}: clock_hz",
            "must be a clock of the device, in hertz",
            repr(clock_hz),
            f"{LOWEST_CLOCK_HZ:,} to {own.high:,.0f}",
        )
    clock_hz = float(clock_hz)
    values = {**card.values, "clock_hz": own.exactly(clock_hz, conditions="as given")}
    if clock_hz == own.value:
        return replace(card, values=values)

    caution = "; ".join(filter(None, (card.about.get("caution"), SLOWER)))
    title = f"{card.title}, here at {clock_hz / 1e6:g} MHz"
    about = {**card.about, "caution": caution}
    return replace(
        card,
        title=title,
        values=values,
        about=about,
    )


def _priced(
    devices: Sequence[str | Card],
    bill: Callable[[Card], Bill],
    period_s: float | None,
    skip_unfit: bool,
) -> Prices:
    """The bills of all devices; those that cannot hold the network with their reasons."""
    cards = [load_card(device) for device in devices]
    names = [card.name for card in cards]
    if len(set(names)) != len(names):
        raise SpikewattError(
            "price.devices", "must have different names (the key `name` of a card)", names
        )

    bills, does_not_fit = [], {}
    for device, card in zip(devices, cards, strict=True):
        try:
            bills.append(bill(card))
        except DoesNotFitError as error:
            if not skip_unfit:
                raise
            asked_for = card.name if isinstance(device, Card) else str(device)
            does_not_fit[asked_for] = str(error)
            if error.instead is not None and error.instead not in names:
                names.append(error.instead)
                bills += _in_its_place(asked_for, error.instead, bill, does_not_fit)
    return Prices(tuple(bills), period_s, does_not_fit)


def _in_its_place(
    asked_for: str,
    device: str,
    bill: Callable[[Card], Bill],
    does_not_fit: dict[str, str],
) -> list[Bill]:
    """The bill of the geometry that the refusal of `asked_for` named, which says so."""
    try:
        return [replace(bill(load_card(device)), instead_of=asked_for)]
    except SpikewattError as error:  # nobody asked for it: a period that is too short ends nothing
        does_not_fit[device] = str(error)
        return []


def _bill_of_layers(
    layers: tuple[Int8Layer, ...],
    card: Card,
    library: str | None,
    clock_hz: float | None,
    period_s: float | None,
) -> Bill:
    """The bill of one microcontroller for an int8 network."""
    if not card.kind.runs_kernels:
        raise SpikewattError(
            "price_layers.device", "must be a microcontroller", f"{card.name} is a {card.kind}"
        )
    card = load_card(card, library)
    if clock_hz is not None:
        card = at_clock(card, clock_hz)

    writer = BillWriter()
    lines = microcontroller.write_layers(writer, layers, card)
    if period_s:
        microcontroller.write_idle(writer, "int8_ann", period_s)
    return finished(writer, card.name, card, card.values, lines, period_s)
