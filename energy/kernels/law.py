"""The law of an int8 network's cycles: what costs cycles, times what each costs.

    cycles = c_dense · MACs_dense + c_conv · MACs_conv + c_output · outputs + c_element · elements

per stack, which is a kernel library on a core. Depthwise and pointwise MACs count as conv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

FITTED = ("cycles_per_mac_dense", "cycles_per_mac_conv", "cycles_per_output")
ELEMENT = "cycles_per_pool_element"
# What is counted -> the card value that prices it.
PRICED_BY = MappingProxyType(
    {
        "mac_dense": "cycles_per_mac_dense",
        "mac_conv": "cycles_per_mac_conv",
        "outputs": "cycles_per_output",
        "elements": ELEMENT,
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


def work(layers: Sequence[Int8Layer]) -> dict[str, int]:
    """What `layers` do that costs cycles; the keys are those of PRICED_BY.

    MACs of dense layers, MACs of conv, pointwise and depthwise layers, outputs, elements. Reshape
    and softmax cost none.

    >>> work([Int8Layer("fc", "dense", 640, 10, 0, 640, 10, 64, 10)])
    {'mac_dense': 640, 'mac_conv': 0, 'outputs': 10, 'elements': 0}
    """
    done = dict.fromkeys(PRICED_BY, 0)
    for layer in layers:
        counted_as = OPERATORS[layer.kind].macs
        if counted_as:
            done[counted_as] += layer.macs
        done["outputs"] += layer.outputs
        done["elements"] += layer.elements
    return done


def predict(coefficients: Mapping[str, float], done: Mapping[str, float]) -> float:
    """Cycles of one inference by the law of this module.

    Parameters
    ----------
    coefficients : mapping of float
        Card value -> cycles per event; the keys are FITTED and ELEMENT.
    done : mapping of float
        As of `work`.

    Examples
    --------
    >>> each = dict.fromkeys((*FITTED, ELEMENT), 2.0)
    >>> predict(each, {"mac_dense": 640, "mac_conv": 0, "outputs": 10, "elements": 0})
    1300.0
    """
    return sum(coefficients[key] * done[what] for what, key in PRICED_BY.items())
