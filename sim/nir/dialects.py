"""What NIR leaves open, and each tool decides for itself: the step, the reset, the test of firing.

NIR says v' = R I, a spike where v > θ, then v = v_reset. In steps of dt a neuron adds
dt R (Σ W s + b), is tested, and is reset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ..network.input_codes import INPUT_CODES, InputCode
from ..network.named import Named, by_name, named
from ..network.neurons import RESETS, Reset, Zero

GRID = 2.0**-24  # relative distance from a grid that numbers in float32 may have


def near(exact: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Where `exact` is the `whole` number beside it, to the width of float32."""
    return np.abs(exact - whole) <= GRID * np.maximum(np.abs(exact), 1.0)


class FiringTest(Named):
    """When a potential fires: how a threshold becomes a whole number for a test of v >= θ."""

    one_more = 0  # units that a threshold on the grid moves up
    start_of_subtract = 0  # initial potential that does the same where the threshold is subtracted

    def whole(self, exact: np.ndarray, reset: Reset) -> tuple[np.ndarray, int]:
        """Thresholds and initial potential of neurons that fire at v >= θ, and do the same.

        Parameters
        ----------
        exact : float array
            Thresholds in units of the weights.
        reset : Reset
            What a spike does to the potential.

        Returns
        -------
        thresholds : float array
            Whole numbers.
        start : int
            The initial potential.
        """
        nearest = np.round(exact)
        if reset == Zero():
            # Any number of units between two of the potential does the same.
            on_grid = near(exact, nearest)
            return np.where(on_grid, nearest + self.one_more, np.ceil(exact)), 0
        return nearest, self.start_of_subtract


class At(FiringTest):
    """A spike where v >= θ."""

    name = "at"


class Above(FiringTest):
    """A spike where v > θ, which is what NIR says.

    On whole units it is v − 1 >= θ, and θ is still what is subtracted.

    >>> Above().whole(np.array([2.0, 2.5]), Zero())
    (array([3., 3.]), 0)
    """

    name = "above"
    one_more = 1
    start_of_subtract = -1


FIRES: dict[str, FiringTest] = by_name((At(), Above()))


def input_codes() -> list[str]:
    """Names of what an Input node can be given: values, or events that are all worth the same."""
    found = []
    for name, code in INPUT_CODES.items():
        alike = code.encoded and (code.takes_negative or not code.worth_varies)
        if code.analog or alike:
            found.append(name)
    return found


@dataclass(frozen=True)
class Dialect:
    """How the tool that wrote a graph understands it, and the widths that it is rounded to.

    Parameters
    ----------
    dt : float
        Time per step in the unit of the resistances' inverse, above 0.
    reset : Reset
        What a spike does to the potential.
    fires : FiringTest
        Whether a neuron fires at its threshold or above it.
    weight_bits : int
        Width of the signed weights, 2..16.
    input_code : InputCode
        What an Input node is given.
    input_levels : int
        Largest integer input, 1..65535.
    input_max : float
        Largest input value, above 0.
    """

    dt: float
    reset: Reset
    fires: FiringTest
    weight_bits: int
    input_code: InputCode
    input_levels: int
    input_max: float

    @classmethod
    def said(
        cls, dt, reset, fires, weight_bits: int, input_code, input_levels: int, input_max: float
    ) -> Dialect:
        """The dialect that the arguments of `from_nir` say, checked."""
        law = "is said where the file does not say it"
        if not isinstance(dt, int | float) or not 0 < dt < np.inf:
            raise SpikewattError(
                where="from_nir.dt",
                law=law,
                got=dt,
                allowed="time per step, above 0",
            )
        reset = named("from_nir.reset", law, str(reset), RESETS)

        law = "is said as one of"
        fires = named("from_nir.fires", law, fires or Above.name, FIRES)

        law = "must be what an Input node can be given"
        input_code = one_of("from_nir.input_code", law, str(input_code), input_codes())

        law = "must be a width of signed weights"
        weight_bits = whole_number("from_nir.weight_bits", law, weight_bits, 2, 16)
        law = "must be a number of input levels"
        input_levels = whole_number("from_nir.input_levels", law, input_levels, 1, 65_535)
        if not isinstance(input_max, int | float) or not 0 < input_max < 1e30:
            raise SpikewattError(
                where="from_nir.input_max",
                law="must be the largest input value",
                got=input_max,
                allowed="above 0",
            )

        return cls(
            dt=float(dt),
            reset=reset,
            fires=fires,
            weight_bits=weight_bits,
            input_code=INPUT_CODES[input_code],
            input_levels=input_levels,
            input_max=input_max,
        )

    @property
    def input_unit(self) -> float:
        """Value of one unit of integer input."""
        return self.input_max / self.input_levels

    @property
    def input_worth(self) -> float:
        """What the weights are multiplied with, per spike or unit of the input."""
        return self.input_unit if self.input_code.analog else 1.0

    @property
    def largest_weight(self) -> int:
        """Of the width."""
        return 2 ** (self.weight_bits - 1) - 1
