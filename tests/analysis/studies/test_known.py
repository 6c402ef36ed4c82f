"""The table of the README: every row follows from committed files."""

from __future__ import annotations

from pathlib import Path

import pytest
import spikewatt
from spikewatt.analysis.studies.cells.prices import CORE
from spikewatt.analysis.studies.known.networks import HOST, KNOWN, NEWER, beside
from spikewatt.analysis.studies.known.table import (
    Found,
    accuracies,
    amount,
    found_of,
    known_sentence,
    known_table,
    verdict,
    why_not,
)
from spikewatt.analysis.studies.study import read_study
from spikewatt.errors import SpikewattError

README = Path(spikewatt.__file__).parent / "README.md"


def test_the_readme_holds_the_table_as_it_is():
    """Else: ``python -m spikewatt.analysis.studies.known.table``."""
    table = known_table()
    assert len(table.splitlines()) == len(KNOWN) + 2 > 12
    text = README.read_text("utf-8")
    assert table in text
    assert known_sentence() in " ".join(text.split())


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.title)
def test_a_network_has_prices_and_accuracies(known):
    found = found_of(known)
    assert found.prices
    assert len(found.lines) >= 3  # Keras, int8, spikes
    assert known.images == 0 or found.price(beside(HOST), "snn")
    assert known.images == 0 or found.price(NEWER, "int8_ann")


@pytest.mark.parametrize(
    "known", [one for one in KNOWN if one.images and one.study != "known"], ids=lambda k: k.title
)
def test_few_images_cost_what_the_study_found_on_all(known):
    """int8 is the same whatever the images; spikes on some are those on all within 10 %."""
    ours = found_of(known)
    theirs = Found(
        [line for line in read_study(known.study).committed().prices
         if (line["row"], line["cell"]) == (known.row, known.cell)], [],
    )  # fmt: skip
    assert energy(ours, HOST, "int8_ann") == pytest.approx(
        energy(theirs, HOST, "int8_ann"), rel=0.005
    )
    core = CORE if theirs.price(CORE, "snn") else beside(HOST)
    assert energy(ours, core, "snn") == pytest.approx(energy(theirs, core, "snn"), rel=0.1)


def energy(found: Found, device: str, workload: str) -> float:
    price = found.price(device, workload)
    assert price is not None
    return price["energy_j"]


def line(low: float, high: float) -> dict:
    return {"energy_j": (low + high) / 2, "energy_low_j": low, "energy_high_j": high}


def test_a_verdict_needs_ranges_that_are_apart():
    assert verdict(line(1, 2), line(3, 4)) == "win"
    assert verdict(line(3, 4), line(1, 2)) == "lose"
    assert verdict(line(1, 3), line(2, 4)) == verdict(line(1, 2), line(2, 4)) == "undecided"
    assert verdict(None, line(1, 2)) == "–"


def test_a_refusal_is_told_in_a_few_words():
    assert why_not("layer 'pool1': it integrates; got max_pool; allowed: average") == "max pools"
    assert why_not("axons_per_core >= 576 (no geometry of the parametric core)") == "too wide"
    both = "got snn: needs 9,000,000 of 2 flash_bytes; int8_ann: needs 4,438,328 of 2 flash_bytes"
    assert why_not(both) == "needs 4.4 MB"
    with pytest.raises(SpikewattError, match="has words for each refusal; got something new"):
        why_not("something new")


def test_an_energy_reads_in_its_unit():
    assert amount(line(1e-6, 3e-6)) == "2.00 µJ (1.00–3.00)"
    assert amount(line(1.0, 3.0)).startswith("2,000 mJ")


def test_where_nobody_knows_the_classes_agreement_is_told():
    known = next(one for one in KNOWN if "Autoencoder" in one.title)
    assert accuracies(known, found_of(known)).endswith(" as Keras")
