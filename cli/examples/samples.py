"""The sample files that come with the package, and what each is for."""

from __future__ import annotations

from pathlib import Path

DOCUMENTS = Path(__file__).parents[2] / "docs"
SCHEMA = "configuration.schema.json"  # made of the program itself, not stored

# File below the documents -> the line that takes it.
SAMPLES = {
    "examples/my.npz": "images of your own: spikewatt run --dataset my.npz --network mlp-64-48-10",
    "examples/my.yaml": "a configuration: spikewatt run my.yaml",
    "space.yaml": "a space of designs: spikewatt sweep space.yaml --dry-run",
    "examples/readings.csv": "readings of a board: spikewatt calibrate readings.csv --device "
    "stm32u575 -o mine.yaml",
    "examples/my_counts.csv": "spikes per layer of a network that ran elsewhere: spikewatt price "
    "--counts my_counts.csv --device loihi",
    "examples/keyword_spotter.json": "the same as JSON: spikewatt price --counts "
    "keyword_spotter.json --device loihi",
    "examples/loihi_scaling_0.json": "a network measured on Loihi, without layers between",
    "examples/loihi_scaling_10.json": "the same with ten layers between",
    "examples/spinnaker_full_spiking.json": "loads measured on SpiNNaker: all neurons spike",
    "examples/spinnaker_inter_O2O.json": "one-to-one connections",
    "examples/spinnaker_inter_random.json": "random connections",
    "examples/spinnaker_inter_s2A.json": "some to all",
    "examples/spinnaker_non_spiking.json": "neurons that do not spike",
}


def samples() -> dict[str, tuple[bytes, str]]:
    """Name in a reader's folder -> (content, what it is for)."""
    found = {
        Path(name).name: ((DOCUMENTS / name).read_bytes(), about) for name, about in SAMPLES.items()
    }
    return {**found, SCHEMA: (_schema(), "what my.yaml may hold; editors complete its keys by it")}


def _schema() -> bytes:
    from ..document.schemas import as_text, configuration_schema

    return as_text(configuration_schema()).encode()
