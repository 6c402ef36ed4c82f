"""What ``study.yaml`` says of a study: whose it is, and how well ours comes out again."""

from __future__ import annotations

from pydantic import Field

from .row import Checked


class Tolerance(Checked):
    """By how much a rerun may differ where the converted network is another.

    Spikes are integers: of an equal network (`network_hash`) every count and answer is equal, on
    every machine. Another machine's floating point may place a threshold of the conversion, or an
    answer of Keras, one step further.
    """

    accuracy_points: float = Field(default=0.5, ge=0, le=5, description="points of percent")
    counts_percent: float = Field(default=0.5, ge=0, le=10, description="of spikes, operations")
    energy_percent: float = Field(default=0.5, ge=0, le=10, description="of joules and seconds")

    def sentence(self, study: str) -> str:
        """What the README of the study says of it."""
        return (
            f"`spikewatt study run {study}` gives these numbers again: to the image and the spike "
            "where the converted network is the same (`network_hash`); where another machine's "
            f"floating point makes another network, accuracies within {self.accuracy_points:g} "
            f"points, spikes and operations within {self.counts_percent:g} %, energies and times "
            f"within {self.energy_percent:g} %."
        )


class StudyFile(Checked):
    """The file of a study."""

    title: str = Field(description="what a reader calls it, at most a line")
    source: str = Field(description="authors, title, where and when")
    address: str = Field(default="", description="doi:… or https://…")
    tolerance: Tolerance = Tolerance()
    keras_files: list[str] = Field(
        default_factory=list,
        description="networks of its rows that are no studied ones, but NAME.keras in --models-dir",
    )
