"""What stands in the documents of the verbs: the types that their JSON Schema is made of.

A reader may count on every key that is named here; there may be more, and more columns.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Row = dict[str, Any]
Rows = list[Row]
OfRows = Field(description="one object per row; units stand in the names: energy_j, time_s, …")


class Data(BaseModel):
    """What a verb found."""

    model_config = ConfigDict(extra="allow")


class Table(Data):
    rows: Rows = OfRows


class Priced(Data):
    assumptions: list[str] = Field([], description="what is counted, what is not, where from")
    does_not_fit: dict[str, str] = Field({}, description="device -> the law that it breaks")


class PriceRow(Data):
    """One inference on a device: median, and 5th to 95th percentile."""

    device: str
    workload: str
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    time_s: float | None
    time_low_s: float | None
    time_high_s: float | None


class Verdict(Data):
    """Who takes less energy: the ratio is that of the first over the second."""

    first: str
    second: str
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: str


class Layer(Data):
    layer: str
    neurons: int
    spikes_per_inference: float | None
    firing_rate: float | None


class Ruled(Data):
    rules_sentence: str | None = None
    deciding_assumption: str | None = None
    deciding_ties: list[str] = []
    zeros_low: float | None = None
    zeros_high: float | None = None
    rules: Rows = []
    rule_assumptions: Rows = []
    rule_turns: Rows = []


class Run(Priced, Ruled):
    folder: str = Field(description="where everything else is")
    sentence: str = Field(description="the verdict, a line per tolerance")
    ann_accuracy: float = Field(description="share of the test samples that Keras gets right")
    snn_accuracy: float
    int8_accuracy: float | None = None
    matched_accuracy: float | None = None
    activation_bits: int | None = None
    agreement: float | None = None
    correlation: float | None = None
    samples: int
    steps: int
    network_hash: str
    engine: str
    best: Rows = []
    points: Rows = []
    layers: list[Layer]
    prices: list[PriceRow] = []
    verdicts: list[Verdict] = []
    pruning: Rows = []
    pruning_saved: float | None = None
    pruning_loss_points: float | None = None
    exit_accuracy: Rows = []
    exit_energy: Rows = []
    exit_time: Rows = []
    exit_saved_operations: float | None = None
    exit_lost_points: float | None = None


class Compare(Data):
    sentence: str = ""
    runs: Rows
    prices: Rows = []
    configuration: Rows = []


class Sweep(Data):
    sentence: str
    store: str
    rows: int
    priced: int
    simulated: int
    reused: int
    front: Rows
    failed: Rows = []
    sensitivity: Rows = []


class Plan(Data):
    """What a sweep would do (`--dry-run`)."""

    sentence: str
    network_points: int
    simulations: int
    known_from_before: int
    networks_to_train: int
    hardware_points: int
    points: int
    about: str
    seconds: float
    plan: Rows


class Populations(Table):
    agreement: float | None = None
    correlation: float | None = None


class Simulated(Data):
    rows: list[Layer]
    accuracy: float | None = None


class Estimated(Table):
    """What a simulation would take (`--dry-run`)."""

    samples: int
    steps: int
    synaptic_operations: float
    neuron_updates: float
    macs: float
    trace_bytes: float
    file_bytes: float
    activity: str
    auto: str


class Pruned(Priced):
    sentence: str
    network_hash: str
    saved: float
    loss_points: float
    rounds: Rows = []
    hardware: Rows = []
    test: Rows = []


class Quantised(Priced):
    sentence: str
    method: str
    lost_points: float
    saved_operations: float
    network_hash: str
    accuracy: Rows
    energy: Rows = []
    time: Rows = []


class Price(Priced, Ruled):
    sentence: str | None = None
    rows: list[PriceRow] = []
    components: Rows = []
    verdicts: list[Verdict] = []
    break_even: Rows = []
    tornado: Rows = []
    explain: Rows = []


class ZooRow(Data):
    """A trained network of the package."""

    network: str
    dataset: str
    accuracy: float = Field(description="share of the test images that Keras gets right")
    parameters: int
    macs: int
    description: str


class Zoo(Data):
    rows: list[ZooRow]


class Mapped(Table):
    area_m2: float | None = None


class Fitted(Priced, Table):
    misfits: Rows = []


class Devices(Table):
    microcontrollers: Rows = []


class Calibrated(Table):
    residuals: dict[str, float | None]
    condition_number: float | None
    from_prior: list[str]


class Validated(Table):
    silicon: Rows
    left_out: Rows


class Odin(Priced):
    rows: list[PriceRow]
    accuracy: float
    keras_accuracy: float | None
    counts: dict[str, float | None]


class VerifiedRow(Data):
    target: str
    what: str
    compared: int
    mismatches: int


class Verified(Data):
    rows: list[VerifiedRow]


class Synthesised(Data):
    reports: Rows
    notes: list[str] = []
    rows: Rows = []
    cells: Rows = []
    costs: Rows = []


class Studies(Data):
    studies: Rows


class StudyRun(Data):
    folder: str
    results: Rows
    differences: Rows


class StudyRow(Data):
    study: str
    row: str
    title: str
    different: str | None
    published: Any
    own: Any
    falls_short: bool
    shortfalls: Rows


class StudyTrained(Data):
    path: str
    accuracy: float
    published_accuracy: float
    epochs: int
    resumed_after: int


# Verb -> what stands in the data of its document.
OUTPUTS: dict[str, Any] = {
    "run": Run,
    "compare": Compare,
    "sweep": Sweep | Plan,
    "convert": Populations,
    "simulate": Estimated | Simulated,
    "diagnose": Table,
    "plot": Table,
    "export-nir": Populations,
    "import-nir": Populations,
    "prune": Pruned,
    "quantise": Quantised,
    "robustness": Table,
    "zoo": Zoo,
    "price": Price,
    "map": Mapped,
    "fit": Fitted,
    "devices": Devices,
    "calibrate": Calibrated,
    "validate": Validated,
    "firmware": Table,
    "study list": Studies,
    "study run": StudyRun,
    "study table": list[StudyRow],
    "study train": StudyTrained,
    "odin": Odin,
    "verify": Verified,
    "crosscheck": Table,
    "synth": Synthesised,
    "rtl": Table,
}


def envelope_of(verb: str, schema: str) -> type[BaseModel]:
    """The type of the document of `verb`."""
    from pydantic import create_model

    name = "".join(word.capitalize() for word in verb.replace("-", " ").split())
    this_schema: Any = Literal[schema]
    this_verb: Any = Literal[verb]
    return create_model(
        f"{name}Document",
        schema_=(this_schema, Field(alias="schema", description="of the document")),
        verb=(this_verb, ...),
        spikewatt=(str, Field(description="version of the package that printed it")),
        data=(OUTPUTS[verb], ...),
    )
