"""price: Trace or Counts x parameter cards -> energy and time, with the range of the cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DoesNotFitError, SpikewattError, one_of
from ...sim.counts.counts import Counts
from ...sim.counts.doubts import warn_of_fan_outs
from ...sim.trace.guard import check_trace
from ...sim.trace.trace import Trace
from ...sim.zeros.given import GivenZeros, checked_zeros
from ..bill import Bill, BillWriter
from ..cards.card import Card
from ..devices import microcontroller
from ..devices.core.count import AS_USUAL, checked_max_cores, cores_allowed
from ..kernels.law import Int8Layer
from ..layer_tables.tables import layers_in
from .bills import TooSlowError, bill_of, checked_period, finished
from .order import COMPARED, NONE, Order, PerDevice, TextPerDevice, ordered
from .prices import Prices

if TYPE_CHECKING:
    import pandas as pd

    from ...sim.network.spiking_network import SpikingNetwork


def price(
    work: Trace | Counts,
    *devices: str | Card,
    network: SpikingNetwork | None = None,
    period_s: float | None = None,
    host: str | Card | None = COMPARED,
    library: TextPerDevice = None,
    clock_hz: PerDevice = None,
    supply_v: PerDevice = None,
    regulator: TextPerDevice = None,
    skip_unfit: bool = False,
    max_cores: int | str | None = AS_USUAL,
    zeros: GivenZeros | None = None,
) -> Prices:
    """Energy and time of one inference (mean over the samples) on each device.

    Parameters
    ----------
    work : Trace or Counts
        What a simulation counted; or counts of a network that ran elsewhere.
    *devices : str or Card
        Names of cards, paths of ``.yaml`` cards, or cards. A neuromorphic core gets the workload
        ``snn``; a microcontroller gets ``snn`` (the spiking network in software) and ``int8_ann``
        (the same layers as an int8 network).
    network : SpikingNetwork, optional
        Checked to be the one that left the trace; of counts nobody knows it.
    period_s : float, optional
        One inference per period; adds what the device uses between two inferences as components
        ``between inferences`` and ``waking``.
    host : str, Card or None, default "compared"
        Who does the input, an analog first layer and the read-out of a neuromorphic core. Each
        core gets a bill without it and one beside it: by default beside every microcontroller
        among the devices (``core+microcontroller``), or beside the one that is named; ``none`` or
        None leaves these out. A core that needs a host is refused alone, and priced beside it.
        With counts there is none: they do not say what a host would have to do.
    library : str or mapping, optional
        Int8 kernel library of the microcontrollers, in place of their cards' own; of each device
        that a mapping names.
    clock_hz : float or mapping, optional
        Hz, of all microcontrollers (of the cores where there are none), or of each device that a
        mapping names; of a microcontroller up to twice its card's. Cycles and energy per cycle
        are taken not to depend on it, and to be less sure.
    supply_v : float or mapping, optional
        V, likewise: supply of a microcontroller, or voltage of an `odin_style` core.
    regulator : str or mapping, optional
        ``ldo`` or ``dcdc``, of the microcontrollers, which must have it.
    skip_unfit : bool, default False
        Devices that cannot hold or execute the network are left out, and named with the reason
        in `Prices.does_not_fit`. Where the reason names another geometry of the parametric core,
        that is priced in its place: `Bill.instead_of`.
    max_cores : int or None, optional
        Neuromorphic cores that the network may take; None or ``any`` for as many as it takes. By
        default 1 of a trace, and any number of counts, whose network ran on as many as it took,
        and of a chip without a clock, which comes with its cores.
    zeros : float, mapping or ActivationZeros, optional
        Zeros among the activations of the int8 network, as `activation_zeros` counts them; or a
        share of all, or of each population by its name (others have none). Each microcontroller
        then has the workload ``int8_ann_zero_skipping``, which multiplies no zeros, too.

    Returns
    -------
    Prices

    Raises
    ------
    SpikewattError
        Unknown device, host or library, a network of another hash, a clock or supply that a
        device does not reach, a host or network with counts.
    DoesNotFitError
        A device, with a host or without, cannot hold or execute the network, or not within the
        period, unless `skip_unfit`.

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
    >>> prices.totals()["device"].tolist()
    ['odin_style', 'odin_style+stm32l4r5', 'stm32l4r5', 'stm32l4r5']
    >>> prices.totals()["workload"].tolist()
    ['snn', 'snn', 'snn', 'int8_ann']
    >>> f"{prices.bill('odin_style').total('snn') * 1e9:.0f} nJ"
    '61 nJ'
    """
    if not devices:
        raise SpikewattError("price.devices", "must name at least one device")
    host = _checked_host(work, network, host)
    order = ordered(devices, host, library, clock_hz, supply_v, regulator)
    period = checked_period(period_s)
    if max_cores != AS_USUAL:
        max_cores = checked_max_cores("price.max_cores", max_cores)
    if zeros is not None:
        zeros = _checked_zeros(work, zeros)
    if isinstance(work, Counts):
        warn_of_fan_outs(work)

    def bill(card: Card, beside: Card | None) -> Bill:
        most = cores_allowed(max_cores, card, of_counts=isinstance(work, Counts))
        return bill_of(work, card, period, beside, most, zeros)

    return _priced(order, bill, period, skip_unfit)


def _checked_zeros(work: Trace | Counts, zeros: GivenZeros) -> GivenZeros:
    """The zeros, of populations that the trace has."""
    if isinstance(work, Counts):
        law = "belong to a trace: counts do not say which layers the ANN has"
        raise SpikewattError("price.zeros", law)
    checked = checked_zeros("price.zeros", zeros)
    if isinstance(checked, Mapping):
        for name in checked:
            one_of("price.zeros", "must name populations of the trace", name, work.neurons)
    return checked


def _checked_host(
    work: Trace | Counts, network: SpikingNetwork | None, host: str | Card | None
) -> str | Card | None:
    """The host, which counts have not; raises where the network is another."""
    if isinstance(work, Counts):
        if network is not None:
            raise SpikewattError("price.network", "belongs to a trace, which counts are not")
        if host is not None and host not in (COMPARED, NONE):
            law = "stands beside a core that runs a trace: counts do not say what a host would do"
            raise SpikewattError("price.host", law, getattr(host, "name", host), "none")
        return NONE

    if not isinstance(work, Trace):
        raise SpikewattError("price", "must be given a Trace or Counts", type(work).__name__)
    check_trace("trace", work)
    if network is not None and network.hash != work.network_hash:
        raise SpikewattError(
            "price.network",
            "must be the network that left the trace",
            network.hash[:12],
            f"hash {work.network_hash[:12]}",
        )
    return host


def price_layers(
    table: str | Path | pd.DataFrame | tuple[Int8Layer, ...],
    *devices: str | Card,
    library: TextPerDevice = None,
    clock_hz: PerDevice = None,
    supply_v: PerDevice = None,
    regulator: TextPerDevice = None,
    network: str | None = None,
    period_s: float | None = None,
    skip_unfit: bool = False,
) -> Prices:
    """Energy and time of an int8 network that is given as a layer table.

    Parameters
    ----------
    table : str, Path, DataFrame or tuple of Int8Layer
        ``mlperf_tiny``; a CSV file or frame with the columns of
        ``energy/data/mlperf_tiny_layers.csv``; the file of a trained network (``.keras``, ``.h5``,
        ``.tflite``) or ``zoo:NAME``; or the layers of one network as
        `layer_tables.tables.networks_in` gives them.
    *devices : str or Card
        Microcontrollers.
    library, clock_hz, supply_v, regulator : optional
        As in `price`.
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
    >>> prices = price_layers("mlperf_tiny", "stm32l4r5", "stm32u575", network="KWS")
    >>> [f"{energy * 1e3:.1f} mJ" for energy in prices.totals()["energy_j"]]
    ['4.6 mJ', '1.6 mJ']
    """
    period = checked_period(period_s)
    layers = table if isinstance(table, tuple) else layers_in(table, network)

    order = ordered(devices, None, library, clock_hz, supply_v, regulator)

    def bill(card: Card, beside: Card | None) -> Bill:
        return _bill_of_layers(layers, card, period)

    return _priced(order, bill, period, skip_unfit)


def _priced(
    order: Order,
    bill: Callable[[Card, Card | None], Bill],
    period_s: float | None,
    skip_unfit: bool,
) -> Prices:
    """The bills of all devices; those that cannot hold the network with their reasons."""
    bills: list[Bill] = []
    does_not_fit: dict[str, str] = {}
    names = {card.name for card in order.devices.values()}
    late: dict[str, TooSlowError] = {}
    for asked_for, card in order.devices.items():
        found, refused = _alone_and_beside(order, asked_for, card, bill)
        if not found and not skip_unfit:
            raise refused[asked_for]
        bills += found
        does_not_fit |= {name: str(error) for name, error in refused.items()}
        late |= {name: why for name, why in refused.items() if isinstance(why, TooSlowError)}

        instead = None if found else refused[asked_for].instead
        if instead is not None and instead not in names:
            names.add(instead)
            placed, why_not = _in_its_place(order, asked_for, instead, bill)
            bills += placed
            does_not_fit |= why_not
    too_slow = frozenset(late)
    if late and not bills:  # it is the period that is wrong, and no device
        first = next(iter(late.values()))
        first.does_not_fit, first.too_slow = does_not_fit, too_slow
        raise first
    return Prices(tuple(bills), period_s, does_not_fit, too_slow=too_slow)


def _alone_and_beside(
    order: Order,
    asked_for: str,
    card: Card,
    bill: Callable[[Card, Card | None], Bill],
) -> tuple[list[Bill], dict[str, DoesNotFitError]]:
    """The bills of one device, without a host and with each; and who could not, with the reason.

    Where nothing could, there is one reason, the most telling.
    """
    found: list[Bill] = []
    refused: dict[str, DoesNotFitError] = {}
    for host in order.beside(card):
        name = asked_for if host is None else f"{asked_for}+{host.name}"
        try:
            found.append(bill(card, host))
        except DoesNotFitError as error:
            refused[name] = error

    if not found:  # with a host there is one reason less
        return [], {asked_for: list(refused.values())[-1]}
    if asked_for in refused:
        beside = ", ".join(done.device for done in found)
        refused[asked_for] = refused[asked_for].with_hint(f"with a host it does: {beside}")
    return found, refused


def _in_its_place(
    order: Order, asked_for: str, device: str, bill: Callable[[Card, Card | None], Bill]
) -> tuple[list[Bill], dict[str, str]]:
    """The bills of the geometry that the refusal of `asked_for` named, which say so.

    It may not reach the clock or supply of what it stands for: then it has no bill, but a reason.
    """
    try:
        card = order.in_its_place(asked_for, device)
    except SpikewattError as error:
        return [], {device: str(error)}
    found, refused = _alone_and_beside(order, device, card, bill)
    marked = [replace(done, instead_of=asked_for) for done in found]
    return marked, {name: str(error) for name, error in refused.items()}


def _bill_of_layers(layers: tuple[Int8Layer, ...], card: Card, period_s: float | None) -> Bill:
    """The bill of one microcontroller for an int8 network."""
    if not card.kind.runs_kernels:
        raise SpikewattError(
            "price_layers.device", "must be a microcontroller", f"{card.name} is a {card.kind}"
        )
    writer = BillWriter()
    lines = microcontroller.write_layers(writer, layers, card)
    if period_s:
        microcontroller.write_idle(writer, "int8_ann", period_s)
    return finished(writer, card.name, card, card.values, lines, period_s)
