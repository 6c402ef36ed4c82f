"""What a conversion is asked for, checked before any work."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ..network.codes import CODES
from ..network.encoders import ENCODERS
from ..network.input_codes import INPUT_CODES
from ..network.neurons import RESETS
from .thresholds import METHODS, Method

EXACT_CODES = tuple(name for name, code in CODES.items() if code.exact)
STREAMING_CODES = tuple(name for name, code in CODES.items() if code.streaming)
DEFAULT_STEPS = {"rate": 0, "signed": 15, "sync_rate": 15, "radix": 5}
READOUTS = ("membrane", "spikes")
LARGEST_STEPS = {"radix": 16}


@dataclass(frozen=True)
class Recipe:
    """The options of `convert`, under the same names; see there.

    `trained` holds the levels of layers that were trained with a clip; they are theirs unless `steps` says otherwise.
    """

    code: str = "rate"
    weight_bits: int = 8
    input_levels: int = 255
    input_max: float = 1.0
    steps: int | Mapping[str, int] | None = None
    input_code: str = "if"
    per_channel: bool | None = None
    bias_correction: int = 0
    method: Method | str = "least_error"
    reset: str | None = None
    readout: str = "membrane"
    trained: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        one_of("convert.code", "must be a known code", self.code, CODES)
        one_of("convert.input_code", "must be a known input code", self.input_code, INPUT_CODES)
        one_of("convert.readout", "must be a known read-out", self.readout, READOUTS)
        if self.code == "rate" and self.input_code == "bitplane":
            raise SpikewattError(
                "convert.input_code",
                "under rate an input drives every step",
                self.input_code,
                "if, analog, an encoder",
            )
        if self.code != "rate" and self.input_code in ENCODERS:
            raise SpikewattError(
                "convert.input_code",
                f"{self.input_code} drives a streaming rate",
                self.code,
                "code='rate'",
            )
        for name, law, low, high in (
            ("weight_bits", "must be a width of signed weights", 2, 16), ("input_levels", "must be a number of input levels", 1, 65535),
            ("bias_correction", "must be a number of sweeps", 0, 100),
        ):  # fmt: skip
            object.__setattr__(
                self, name, whole_number(f"convert.{name}", law, getattr(self, name), low, high)
            )
        if not (
            isinstance(self.input_max, int | float | np.floating | np.integer)
            and 1e-30 < self.input_max < 1e30
        ):
            raise SpikewattError(
                "convert.input_max",
                "must be the largest input value",
                repr(self.input_max),
                "1e-30..1e30",
            )
        if self.code == "rate" and self.steps is not None:
            raise SpikewattError(
                "convert.steps",
                "rate is simulated for any number of steps",
                self.steps,
                "simulate(steps=…)",
            )
        if self.bias_correction and self.code not in EXACT_CODES:
            raise SpikewattError(
                "convert.bias_correction", "needs an exact code", self.code, ", ".join(EXACT_CODES)
            )
        if self.readout == "spikes" and self.code not in STREAMING_CODES:
            raise SpikewattError(
                "convert.readout",
                "spikes of the output are counted in a streaming code",
                self.code,
                ", ".join(STREAMING_CODES),
            )
        if not isinstance(self.method, Method | str):
            raise SpikewattError(
                "convert.method",
                "must name a method or be a Method",
                repr(self.method),
                ", ".join(METHODS),
            )
        if isinstance(self.method, str):
            one_of("convert.method", "must name a method or be a Method", self.method, METHODS)
            object.__setattr__(self, "method", METHODS[self.method])
        if self.code not in self.rules.codes:
            raise SpikewattError(
                f"convert.method {self.rules.name!r}",
                "is defined for some codes",
                self.code,
                ", ".join(self.rules.codes),
            )
        if self.reset is not None:
            one_of("convert.reset", "must be a known reset", self.reset, RESETS)
            object.__setattr__(self, "method", dataclasses.replace(self.rules, reset=self.reset))
        if self.rules.reset == "zero" and self.code != "rate":
            raise SpikewattError(
                "convert.reset",
                "a reset to zero loses value, which only rate can bear",
                self.code,
                "code='rate'",
            )
        for name, value in self._by_layer().items():
            where = f"convert.steps[{name!r}]" if name else "convert.steps"
            whole_number(
                where, "must be a number of steps", value, 1, LARGEST_STEPS.get(self.code, 4096)
            )
        if self.per_channel is None:
            object.__setattr__(self, "per_channel", self.code != "rate")

    @property
    def rules(self) -> Method:
        """The method, looked up."""
        assert isinstance(self.method, Method)
        return self.method

    @property
    def largest_weight(self) -> int:
        """Magnitude of the largest weight."""
        return 2 ** (self.weight_bits - 1) - 1

    def _by_layer(self) -> dict[str, int]:
        if self.steps is None:
            return {}
        return dict(self.steps) if isinstance(self.steps, Mapping) else {"": self.steps}

    def check_layers(self, names: list[str]) -> None:
        """Raise unless every layer that `steps` names is one of `names`."""
        if unknown := set(self._by_layer()) - {"", "input", *names}:
            raise SpikewattError(
                "convert.steps",
                "must name layers that become populations",
                sorted(unknown),
                ", ".join(names),
            )

    def levels(self, name: str) -> int:
        """L of population `name`; 0 where there is no limit."""
        if self.code == "rate":
            return 0
        given = self._by_layer()
        if name in self.trained and name not in given and "" not in given:
            levels = self.trained[name]
            if self.code == "radix" and levels & (levels + 1):
                allowed = "a layer trained with 1, 3, 7, 15, … levels, code='sync_rate', or steps of your own"
                raise SpikewattError(
                    f"convert: layer {name!r}", "radix transmits 2^K - 1 levels", levels, allowed
                )
            return levels
        known = given.get(name, given.get("", DEFAULT_STEPS[self.code]))
        return 2**known - 1 if self.code == "radix" else known
