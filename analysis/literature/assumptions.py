"""The assumptions in which rules differ, as columns: five, and on which silicon both sides are."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum


class Unit(StrEnum):
    """What is counted."""

    NEURON = "spikes per neuron"
    SYNAPSE = "spikes per synapse"
    STEP = "spikes per step"
    STEPS = "steps"
    JOULES = "joules"
    OPERATIONS = "operations"


class WeightFetch(StrEnum):
    """Where a weight comes from, which decides what it costs."""

    FREE = "free"
    SRAM = "SRAM"
    DRAM = "DRAM"
    CARD = "as its card says"


class Reuse(StrEnum):
    """How often the dense side uses a weight that it fetched."""

    NONE = "none"
    BOUNDS = "none to all"
    LAYER = "once per layer"
    LIBRARY = "as its kernels do"
    NOT_ASKED = "not asked"


class Bits(StrEnum):
    """Whether activations of the dense side carry what T steps carry."""

    MATCHED = "matched"
    BUDGET = "8 x 8 bits"
    EIGHT = "8 bits"
    NOT_MATCHED = "not matched"


class State(StrEnum):
    """Which costs of spikes beside synapses are charged."""

    NOTHING = "neither"
    STATE = "state"
    ROUTING = "routing"
    BOTH = "state and routing"


class Silicon(StrEnum):
    """Whether both sides are one technology, as all rules of the literature assume."""

    ONE = "the same"
    TWO = "two devices"


@dataclass(frozen=True)
class Assumptions:
    """What a rule takes for granted.

    Parameters
    ----------
    unit : Unit
    weight_fetch : WeightFetch
    reuse : Reuse
    bits : Bits
    state : State
    silicon : Silicon, default the same
    inferred : tuple of str, default ()
        Columns that what was read does not say: taken from the form of the rule.
    """

    unit: Unit
    weight_fetch: WeightFetch
    reuse: Reuse
    bits: Bits
    state: State
    silicon: Silicon = Silicon.ONE
    inferred: tuple[str, ...] = ()


# Field -> what it is called in a sentence.
SAID = {
    "unit": "what is counted",
    "weight_fetch": "what a weight fetch costs",
    "reuse": "whether the dense side uses a weight again",
    "bits": "whether bits are matched",
    "state": "whether state and routing are charged",
    "silicon": "the silicon of both sides",
}
COLUMNS = tuple(field.name for field in fields(Assumptions) if field.name != "inferred")
