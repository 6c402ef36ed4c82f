"""A row that compares sizes: networks placed on FPGAs, seed by seed, and mapped to cells."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ....errors import SpikewattError
from ..outcome import Outcome, Shortfall, Side
from ..places import Places
from ..results import Results
from ..row import Checked, RowFile


class SizedNetwork(Checked):
    """A conversion whose cores are synthesised."""

    run: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")
    network: str = Field(description="of models/studied, or of a file in --models-dir")
    convert: dict[str, Any] = Field(description="options of `convert`")
    steps: int | None = Field(default=None, ge=1, description="of a streaming code")


class SizeRow(RowFile):
    """Networks of several sizes on the same targets."""

    name: ClassVar[str] = "size"

    kind: Literal["size"]
    dataset: str
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
    def _names_agree(self):
        names = [run.run for run in self.runs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SpikewattError("runs", "each has a name of its own", twice[0])
        if self.pictured and (len(self.pictured) != 2 or not set(self.pictured) <= set(names)):
            law = "names two of the runs"
            raise SpikewattError("pictured", law, self.pictured, ", ".join(names))
        if self.pictured and self.pictured_on not in self.devices:
            law = "is one of the devices"
            raise SpikewattError("pictured_on", law, self.pictured_on, ", ".join(self.devices))
        for device, seeds in self.devices.items():
            if not 1 <= seeds <= 100:
                law = "is a number of placements"
                raise SpikewattError(f"devices {device}", law, seeds, "1..100")
        return self

    def run(self, study: str, places: Places) -> Results:
        """Simulate, synthesise, draw; ``sizes.csv`` and a picture come into the folder, too."""
        from ..hardware.run_sizes import run_size_row

        return run_size_row(study, self, places)

    def outcome(self, committed: Results) -> Outcome:
        """A line per network; nothing was published of them."""
        lines = {line["cell"]: line for line in committed.of_row(self.row)}
        sides, shortfalls, own = [], [], {}
        for run in self.runs:
            line = lines.get(run.run)
            if line is None:
                shortfalls.append(Shortfall(run.run, "is run", "everything"))
                continue
            priced = [
                price
                for price in committed.prices
                if (price["row"], price["cell"]) == (self.row, run.run) and not price["refused"]
            ]
            energies = {price["device"]: price["energy_j"] for price in priced}
            own[run.run] = {
                "accuracy_percent": 100 * line["accuracy"],
                "ann_accuracy_percent": 100 * line["ann_accuracy"],
                "images": line["images"],
                "energy_per_inference_j": energies,
            }
            side = Side(
                run.run,
                line["steps"],
                ann_percent=100 * line["ann_accuracy"],
                own_percent=100 * line["accuracy"],
                images=line["images"],
                operations=line["synaptic_operations_per_image"],
            )
            sides.append(side)

        published: dict[str, Any] = {}
        return Outcome(self.row, self.title, published, own, tuple(sides), tuple(shortfalls))
