"""What the codes of a conversion mean for the graph that is read."""

from __future__ import annotations

from dataclasses import dataclass

from ...network.codes import Code
from ...network.input_codes import InputCode


@dataclass(frozen=True)
class ReadingRules:
    """What the codes mean for the graph.

    Parameters
    ----------
    merge_pools : bool
        Average pools are summed into the weights of the next layer; otherwise they are populations.
    flips : bool
        A max pool over a negative scale becomes a min pool: needs a largest value.
    negative : bool
        Inputs may be below zero, so that a ReLU on them does something.
    """

    merge_pools: bool
    flips: bool
    negative: bool

    @classmethod
    def of(cls, code: Code, input_code: InputCode) -> ReadingRules:
        """The rules of a code and an input code."""
        return cls(
            not code.bias_each_step,
            code.exact,
            input_code.takes_negative,
        )
