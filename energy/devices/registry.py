"""Kinds of devices: one class each, with what prices, verdicts and reports ask of it.

What the card of a kind holds stands in `cards.kinds`, which needs no model of a device. A new kind
of device is a class there, a module here that writes its bill, and a class in this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ...errors import DoesNotFitError, SpikewattError
from ...sim.counts.counts import Counts
from ...sim.network.named import Named, by_name
from ...sim.trace.trace import Trace
from ...sim.zeros.given import GivenZeros
from ..bill import ZERO_SKIPPING, BillWriter
from ..cards.card import Card
from ..cards.kinds import CARD_KINDS, CardKind
from ..cards.neuromorphic.timing import timing_in
from . import (
    counts_in_software,
    host_and_core,
    microcontroller,
    neuromorphic_core,
    published_rule,
)
from .chip import counted
from .core.mapping import map_network
from .what_fits import executes_this_network, raise_first


class DeviceKind(Named):
    """A kind of device.

    Facts
    -----
    computes : it executes networks.
    has_range : its prices have a range, so that they can decide who wins.
    has_time : its prices say how long an inference takes.
    takes_period : it uses something between two inferences.
    takes_host : a microcontroller may stand beside it.
    places_neurons : its neurons and axons are placed on cores by `map_network`.
    supplies : it is what other devices live on.
    prices_counts : it prices `Counts`, too, which have no connections.
    idle : what it does between two inferences, in words.
    """

    computes: ClassVar[bool] = True
    has_range: ClassVar[bool] = True
    has_time: ClassVar[bool] = True
    takes_period: ClassVar[bool] = True
    takes_host: ClassVar[bool] = False
    places_neurons: ClassVar[bool] = False
    supplies: ClassVar[bool] = False
    prices_counts: ClassVar[bool] = False
    idle: ClassVar[str] = "nothing"

    @property
    def card(self) -> CardKind:
        """What its cards hold."""
        return CARD_KINDS[self.name]

    @property
    def units(self) -> Mapping[str, str]:
        """Key of each value of its cards -> SI unit."""
        return self.card.units

    @property
    def limits(self) -> Mapping[str, tuple[int, int]]:
        """Key of each limit of its cards -> lowest and highest number."""
        return self.card.limits

    def stands_beside_hosts(self, card: Card) -> bool:
        """Whether a microcontroller may stand beside this device, where its kind takes one."""
        return self.takes_host

    @property
    def runs_kernels(self) -> bool:
        """Whether it executes int8 networks by a kernel library, also without a trace."""
        return self.card.runs_kernels

    def maps_traces(self, card: Card) -> bool:
        """Whether `map_network` places a trace on its cores: where a clock drives them."""
        return self.places_neurons and timing_in(card.about).counts_cycles

    def write(
        self,
        writer: BillWriter,
        work: Trace | Counts,
        card: Card,
        host: Card | None = None,
        period_s: float | None = None,
        max_cores: int | None = None,
    ) -> list[str]:
        """Charge what the device does for one inference, and what it uses for the rest of a period.

        Parameters
        ----------
        writer : BillWriter
        work : Trace or Counts
            Counts only where it `prices_counts`.
        card : Card
            Of this kind.
        host : Card, optional
            Beside it, where it `takes_host`.
        period_s : float, optional
            s, where it `takes_period`.
        max_cores : int, optional
            Cores that the network may take, where it `places_neurons`.

        Returns
        -------
        list of str
            The assumptions.

        Raises
        ------
        SpikewattError
            It does not compute.
        DoesNotFitError
            It cannot hold or execute the network.
        """
        raise SpikewattError(
            "price.devices", "must be devices that compute", f"{card.name} is a {card.kind}"
        )

    def write_zero_skipping(
        self,
        writer: BillWriter,
        trace: Trace,
        card: Card,
        zeros: GivenZeros,
        period_s: float | None = None,
    ) -> list[str]:
        """Charge the int8 network that skips activations of zero, where it executes one.

        Parameters
        ----------
        writer, trace, card, period_s
            As of `write`.
        zeros : float, mapping or ActivationZeros
            Of the activations.

        Returns
        -------
        list of str
            The assumptions.
        """
        return []


class NeuromorphicCore(DeviceKind):
    """Cores of neurons and synapses, alone or beside a host."""

    name = "neuromorphic_core"
    takes_host = True
    places_neurons = True
    prices_counts = True
    idle = "leaks, its clock stopped"

    def stands_beside_hosts(self, card):
        """A clock can wait for a host; a chip that ends its steps itself is priced as it is."""
        return self.maps_traces(card)

    def write(self, writer, work, card, host=None, period_s=None, max_cores=None):
        """The spiking network, mapped onto as many cores as it needs and may take."""
        if isinstance(work, Trace) and self.maps_traces(card):
            return _write_trace(writer, work, card, host, period_s, max_cores)
        if host is not None:
            law = "is priced without a host: it is a chip of its own, or the work is counts"
            raise DoesNotFitError(f"device {card.name!r}", law, f"host {host.name!r}")
        return counted.write(writer, work, card, period_s, max_cores)


def _write_trace(
    writer: BillWriter,
    trace: Trace,
    card: Card,
    host: Card | None,
    period_s: float | None,
    max_cores: int | None,
) -> list[str]:
    """A trace on cores that a clock drives, alone or beside a host."""
    raise_first([executes_this_network(card)])
    mapping = map_network(trace, card, host is not None, max_cores)
    if host is None:
        lines = neuromorphic_core.write(writer, trace, card, mapping)
    else:
        lines = host_and_core.write(writer, trace, card, host, mapping)
    if period_s:
        model = neuromorphic_core if host is None else host_and_core
        model.write_idle(writer, card, mapping, period_s)
    return lines


class Microcontroller(DeviceKind):
    """A Cortex-M that runs the int8 network, and the spiking network in software."""

    name = "microcontroller"
    prices_counts = True
    idle = "sleeps, and wakes once"

    def write(self, writer, work, card, host=None, period_s=None, max_cores=None):
        """Both workloads, as far as they fit."""
        if isinstance(work, Counts):
            lines = counts_in_software.write(writer, work, card)
        else:
            lines = microcontroller.write(writer, work, card)
        if period_s:
            for workload in writer.workloads:
                microcontroller.write_idle(writer, workload, period_s)
        return lines

    def write_zero_skipping(self, writer, trace, card, zeros, period_s=None):
        """That int8 network, if it fits."""
        lines = microcontroller.write_zero_skipping(writer, trace, card, zeros)
        if period_s and ZERO_SKIPPING in writer.workloads:
            microcontroller.write_idle(writer, ZERO_SKIPPING, period_s)
        return lines


class Port(DeviceKind):
    """What lies between a host and its core; it computes nothing."""

    name = "port"
    computes = False
    has_range = False
    has_time = False
    takes_period = False


class Rule(DeviceKind):
    """A rule from the literature: an estimate without a range, which decides nothing."""

    name = "rule"
    prices_counts = True
    has_range = False
    has_time = False
    takes_period = False

    def write(self, writer, work, card, host=None, period_s=None, max_cores=None):
        """Constants times operation counts."""
        return published_rule.write(writer, work, card)


class Battery(DeviceKind):
    """A cell, which computes nothing."""

    name = "battery"
    computes = False
    has_range = False
    has_time = False
    takes_period = False
    supplies = True


DEVICE_KINDS: dict[str, DeviceKind] = by_name(
    (NeuromorphicCore(), Microcontroller(), Port(), Rule(), Battery())
)


def device_kind(card: Card) -> DeviceKind:
    """What kind of device a card describes.

    >>> from spikewatt.energy.cards.load import load_card
    >>> kind = device_kind(load_card("odin_style"))
    >>> kind.takes_host, kind.units["leakage_power_w"]
    (True, 'W')
    """
    return DEVICE_KINDS[card.kind.name]
