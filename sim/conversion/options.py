"""What a conversion is asked for: the one definition of its options.

`convert` takes them as keywords, the configuration of a run inherits them, and the command line is
made from them. Three words: *bits* are the width of a number, *levels* what one inference can
transmit, *steps* time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ...errors import (
    SpikewattError,
    first_fault,
    one_of,
    whole_number,
)
from ..network.codes import CODES, Code, code_named, names_of
from ..network.input_codes import (
    INPUT_CODES,
    InputCode,
    input_code_named,
)
from ..network.neurons import RESETS
from .graph.nodes import Node, ReluNode
from .reading.rules import ReadingRules
from .thresholds import METHODS, Method

READOUTS = ("membrane", "spikes")
NOT, BIAS, WEIGHTS = "none", "bias", "weights"
LAYER_BY_LAYER = (NOT, BIAS, WEIGHTS)
LARGEST_INPUT = 1e30
LARGEST_STEPS = 10_000  # simulated ones, under rate


class ConversionOptions(BaseModel):
    """The options of `convert`, checked; see the description of each field."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )

    code: str = Field(
        default="rate",
        description="how a value becomes spikes: rate (streaming), signed (streaming, with "
        "negative spikes, exact once settled), radix or sync_rate (exact)",
    )
    weight_bits: int = Field(
        default=8,
        description="width of the signed weights, 2..16",
    )
    input_levels: int = Field(
        default=255,
        description="levels of the integer input: what input_max becomes; 255 for 8-bit pixels",
    )
    input_max: float = Field(
        default=1.0,
        description="largest input value of the model; inputs lie in 0..input_max, for analog and "
        "signed_poisson in -input_max..input_max",
    )
    steps: int | dict[str, int] | None = Field(
        default=None,
        description="time steps in which a layer transmits a value: K of radix carry 2^K - 1 "
        "levels, L of sync_rate and signed carry L; one number, or a mapping from layer to number, "
        'whose key "" is the rest and "input" an if input. By default 5, 15 and 15, or what a '
        "layer was trained with. Not for rate, whose steps are simulated ones",
    )
    mean_steps: float | None = Field(
        default=None,
        description="steps that layers have on average: instead of steps, each layer gets its own, "
        "by how much its rounding moves the outputs on the calibration data. Not for rate",
    )
    input_code: str = Field(
        default="if",
        description="how inputs become spikes: if (a neuron integrates the pixel), bitplane (not "
        "under rate), analog (none: a host multiplies), or under rate an encoder: poisson, "
        "signed_poisson, exponential_poisson, resetting, constant, bursting, phase, rank_order",
    )
    per_channel: bool | None = Field(
        default=None,
        description="one unit of the weights per output channel; by default in all codes but rate",
    )
    bias_correction: int = Field(
        default=0,
        description="sweeps over the calibration data that move each channel's mean to that of the "
        "Keras layer, 0..100; in exact codes",
    )
    clip_per_channel: bool | None = Field(
        default=None,
        description="one clip, and so one threshold, per output channel, and not one per layer; by "
        "default where layer_by_layer calibrates",
    )
    layer_by_layer: str = Field(
        default="none",
        description="calibration of one layer after the other, against inputs that are quantised "
        "already, for few steps in exact codes: none, bias (clips and biases), or weights (these, "
        "and weights by least squares)",
    )
    method: InstanceOf[Method] | str = Field(
        default="least_error",
        description=f"how thresholds are chosen: {', '.join(METHODS)}, or in Python a Method of "
        "your own",
    )
    reset: str | None = Field(
        default=None,
        description="after a spike: subtract the threshold, or to zero (under rate); by default "
        "the method's own",
    )
    readout: str = Field(
        default="membrane",
        description="membrane (the output integrates) or spikes (the output fires and its spikes "
        "are counted)",
    )

    @classmethod
    def checked(cls, prefix: str, values: Mapping[str, Any]) -> Self:
        """The options in `values`.

        Parameters
        ----------
        prefix : str
            What an error says in front of the name of an option: ``"convert."``, ``"run.yaml: "``.
        values : mapping from name to value
            The options that are not to have their defaults.

        Raises
        ------
        SpikewattError : an unknown option, or one that breaks its law.
        """
        known = cls.model_fields
        if unknown := [name for name in values if name not in known]:
            where = f"{prefix}{unknown[0]}"
            raise SpikewattError(where, "is not an option", allowed=", ".join(known))

        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise _fault(prefix, error) from error

    # Laws of one option; `where` is completed by the prefix of `checked`.

    @field_validator("code", mode="before")
    @classmethod
    def _known_code(cls, value):
        return code_named("code", value).name

    @field_validator("input_code", mode="before")
    @classmethod
    def _known_input_code(cls, value):
        return input_code_named("input_code", value).name

    @field_validator("readout", mode="before")
    @classmethod
    def _known_readout(cls, value):
        return one_of("readout", "must be a known read-out", value, READOUTS)

    @field_validator("layer_by_layer", mode="before")
    @classmethod
    def _known_calibration(cls, value):
        law = "must be a known calibration"
        return one_of("layer_by_layer", law, value, LAYER_BY_LAYER)

    @field_validator("weight_bits", mode="before")
    @classmethod
    def _width(cls, value):
        law = "must be a width of signed weights"
        return whole_number("weight_bits", law, value, 2, 16)

    @field_validator("input_levels", mode="before")
    @classmethod
    def _number_of_levels(cls, value):
        law = "must be a number of input levels"
        return whole_number("input_levels", law, value, 1, 65535)

    @field_validator("bias_correction", mode="before")
    @classmethod
    def _number_of_sweeps(cls, value):
        law = "must be a number of sweeps"
        return whole_number("bias_correction", law, value, 0, 100)

    @field_validator("input_max", mode="before")
    @classmethod
    def _largest_input(cls, value):
        number = isinstance(value, int | float | np.floating | np.integer)
        if not (number and 1 / LARGEST_INPUT < value < LARGEST_INPUT):
            law = "must be the largest input value"
            raise SpikewattError("input_max", law, repr(value), "1e-30..1e30")
        return float(value)

    @field_validator("method", mode="before")
    @classmethod
    def _known_method(cls, value):
        law = "must name a method or be a Method"
        if not isinstance(value, Method | str):
            raise SpikewattError("method", law, repr(value), ", ".join(METHODS))
        return value if isinstance(value, Method) else one_of("method", law, value, METHODS)

    @field_validator("reset", mode="before")
    @classmethod
    def _known_reset(cls, value):
        if value is None:
            return None
        return str(one_of("reset", "must be a known reset", value, RESETS))

    @field_validator("steps", mode="before")
    @classmethod
    def _numbers_of_steps(cls, value, info: ValidationInfo):
        code = CODES.get(info.data.get("code", "rate"), CODES["rate"])
        largest = LARGEST_STEPS if code.bias_each_step else code.largest_steps

        def checked(where: str, steps: object) -> int:
            law = "must be a number of steps"
            return whole_number(where, law, steps, 1, largest)

        if isinstance(value, Mapping):
            return {str(name): checked(f"steps[{name!r}]", n) for name, n in value.items()}

        return value if value is None else checked("steps", value)

    @field_validator("mean_steps", mode="before")
    @classmethod
    def _number_of_mean_steps(cls, value):
        if value is None:
            return None
        number = isinstance(value, int | float | np.floating | np.integer)
        if isinstance(value, bool) or not (number and 1 <= value <= LARGEST_STEPS):
            law = "must be a mean of steps"
            raise SpikewattError("mean_steps", law, repr(value), f"1..{LARGEST_STEPS}")
        return float(value)

    # Laws of several options, by what the codes are.

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        self._check_input_code()
        self._check_steps()
        self._check_exact_and_streaming()
        self._check_method()
        self._check_calibration()
        self._check_mean_steps()

        return self

    def _check_input_code(self) -> None:
        if self.spike_input_code.drives(self.spike_code):
            return
        if self.spike_input_code.encoded:
            law = f"{self.input_code} drives a streaming rate"
            raise SpikewattError("input_code", law, self.code, "code='rate'")

        law = "under rate an input drives every step"
        allowed = "if, analog, an encoder"
        raise SpikewattError("input_code", law, self.input_code, allowed)

    def _check_steps(self) -> None:
        """The steps of a layer; a configuration in which they are simulated ones overrides it."""
        if self.spike_code.bias_each_step and self.steps is not None:
            law = "rate is simulated for any number of steps"
            raise SpikewattError("steps", law, self.steps, "simulate(steps=…)")

    def _check_exact_and_streaming(self) -> None:
        code = self.spike_code
        for name, asked in (
            ("bias_correction", self.bias_correction > 0),
            ("layer_by_layer", self.calibrates_in_order),
        ):
            if asked and not code.exact:
                exact = names_of(code for code in CODES.values() if code.exact)
                raise SpikewattError(name, "needs an exact code", self.code, exact)
        if self.readout == "spikes" and not code.streaming:
            law = "spikes of the output are counted in a streaming code"
            streaming = names_of(code for code in CODES.values() if code.streaming)
            raise SpikewattError("readout", law, self.code, streaming)

    def _check_method(self) -> None:
        rules = self.rules
        if self.code not in rules.codes:
            where = f"method {rules.name!r}"
            law = "is defined for some codes"
            raise SpikewattError(where, law, self.code, ", ".join(rules.codes))
        if rules.reset == "zero" and not self.spike_code.bias_each_step:
            law = "a reset to zero loses value, which only rate can bear"
            raise SpikewattError("reset", law, self.code, "code='rate'")
        if self.clip_by_channel and not rules.clip_rule.by_channel:
            law = f"method {rules.name!r} has one clip per layer"
            by_channel = ", ".join(m.name for m in METHODS.values() if m.clip_rule.by_channel)
            raise SpikewattError("clip_per_channel", law, True, f"False, or method {by_channel}")

    def _check_calibration(self) -> None:
        if not self.calibrates_in_order:
            return
        if self.rules.rule != "least_error" or not self.rules.half_start:
            law = f"{self.layer_by_layer!r} chooses clips by least error"
            raise SpikewattError(
                "layer_by_layer", law, f"method {self.rules.name!r}", "'least_error'"
            )
        if self.bias_correction:
            law = f"{self.layer_by_layer!r} corrects each bias when its layer's turn comes"
            raise SpikewattError("layer_by_layer", law, "bias_correction", "bias_correction=0")

    def _check_mean_steps(self) -> None:
        """A configuration may have simulated steps; of layers there is one word at a time."""
        if self.mean_steps is None:
            return
        code = self.spike_code
        if code.bias_each_step:
            limited = names_of(code for code in CODES.values() if not code.bias_each_step)
            law = "is shared out in a code whose layers have steps"
            raise SpikewattError("mean_steps", law, self.code, limited)
        if self.steps is not None:
            raise SpikewattError("mean_steps", "is given instead of steps", f"steps {self.steps}")
        if self.mean_steps > code.largest_steps:
            law = "must be a mean of steps"
            raise SpikewattError("mean_steps", law, self.mean_steps, f"1..{code.largest_steps}")

    # What the options say.

    @property
    def spike_code(self) -> Code:
        """The code, with its facts."""
        return CODES[self.code]

    @property
    def spike_input_code(self) -> InputCode:
        """The input code, with its facts."""
        return INPUT_CODES[self.input_code]

    @property
    def reading_rules(self) -> ReadingRules:
        """What the codes mean for the graph."""
        return ReadingRules.of(self.spike_code, self.spike_input_code)

    @property
    def rules(self) -> Method:
        """The method, looked up, with the reset that was asked for."""
        method = METHODS[self.method] if isinstance(self.method, str) else self.method
        if self.reset is None:
            return method
        return dataclasses.replace(method, reset=self.reset)

    @property
    def unit_per_channel(self) -> bool:
        """Whether each output channel has a unit of its own."""
        if self.per_channel is not None:
            return self.per_channel
        return not self.spike_code.bias_each_step

    @property
    def calibrates_in_order(self) -> bool:
        """Whether layers are calibrated one after the other."""
        return self.layer_by_layer != NOT

    @property
    def refits_weights(self) -> bool:
        """Whether weights are fitted to quantised inputs."""
        return self.layer_by_layer == WEIGHTS

    @property
    def clip_by_channel(self) -> bool:
        """Whether each output channel has a clip of its own."""
        if self.clip_per_channel is not None:
            return self.clip_per_channel
        return self.calibrates_in_order

    @property
    def counts_output_spikes(self) -> bool:
        """Whether the output fires."""
        return self.readout == "spikes"

    @property
    def largest_weight(self) -> int:
        """Magnitude of the largest weight."""
        return 2 ** (self.weight_bits - 1) - 1

    @property
    def input_unit(self) -> float:
        """Input value of one level."""
        return self.input_max / self.input_levels

    @property
    def lowest_input(self) -> float:
        """Smallest input value."""
        return -self.input_max if self.spike_input_code.takes_negative else 0.0

    def _steps_by_layer(self) -> dict[str, int]:
        if self.steps is None:
            return {}
        return self.steps if isinstance(self.steps, dict) else {"": self.steps}

    def check_layers(self, names: list[str]) -> None:
        """Raise unless every layer that `steps` names is one of `names`."""
        given = set(self._steps_by_layer())
        unknown = sorted(given - {"", "input", *names})
        if unknown:
            law = "must name layers that become populations"
            raise SpikewattError("convert.steps", law, unknown, ", ".join(names))

    def levels_of(self, node: Node) -> int:
        """L, the most that `node` transmits in one inference; 0 where there is no limit."""
        code = self.spike_code
        given = self._steps_by_layer()
        if code.bias_each_step:
            return 0

        trained = node.levels if isinstance(node, ReluNode) else 0
        if not trained or node.name in given or "" in given:
            steps = given.get(node.name, given.get("", code.default_steps))
            return code.levels(steps)

        if not code.transmits(trained):
            where = f"convert: layer {node.name!r}"
            law = "radix transmits 2^K - 1 levels"
            other = "code='sync_rate', or steps of your own"
            allowed = f"a layer trained with 1, 3, 7, 15, … levels, {other}"
            raise SpikewattError(where, law, trained, allowed)

        return trained


def _fault(prefix: str, error: ValidationError) -> SpikewattError:
    """The first fault that pydantic found, in the words of the law that was broken."""
    inner = error.errors()[0].get("ctx", {}).get("error")
    fault = inner if isinstance(inner, SpikewattError) else first_fault("", error)
    where = prefix + fault.where.removeprefix(": ")

    return SpikewattError(where, fault.law, fault.got, fault.allowed)
