"""The law of an int8 network's cycles: what costs cycles, times what each costs.

    cycles = c_dense · MACs_dense + c_conv · MACs_conv + c_output · outputs + c_element · elements
             + c_layer · layers + c_inference

per stack, which is a kernel library on a core. Depthwise and pointwise MACs count as conv. What a
layer and an inference cost besides is not fitted (`overhead.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from ...errors import SpikewattError

FITTED = ("cycles_per_mac_dense", "cycles_per_mac_conv", "cycles_per_output")
ELEMENT = "cycles_per_pool_element"
LAYER = "cycles_per_layer"
INFERENCE = "cycles_per_inference"
# What is counted -> the card value that prices it.
PRICED_BY = MappingProxyType(
    {
        "mac_dense": "cycles_per_mac_dense",
        "mac_conv": "cycles_per_mac_conv",
        "outputs": "cycles_per_output",
        "elements": ELEMENT,
        "layers": LAYER,
        "inferences": INFERENCE,
    }
)


@dataclass(frozen=True)
class Operator:
    """What an int8 operator costs and makes.

    Parameters
    ----------
    name : str
        Its kind.
    macs : str, default ""
        What its MACs count as; "" for one that multiplies nothing.
    elements : str, default ""
        Which elements it touches one by one, those of its ``input`` or ``output``; "" for none.
    keeps_elements : bool, default False
        Whether it has as many outputs as inputs.
    makes_tensor : bool, default True
        Whether its output needs memory of its own.
    """

    name: str
    macs: str = ""
    elements: str = ""
    keeps_elements: bool = False
    makes_tensor: bool = True


DENSE = Operator("dense", macs="mac_dense")
CONV = Operator("conv", macs="mac_conv")
DEPTHWISE = Operator("depthwise", macs="mac_conv")
ADD = Operator("add", elements="input", keeps_elements=True)  # of one input: once per sum
POOL = Operator("pool", elements="input")
ELEMENTWISE = Operator("elementwise", elements="output")
RESHAPE = Operator("reshape", keeps_elements=True, makes_tensor=False)
SOFTMAX = Operator("softmax", keeps_elements=True)
OPERATORS = {
    operator.name: operator
    for operator in (DENSE, CONV, DEPTHWISE, ADD, POOL, ELEMENTWISE, RESHAPE, SOFTMAX)
}


@dataclass(frozen=True)
class Int8Layer:
    """One layer of an int8 network, in counts.

    Parameters
    ----------
    name : str
    kind : str
        One of OPERATORS.
    macs : int
        Multiply-accumulates, those at padded borders counted in full.
    outputs : int
        Outputs of a dense, conv or depthwise layer, requantised one by one; 0 for other kinds.
    elements : int
        Elements of the input of an add (of one of its two: each is touched once per sum) or
        pool, and of the output of an elementwise layer; 0 for other kinds.
    weights, biases : int
        To be stored.
    input_elements, output_elements : int
        Sizes of its tensors.
    live_macs : int, optional
        MACs that are left once dead channels and what feeds only them are removed; by default
        all of them.

    Raises
    ------
    SpikewattError
        More live MACs than MACs, or fewer than none.
    """

    name: str
    kind: str
    macs: int
    outputs: int
    elements: int
    weights: int
    biases: int
    input_elements: int
    output_elements: int
    live_macs: int | None = None

    def __post_init__(self):
        if self.live_macs is None:
            object.__setattr__(self, "live_macs", self.macs)
        elif not 0 <= self.live_macs <= self.macs:
            raise SpikewattError(
                f"layer {self.name}: live_macs",
                "are MACs of the layer",
                self.live_macs,
                f"0..{self.macs}",
            )

    def computed_macs(self, prunes: bool = False) -> int:
        """MACs that a kernel library computes, which leaves dead channels out if it `prunes`."""
        return cast(int, self.live_macs) if prunes else self.macs


def layer_work(layer: Int8Layer, prunes: bool = False) -> dict[str, int]:
    """What one layer does that costs cycles; the keys are those of PRICED_BY.

    Its MACs, those of dense layers apart from those of conv, pointwise and depthwise layers; its
    outputs and elements; and that it is a layer. A reshape is none: nothing is called for it.
    A library that `prunes` computes live MACs only; outputs are counted in full either way.
    """
    done = dict.fromkeys(PRICED_BY, 0)
    operator = OPERATORS[layer.kind]
    if operator.macs:
        done[operator.macs] = layer.computed_macs(prunes)
    done["outputs"] = layer.outputs
    done["elements"] = layer.elements
    done["layers"] = int(operator.makes_tensor)
    return done


def work(layers: Sequence[Int8Layer], prunes: bool = False) -> dict[str, int]:
    """What one inference of `layers` does that costs cycles: theirs, and that it is one.

    Parameters
    ----------
    layers : sequence of Int8Layer
    prunes : bool, default False
        Whether the kernel library leaves dead channels out.

    Examples
    --------
    >>> work([Int8Layer("fc", "dense", 640, 10, 0, 640, 10, 64, 10)])["mac_dense"]
    640
    """
    done = dict.fromkeys(PRICED_BY, 0)
    for layer in layers:
        for what, count in layer_work(layer, prunes).items():
            done[what] += count
    done["inferences"] = 1
    return done


def predict(coefficients: Mapping[str, float], done: Mapping[str, float]) -> float:
    """Cycles of one inference by the law of this module.

    Parameters
    ----------
    coefficients : mapping of float
        Card value -> cycles per event; the keys are those that PRICED_BY names.
    done : mapping of float
        As of `work`.

    Examples
    --------
    >>> each = dict.fromkeys(PRICED_BY.values(), 2.0)
    >>> predict(each, work([Int8Layer("fc", "dense", 640, 10, 0, 640, 10, 64, 10)]))
    1304.0
    """
    return sum(coefficients[key] * done[what] for what, key in PRICED_BY.items())
