"""A row that is a network of a benchmark, with inputs of its own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from ....errors import SpikewattError, one_of
from ..benchmark.answers import ANSWERS, Answer, ClassAnswer
from ..benchmark.inputs.registry import SOURCES
from ..benchmark.inputs.source import Source
from ..row import Cell, Checked, NetworkName, Published, RowFile


class Inputs(Checked):
    """What the network is run on."""

    kind: str = Field(description="of benchmark/inputs")
    samples: int = Field(ge=1)
    calibration: int = Field(default=500, ge=1, description="others of the same kind")
    seed: int = Field(default=0, ge=0)

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        return str(one_of("inputs.kind", "must name a source of inputs", kind, SOURCES))

    @property
    def source(self) -> Source:
        """Where they come from."""
        return SOURCES[self.kind]


class Agrees(Checked):
    """How near a cell has to come to Keras; each that is given."""

    agreement_percent: float | None = Field(default=None, ge=0, le=100)
    score_correlation: float | None = Field(default=None, ge=-1, le=1, description="at least")
    score_error_percent: float | None = Field(default=None, ge=0, description="at most")


JUDGED_AIMS = {"accuracy_percent"}  # others ask for a labelled ANN, or are those of `agrees`


class BenchmarkCell(Cell):
    """One conversion; images and calibration are those of the row's inputs."""

    agrees: Agrees | None = None

    @model_validator(mode="after")
    def _takes_the_rows_inputs(self):
        own = {
            "images", "calibration", "durations", "shared_durations", "published", "within_points"
        }  # fmt: skip
        if given := sorted(own & self.model_fields_set):
            raise SpikewattError("cells", "have the inputs of their row", given[0], "none of these")
        return self

    @model_validator(mode="after")
    def _aims_are_judged(self):
        """An aim that nobody looks at would pass in silence."""
        asked = set() if self.aim is None else self.aim.model_fields_set
        if unknown := sorted(asked - JUDGED_AIMS):
            law = "is one that a row of a benchmark judges"
            allowed = f"{', '.join(sorted(JUDGED_AIMS))}; or `agrees`"
            raise SpikewattError("aim", law, unknown[0], allowed)
        return self


class BenchmarkRow(RowFile):
    """A network of a benchmark, whose measured boards stand beside ours."""

    kind: Literal["benchmark"] = "benchmark"
    benchmark: str = Field(description="its name among the measured rows: AD, IC, KWS, VWW")
    network: NetworkName = Field(description="of models/studied, or a file in --models-dir")
    inputs: Inputs
    answer: str = ClassAnswer.name
    input_max: float = Field(default=1.0, gt=0)
    published: Published = Published()
    cells: list[BenchmarkCell] = Field(min_length=1)
    verdict_of: str = Field(description="the cell whose prices stand beside the measured boards")

    @field_validator("answer")
    @classmethod
    def _known_answer(cls, answer: str) -> str:
        return str(one_of("answer", "must name a kind of answer", answer, ANSWERS))

    @field_validator("cells")
    @classmethod
    def _named_once(cls, cells: list[BenchmarkCell]) -> list[BenchmarkCell]:
        names = [cell.cell for cell in cells]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SpikewattError("cells", "each has a name of its own", twice[0])
        return cells

    @model_validator(mode="after")
    def _verdict_is_of_a_cell(self):
        names = [cell.cell for cell in self.cells]
        one_of("verdict_of", "must name a cell of the row", self.verdict_of, names)
        return self

    @property
    def dataset(self) -> str:
        """The labelled data set that it is run on; "" of inputs without labels."""
        return self.inputs.kind if self.inputs.source.labelled else ""

    @property
    def networks(self) -> tuple[str, ...]:
        """The one of the benchmark."""
        return (self.network,)

    @property
    def answers(self) -> Answer:
        """How outputs become answers."""
        return ANSWERS[self.answer]
