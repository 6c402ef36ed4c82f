"""Input codes: how pixels enter a network.

Those that are not encoders compute their spikes on every engine, or send none.
"""

from __future__ import annotations

from .codes import Code, Radix, Rate
from .encoders import ENCODERS, InputCode
from .named import by_name, named


class If(InputCode):
    """An input neuron adds the integer pixel at each step and fires.

    Layer 1 costs synaptic operations.
    """

    name = "if"
    integrates = True

    def speaks(self, code: Code) -> bool:
        """The spikes of a rate."""
        return code == Rate()


class Bitplane(InputCode):
    """The bits of the pixel are its spikes, most significant first."""

    name = "bitplane"
    doubles = True

    def drives(self, code: Code) -> bool:
        """Not ``rate``, whose inputs drive every step."""
        return not code.bias_each_step

    def speaks(self, code: Code) -> bool:
        """The spikes of radix."""
        return code == Radix()


class Analog(InputCode):
    """A host multiplies the first layer in real arithmetic, and is charged for it."""

    name = "analog"
    analog = True
    takes_negative = True


INPUT_CODES: dict[str, InputCode] = {**by_name((If(), Bitplane(), Analog())), **ENCODERS}


def input_code_named(where: str, code: str | InputCode) -> InputCode:
    """The input code that `code` is or names; raises SpikewattError for any other."""
    return named(where, "must be a known input code", code, INPUT_CODES)
