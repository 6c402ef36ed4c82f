"""What a run is asked to spare: planes, synapses, and the rest of an inference that is sure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from ...errors import SpikewattError, whole_number
from ...sim.network.codes import CODES, Code, names_of
from ...sim.network.population import MOST_BITS


class SpareOptions(BaseModel):
    """Keys of a configuration; what is done by them is in `spare`."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    planes: int | dict[str, int] | None = Field(
        default=None,
        description="radix: most significant planes that a layer sends, in the file also a mapping "
        "from layer to planes; by default all",
    )
    prune_points: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="points of percent that the network may lose on validation images by pruning; "
        "0: it is not pruned",
    )
    prune_epochs: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="passes over the training data after each round of pruning",
    )
    exit_points: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="points of percent that may be lost where an inference ends once it is sure: "
        "under rate and signed after a step, under radix after its first planes; 0: none does",
    )

    def check_planes(self, names: list[str]) -> None:
        """Raise unless every layer that `planes` names is one of `names`."""
        given = self.planes if isinstance(self.planes, dict) else {}
        unknown = sorted(set(given) - set(names))
        if unknown:
            law = "names layers that become populations"
            raise SpikewattError("planes", law, ", ".join(unknown), ", ".join(names))

    def check_spared(self, code: Code) -> None:
        """Raise where a network of `code` cannot spare what was asked."""
        if self.planes is not None:
            if not code.doubles:
                doubling = names_of(each for each in CODES.values() if each.doubles)
                raise SpikewattError("planes", "are bits of a value", f"code {code}", doubling)
            given = self.planes.values() if isinstance(self.planes, dict) else [self.planes]
            for number in given:
                whole_number("planes", "is a number of planes", number, 1, MOST_BITS)
        if self.exit_points and code.exact and not code.doubles:
            able = names_of(each for each in CODES.values() if each.doubles or each.streaming)
            law = "ends a code that has an answer before its end"
            raise SpikewattError("exit_points", law, f"code {code}", able)
        if self.prune_epochs and not self.prune_points:
            law = "trains after rounds of pruning"
            raise SpikewattError("prune_epochs", law, "prune_points 0", "prune_points above 0")
