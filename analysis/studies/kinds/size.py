"""A row that compares sizes: networks placed on FPGAs, seed by seed, and mapped to cells."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from ....errors import SpikewattError
from ..row import Cell, Checked, DatasetName, NetworkName, RowFile

MOST_SEEDS = 100


class SizedNetwork(Checked):
    """A conversion whose cores are synthesised."""

    run: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    network: NetworkName = Field(description="of models/studied, or a file in --models-dir")
    convert: dict[str, Any] = Field(description="options of `convert`")
    steps: int | None = Field(default=None, ge=1, description="of a streaming code")
    devices: dict[str, int] | None = Field(default=None, description="in place of those of the row")

    def as_cell(self, calibration: int) -> Cell:
        """The conversion as a cell of a row of networks, with `calibration` training images."""
        durations = [] if self.steps is None else [self.steps]
        return Cell(
            cell=self.run, convert=self.convert, calibration=calibration, durations=durations
        )


class SizeRow(RowFile):
    """Networks of several sizes on the same targets."""

    kind: Literal["size"] = "size"
    dataset: DatasetName
    runs: list[SizedNetwork] = Field(min_length=1)
    devices: dict[str, int] = Field(description="FPGA -> seeds of its placer, 1 to that number")
    libraries: list[str] = Field(
        default_factory=list, description="files of cell libraries, in the folder $SPIKEWATT_PDK"
    )
    images: int = Field(default=1000, ge=1, description="test images, the first ones")
    calibration: int = Field(default=500, ge=1, description="training images, the first ones")
    pictured: list[str] = Field(
        default_factory=list, description="two runs whose placements are drawn side by side"
    )
    pictured_on: str = Field(default="LFE5U-45F", description="the FPGA of the picture")

    @model_validator(mode="after")
    def _can_be_run(self):
        for run in self.runs:
            run.as_cell(self.calibration)
        names = [run.run for run in self.runs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SpikewattError("runs", "each has a name of its own", twice[0])
        if self.pictured and (len(self.pictured) != 2 or not set(self.pictured) <= set(names)):
            law = "names two of the runs"
            raise SpikewattError("pictured", law, self.pictured, ", ".join(names))
        if self.pictured and self.pictured_on not in self.devices:
            law = "is one of the devices"
            raise SpikewattError("pictured_on", law, self.pictured_on, ", ".join(self.devices))
        for devices in (self.devices, *(run.devices or {} for run in self.runs)):
            for device, seeds in devices.items():
                if not 1 <= seeds <= MOST_SEEDS:
                    law = "is a number of placements"
                    raise SpikewattError(f"devices {device}", law, seeds, f"1..{MOST_SEEDS}")
        return self

    @property
    def networks(self) -> tuple[str, ...]:
        """Those of its runs."""
        return tuple(run.network for run in self.runs)
