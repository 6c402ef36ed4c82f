"""TEMPORARY until the core lands: facts of codes and input codes."""

from dataclasses import dataclass

from ...errors import one_of
from ..network.encoders import ENCODERS, takes_more_than_one
from ..network.encoders import takes_negative as _tn


@dataclass(frozen=True)
class Code:
    name: str
    streaming: bool
    exact: bool
    doubles: bool
    bias_each_step: bool
    default_steps: int
    largest_steps: int

    def levels(self, steps):
        return 2**steps - 1 if self.doubles else 0 if self.bias_each_step else steps


CODES = {
    "rate": Code("rate", True, False, False, True, 0, 4096),
    "signed": Code("signed", True, False, False, False, 15, 4096),
    "radix": Code("radix", False, True, True, False, 5, 16),
    "sync_rate": Code("sync_rate", False, True, False, False, 15, 4096),
}


@dataclass(frozen=True)
class InputCode:
    name: str

    @property
    def encoded(self):
        return self.name in ENCODERS

    @property
    def integrates(self):
        return self.name == "if"

    @property
    def analog(self):
        return self.name == "analog"

    @property
    def doubles(self):
        return self.name == "bitplane"

    @property
    def takes_negative(self):
        return _tn(self.name)

    @property
    def worth_varies(self):
        return takes_more_than_one(self.name)


INPUT_CODES = {n: InputCode(n) for n in ("if", "bitplane", "analog", *ENCODERS)}


def code_named(where, x):
    return CODES[one_of(where, "must be a known code", x, CODES)]


def input_code_named(where, x):
    return INPUT_CODES[one_of(where, "must be a known input code", x, INPUT_CODES)]
