"""Points: accuracy, energy and time of every design that was tried, of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ...energy.bill import INT8, Bill
from ...energy.devices.registry import device_kind
from ...energy.pricing.uncertainty import Estimate, Side, estimate
from .front import on_front
from .interval import wilson
from .search import SLACK, Tried

GOALS = {"accuracy": "most", "energy_j": "least"}


@dataclass(frozen=True)
class Measured:
    """An accuracy on test images.

    Parameters
    ----------
    right, samples : int
    keras_accuracy : float
        Share that Keras gets right of the same images.
    """

    right: int
    samples: int
    keras_accuracy: float

    @classmethod
    def of(cls, right: np.ndarray, keras_accuracy: float) -> Measured:
        """From which answers are right."""
        return cls(int(right.sum()), len(right), keras_accuracy)

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        return self.right / self.samples

    @property
    def loss(self) -> float:
        """By how many points of percent it lies below that of Keras."""
        return 100 * (self.keras_accuracy - self.accuracy)


@dataclass(frozen=True, eq=False)
class Point:
    """A design: a network with its code and steps on a device, or the int8 network on one.

    Parameters
    ----------
    bill : Bill
        Of its device.
    workload : str
        ``snn`` or ``int8_ann``, which is its side, too.
    network : Tried, optional
        The spiking network.
    accuracy_validation, loss_validation : float
        On validation images: a share, and points of percent below Keras.
    keeps : tuple of bool
        For each tolerance, whether it and every longer one of its ladder keep within it on
        validation images.
    test : Measured, optional
        On test images, which confirm.
    chosen : tuple of bool
        For each tolerance, whether it is the cheapest within it of its side on its device.
    decides : bool, default True
        Whether it can stand for its side; a core without the host that it needs cannot.
    unconfirmed : str, default ""
        Why its device does not execute it on test images, though on validation images it did: it
        has no `test`, keeps within no tolerance, and its bill is that of validation images.
    """

    bill: Bill
    workload: str
    network: Tried | None
    accuracy_validation: float
    loss_validation: float
    keeps: tuple[bool, ...]
    test: Measured | None = None
    chosen: tuple[bool, ...] = ()
    decides: bool = True
    unconfirmed: str = ""

    @property
    def side(self) -> Side:
        """For ratios."""
        return self.bill, self.workload

    @property
    def energy_j(self) -> float:
        """Of an inference and, with a period, of the time until the next one."""
        return float(self.bill.total(self.workload))

    @property
    def time(self) -> Estimate:
        """Of an inference, in s."""
        return estimate(self.bill, self.bill.select(self.workload, "time_s"))

    @property
    def asked(self) -> bool:
        """Whether the configuration asked for it."""
        return self.network is not None and self.network.asked

    @property
    def on_a_core(self) -> bool:
        """Whether neuromorphic cores execute it."""
        return device_kind(self.bill.card).places_neurons

    @property
    def options(self) -> str:
        """What differs from the simplest network of its code, in a few words."""
        if self.network is None:
            return ""
        config = self.network.config
        input_code = config.spike_input_code
        return "" if input_code.integrates else f"{input_code} input"

    @property
    def loss(self) -> float:
        """Points of percent below Keras: on test images, else on validation images.

        NaN of one that test images were to confirm, and did not.
        """
        if self.unconfirmed:
            return np.nan
        return self.loss_validation if self.test is None else self.test.loss

    def within(self, number: int, tolerance: float) -> bool:
        """Whether it keeps within a tolerance, on validation images and on test images."""
        if self.unconfirmed or not self.keeps[number]:
            return False
        return self.test is None or self.test.loss <= tolerance + SLACK


@dataclass(frozen=True, eq=False)
class Points:
    """Every design that was tried.

    Parameters
    ----------
    points : tuple of Point
    tolerances : tuple of float
        Points of percent; the first decides.
    keras_accuracy : float
        On all test images.
    validation_samples, test_samples : int
    period_s : float, optional
        One inference per so many seconds, where what is used between them is charged.
    notes : tuple of str, default ()
        What could not be tried, and why.
    refused : tuple of str, default ()
        Devices that execute none of the networks, or none within the period.
    too_slow : frozenset of str, default ()
        Those that execute one, but not within the period.
    """

    points: tuple[Point, ...]
    tolerances: tuple[float, ...]
    keras_accuracy: float
    validation_samples: int
    test_samples: int
    period_s: float | None = None
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    too_slow: frozenset[str] = frozenset()

    @property
    def int8_accuracy(self) -> float | None:
        """Of the int8 network, on test images; None where it could not be executed."""
        measured = (point.test for point in self.points if point.workload == INT8)
        test = next((test for test in measured if test is not None), None)
        return None if test is None else test.accuracy

    def __repr__(self) -> str:
        found = f"{len(self.points)} points, {int(self.frame['on_front'].sum())} on the front"
        return f"Points({found}; within {_listed(self.tolerances)} points of Keras)"

    def __len__(self) -> int:
        return len(self.points)

    def _repr_html_(self) -> str:
        return self.frame.to_html(index=False, float_format="{:.4g}".format)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per point.

        Columns: side and workload (``snn``, ``int8_ann``), device, code, steps (simulated ones
        under rate, else those of a layer), options; accuracy_validation; accuracy on test images
        with its 95 % interval (accuracy_low, accuracy_high), empty where it was not confirmed;
        keras_accuracy on the same images; loss (points of percent, on test images); within (the
        first tolerance, on validation and on test images); energy_j with its range, with what is
        used between inferences where there is a period; time_s with its range; cores and mm2,
        where known;
        on_front (accuracy against energy, of those that decide and were confirmed on the most test
        images: the easier part of them would beat the whole); chosen (the cheapest within the
        first tolerance, of its side on its device), chosen_at (all tolerances at which it is);
        asked (what the configuration asked for); decides (whether it can stand for its side);
        loss_validation; samples (test images).
        """
        rows = [self._row(point) for point in self.points]
        frame = pd.DataFrame(rows, columns=list(_EMPTY))
        able = frame["decides"].to_numpy(bool) & on_most_images(frame)
        front = np.zeros(len(frame), bool)
        front[able] = on_front(frame[able], GOALS)
        frame["on_front"] = front
        return frame

    def _row(self, point: Point) -> dict[str, object]:
        network, test = point.network, point.test
        energy = estimate(point.bill, point.bill.select(point.workload))
        time = point.time
        row: dict[str, object] = {
            **_EMPTY,
            "side": point.workload,
            "device": point.bill.device,
            "workload": point.workload,
            "options": point.options,
            "accuracy_validation": point.accuracy_validation,
            "loss_validation": point.loss_validation,
            "within": point.within(0, self.tolerances[0]),
            "energy_j": energy.value,
            "energy_low_j": energy.low,
            "energy_high_j": energy.high,
            "time_s": time.value,
            "time_low_s": time.low,
            "time_high_s": time.high,
            "chosen": point.chosen[0],
            "chosen_at": _listed(self._chosen_at(point)),
            "asked": point.asked,
            "decides": point.decides,
            **_size(point.bill),
        }
        if network is not None:
            row |= {"code": str(network.config.spike_code), "steps": network.steps}
        if test is not None:
            low, high = wilson(test.right, test.samples)
            row |= {
                "accuracy": test.accuracy,
                "accuracy_low": low,
                "accuracy_high": high,
                "keras_accuracy": test.keras_accuracy,
                "loss": test.loss,
                "samples": test.samples,
            }
        return row

    def _chosen_at(self, point: Point) -> list[float]:
        return [
            tolerance
            for tolerance, chosen in zip(self.tolerances, point.chosen, strict=True)
            if chosen
        ]


_EMPTY: dict[str, object] = {
    "side": "",
    "device": "",
    "workload": "",
    "code": "",
    "steps": None,
    "options": "",
    "accuracy_validation": np.nan,
    "accuracy": np.nan,
    "accuracy_low": np.nan,
    "accuracy_high": np.nan,
    "keras_accuracy": np.nan,
    "loss": np.nan,
    "within": False,
    "energy_j": np.nan,
    "energy_low_j": np.nan,
    "energy_high_j": np.nan,
    "time_s": np.nan,
    "time_low_s": np.nan,
    "time_high_s": np.nan,
    "cores": None,
    "mm2": np.nan,
    "on_front": False,
    "chosen": False,
    "chosen_at": "",
    "asked": False,
    "decides": True,
    "loss_validation": np.nan,
    "samples": None,
}


def on_most_images(frame: pd.DataFrame) -> np.ndarray:
    """Which rows were confirmed on as many test images as any: only their accuracies compare.

    Parameters
    ----------
    frame : DataFrame
        Of `Points`, with its column samples.

    Examples
    --------
    >>> on_most_images(pd.DataFrame({"samples": [1000, 10_000, None]})).tolist()
    [False, True, False]
    """
    samples = pd.to_numeric(frame["samples"])
    return (samples == samples.max()).to_numpy(bool)


def _listed(numbers: Sequence[float]) -> str:
    """Tolerances as text.

    >>> _listed([0.5, 1.0])
    '0.5, 1'
    """
    return ", ".join(f"{number:g}" for number in numbers)


def _size(bill: Bill) -> dict[str, object]:
    """Cores and mm² of a bill that knows them."""
    footprint = getattr(bill, "footprint", None)
    if footprint is None or footprint.cores is None:
        return {}
    area = footprint.area_m2
    return {"cores": footprint.cores, "mm2": np.nan if area is None else area.value * 1e6}
