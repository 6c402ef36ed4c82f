"""What a conversion is asked for: the one definition of its options.

`convert` takes them as keywords, the configuration of a run inherits them, and the command line is
made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError

from ...errors import SpikewattError, first_fault
from .graph.nodes import Node, ReluNode
from .option_fields import WEIGHTS
from .options_together import FittingOptions
from .reading.rules import ReadingRules


class ConversionOptions(FittingOptions):
    """The options of `convert`, checked; see the description of each field."""

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

    # What the options say.

    @property
    def reading_rules(self) -> ReadingRules:
        """What the codes mean for the graph."""
        return ReadingRules.of(self.spike_code, self.spike_input_code)

    @property
    def unit_per_channel(self) -> bool:
        """Whether each output channel has a unit of its own."""
        if self.per_channel is not None:
            return self.per_channel
        return not self.spike_code.bias_each_step

    @property
    def refits_weights(self) -> bool:
        """Whether weights are fitted to quantised inputs."""
        return self.layer_by_layer == WEIGHTS

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
