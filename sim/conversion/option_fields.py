"""The options of a conversion one by one: what each is, and the law of each alone.

Three words: *bits* are the width of a number, *levels* what one inference can transmit, *steps*
time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationInfo, field_validator

from ...errors import SpikewattError, one_of, whole_number
from ..network.codes import CODES, Code, code_named
from ..network.input_codes import INPUT_CODES, InputCode, input_code_named
from ..network.neurons import RESETS
from .thresholds import METHODS, Method

READOUTS = ("membrane", "spikes")
NOT, BIAS, WEIGHTS = "none", "bias", "weights"
LAYER_BY_LAYER = (NOT, BIAS, WEIGHTS)
LARGEST_INPUT = 1e30
LARGEST_STEPS = 10_000  # simulated ones, under rate


class OptionFields(BaseModel):
    """Each option with its description, its default and its own law."""

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

    # The laws; `where` is completed by the prefix of `ConversionOptions.checked`.

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

    # What they name.

    @property
    def spike_code(self) -> Code:
        """The code, with its facts."""
        return CODES[self.code]

    @property
    def spike_input_code(self) -> InputCode:
        """The input code, with its facts."""
        return INPUT_CODES[self.input_code]

    @property
    def rules(self) -> Method:
        """The method, looked up, with the reset that was asked for."""
        method = METHODS[self.method] if isinstance(self.method, str) else self.method
        if self.reset is None:
            return method
        return dataclasses.replace(method, reset=self.reset)

    @property
    def calibrates_in_order(self) -> bool:
        """Whether layers are calibrated one after the other."""
        return self.layer_by_layer != NOT

    @property
    def clip_by_channel(self) -> bool:
        """Whether each output channel has a clip of its own."""
        if self.clip_per_channel is not None:
            return self.clip_per_channel
        return self.calibrates_in_order
