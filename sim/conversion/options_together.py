"""The options of a conversion together: which of them go with which codes, and with each other."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from ...errors import SpikewattError
from ..network.codes import CODES, names_of
from .option_fields import OptionFields
from .thresholds import METHODS


class FittingOptions(OptionFields):
    """Options that fit together, by what the codes are."""

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
