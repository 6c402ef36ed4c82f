"""The schema of a trace's header: names and types, before a number of it is used."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...errors import first_fault

LARGEST = 2**62
LONGEST_NAME = 100
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Positive = Annotated[int, Field(ge=1, le=LARGEST)]
Width = Annotated[int, Field(ge=2, le=128)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Shape = Annotated[list[Positive], Field(min_length=1, max_length=8)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ExecutedEntry(_Entry):
    """A layer of the ANN that was merged."""

    name: str
    kind: Name
    macs: Count
    outputs: Count
    parameters: Count
    live_macs: Count | None = None


class LayerEntry(_Entry):
    """As of `LayerSummary.as_json`."""

    pre: Name
    post: Name
    kind: Name
    post_kind: Name
    pre_shape: Shape
    post_shape: Shape
    geometry: list | None
    synapses: Count
    nonzero_synapses: Count
    macs: Count
    parameters: Count
    fan_in: Count
    pooled: list | None = None
    host_macs: Count = 0
    branch: Positive = 1
    mixed_axons: Count = 0
    executed: list[ExecutedEntry] | None = None


class SettingsEntry(_Entry):
    """As of `RunSettings.as_json`."""

    engine: Name
    code: Name
    input_code: Name
    steps: Annotated[int, Field(ge=1, le=2**31)]
    windows: dict[Name, list[Count | list[Positive]]]
    weight_bits: Annotated[int, Field(ge=2, le=16)]
    seed: Count | None = None
    lost_spikes: Annotated[float, Field(ge=0, le=1)] = 0.0
    wakes_in_time: bool = False
    counts_output_spikes: bool = False
    resets: Annotated[list[Name], Field(min_length=1)] = ["subtract"]
    state_bits: Width
    needed_state_bits: Width
    outputs: dict[Name, list[Count]]


class Header(_Entry):
    """All of it."""

    network_hash: Digest
    data_hash: Digest
    settings: SettingsEntry
    neurons: dict[Name, Positive]
    layers: Annotated[list[LayerEntry], Field(min_length=1)]


def checked_header(values: Any) -> dict:
    """`values` as they stand, if they have the names and types of a header.

    Raises
    ------
    SpikewattError
        The first that does not.
    """
    try:
        Header.model_validate(values)
    except ValidationError as error:
        raise first_fault("header", error) from error
    return values
