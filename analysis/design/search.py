"""The search: which codes and steps keep the accuracy of Keras, on validation images."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...energy.bill import Bill
from ...energy.devices.registry import device_kind
from ...energy.pricing.bills import TooSlowError
from ...energy.pricing.prices import Prices
from ...errors import SpikewattError, SpikewattWarning
from ...progress import Progress, silent
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.first_steps import first_steps
from ...sim.trace.trace import Trace
from .ladders import (
    Ladder,
    asked_steps,
    has_trained_levels,
    is_asked_for,
    ladders,
    points_of_a_run,
    variant,
)

if TYPE_CHECKING:
    from ..job.config import RunConfig

ENOUGH = 2  # rungs one after the other that keep the accuracy: no more of the ladder is tried
SLACK = 1e-9  # points of percent: sums of shares are not exact


@dataclass(frozen=True, eq=False)
class Sample:
    """Images, their classes, and which of them Keras gets right.

    Parameters
    ----------
    x : ndarray, (samples, …)
        Inputs as the model takes them.
    labels : ndarray of int, (samples,)
    keras_right : ndarray of bool, (samples,)
    """

    x: np.ndarray
    labels: np.ndarray
    keras_right: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, samples: int) -> Sample:
        """The first images alone."""
        part = slice(samples)
        return Sample(self.x[part], self.labels[part], self.keras_right[part])

    @property
    def keras_accuracy(self) -> float:
        """Share of right answers."""
        return float(self.keras_right.mean())

    def loss(self, accuracy: float) -> float:
        """By how many points of percent an accuracy lies below that of Keras."""
        return 100 * (self.keras_accuracy - accuracy)


@dataclass(frozen=True)
class Bench:
    """What a search does with a configuration; the steps of a job.

    Parameters
    ----------
    convert : callable
        Configuration -> spiking network.
    simulate : callable
        (configuration, network, inputs) -> trace.
    price : callable
        Trace -> prices.
    """

    convert: Callable[[RunConfig], SpikingNetwork]
    simulate: Callable[[RunConfig, SpikingNetwork, np.ndarray], Trace]
    price: Callable[[Trace], Prices]

    def priced(self, trace: Trace, period_s: float | None) -> Prices:
        """Prices; none, with the reason, of a point that takes longer than the period."""
        try:
            return self.price(trace)
        except TooSlowError as error:
            return Prices((), period_s, error.does_not_fit, too_slow=error.too_slow)


@dataclass(frozen=True, eq=False)
class Tried:
    """A spiking network with a number of steps, on validation images.

    Parameters
    ----------
    config : RunConfig
        That makes it.
    network : SpikingNetwork
    steps : int
        Simulated ones under rate, else those of a layer.
    ladder : int
        Number of its ladder.
    accuracy : float
        On validation images.
    prices : Prices
        Of an inference, mean over the validation images.
    asked : bool
        Whether it is the point that the configuration asked for.
    """

    config: RunConfig
    network: SpikingNetwork
    steps: int
    ladder: int
    accuracy: float
    prices: Prices
    asked: bool = False

    @property
    def bills(self) -> list[Bill]:
        """Those of the devices that execute it as spikes.

        A microcontroller that multiplies the first layer does what the int8 network does, and is
        no spiking one, unless it was asked for.
        """
        mixed = self.config.spike_input_code.analog and not self.asked
        return [
            bill
            for bill in self.prices.bills
            if "snn" in bill.workloads and not (mixed and not device_kind(bill.card).places_neurons)
        ]

    def trace_of(self, run: Trace) -> Trace:
        """This point's trace, from a run that is at least as long."""
        if self.config.spike_code.bias_each_step:
            return first_steps(run, self.steps)
        return run


@dataclass(eq=False)
class Search:
    """Tries ladder after ladder.

    Parameters
    ----------
    config : RunConfig
        What was asked for.
    model : Keras model
    bench : Bench
    validation : Sample
    progress : Progress, default silent
        Called with ("search", ladders done, all).
    """

    config: RunConfig
    model: Any
    bench: Bench
    validation: Sample
    progress: Progress = silent
    tried: list[Tried] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[Tried]:
        """Every point that was tried; `refused` says what could not be."""
        to_climb = ladders(self.config, self.model)
        asked = asked_steps(self.config, has_trained_levels(self.config, self.model))
        self.progress("search", 0, len(to_climb))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SpikewattWarning)
            for number, ladder in enumerate(to_climb):
                self._climb(ladder, number, asked)
                self.progress("search", number + 1, len(to_climb))
        return self.tried

    def _climb(self, ladder: Ladder, number: int, asked: Any) -> None:
        """From few steps to many, until the strictest tolerance is kept twice in a row."""
        strictest = min(self.config.accuracy_loss)
        is_asked = is_asked_for(self.config, ladder.code, ladder.input_code)
        kept = 0
        for steps in ladder.rungs:
            wanted = is_asked and steps == asked
            if kept >= ENOUGH and not wanted:
                continue
            try:
                found = self._try(ladder, number, steps, asked, is_asked)
            except SpikewattError as error:
                self._refuse(ladder, error)
                if not self._goes_on(number):
                    return
                continue
            keeps = self.validation.loss(found[-1].accuracy) <= strictest + SLACK
            kept = kept + 1 if keeps else 0
            self.tried += [point for point in found if point.bills or point.asked]
            if not any(point.bills for point in found):
                why = "; ".join(found[-1].prices.does_not_fit.values())
                self.refused.setdefault(_name(ladder), why)
                if not is_asked:
                    return  # no device executes it, whatever its steps

    def _goes_on(self, number: int) -> bool:
        """Whether a ladder is climbed on after a rung that could not be; its first decides."""
        return any(point.ladder == number for point in self.tried)

    def _refuse(self, ladder: Ladder, error: SpikewattError) -> None:
        self.refused.setdefault(_name(ladder), str(error))

    def _try(
        self, ladder: Ladder, number: int, steps: Any, asked: Any, is_asked: bool
    ) -> list[Tried]:
        """The points of one network; those of `asked` steps were asked for if its ladder was."""
        config = variant(self.config, ladder.code, ladder.input_code, steps)
        network = self.bench.convert(config)
        trace = self.bench.simulate(config, network, self.validation.x)
        accuracy = trace.accuracy(self.validation.labels)
        if not ladder.code.bias_each_step:
            shown = steps if isinstance(steps, int) else longest(trace)
            price = self.bench.priced(trace, config.period_s)
            last = float(accuracy[-1])
            wanted = is_asked and steps == asked
            return [Tried(config, network, shown, number, last, price, wanted)]

        found = []
        for shorter in points_of_a_run(trace.steps, asked if is_asked else None):
            price = self.bench.priced(first_steps(trace, shorter), config.period_s)
            share = float(accuracy[shorter - 1])
            wanted = is_asked and shorter == asked
            found.append(Tried(config, network, shorter, number, share, price, wanted))
        return found


def longest(trace: Trace) -> int:
    """Steps of the layer that takes the most."""
    return max(window.length for window in trace.settings.schedule.windows.values())


def _name(ladder: Ladder) -> str:
    return f"{ladder.code}, input code {ladder.input_code}"
