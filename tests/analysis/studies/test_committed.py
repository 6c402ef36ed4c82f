"""Every study that is committed: rows that were run, equal in ANNarchy, known networks."""

from __future__ import annotations

import re

import pytest
from spikewatt.analysis.studies.comparison import compare
from spikewatt.analysis.studies.kinds.network import NetworkRow
from spikewatt.analysis.studies.results import PRICES, RESULTS
from spikewatt.analysis.studies.row import ANNARCHY_IMAGES, INT8, KERAS, Published
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import README, read_study, study_names
from spikewatt.analysis.studies.table import as_objects, chosen_outcomes, studies
from spikewatt.models.studied.catalogue import studied, studied_names

NAMES = study_names()
NOT_RUN = "not run"
TEST_IMAGES = {"mnist": 10_000, "cifar10": 10_000}


def test_there_are_studies_with_rows():
    assert len(NAMES) >= 4
    assert sum(len(read_study(name).rows) for name in NAMES) > 40
    assert len(set(NAMES)) == len(NAMES)


@pytest.fixture(params=NAMES)
def study(request):
    return read_study(request.param)


def network_rows(study) -> list[NetworkRow]:
    return [row for row in study.rows if isinstance(row, NetworkRow)]


def readme(study) -> str:
    return " ".join((study.folder / README).read_text(encoding="utf-8").split())


def test_the_readme_states_the_tolerance(study):
    """Each of its numbers, with its unit, as ``study.yaml`` has them."""
    allowed, text = study.file.tolerance, readme(study)
    stated = [f"{allowed.accuracy_points:g} points"]
    stated += [f"{each:g} %" for each in (allowed.counts_percent, allowed.energy_percent)]
    for words in stated:
        hint = f"README.md could say: {allowed.sentence(study.name)}"
        assert re.search(rf"\bwithin {re.escape(words)}", text), hint


def test_the_committed_tables_are_written_to_the_same_bytes(study, tmp_path):
    """Law: a run of one row leaves the lines of the others as they are."""
    study.committed().write(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {RESULTS, PRICES} <= written.keys()
    assert written == {name: (study.folder / name).read_bytes() for name in written}


def said_not_run(study, row: str) -> bool:
    """Whether a paragraph of the README names the row, and says that it, or a part, was not run."""
    paragraphs = (study.folder / README).read_text(encoding="utf-8").split("\n\n")
    return any(f"`{row}`" in text and NOT_RUN in text.lower() for text in paragraphs)


def test_every_row_was_run_or_the_readme_says_that_it_was_not(study):
    committed = study.committed()
    for row in network_rows(study):
        asked = {(cell.cell, steps) for cell in row.cells for steps in cell.durations}
        asked |= {(cell.cell, None) for cell in row.cells}
        lines = committed.of_row(row.row)
        found = {(line["cell"], at) for line in lines for at in (line["steps"], None)}
        missing = asked - found
        assert not missing or said_not_run(study, row.row), (row.row, missing)


def test_every_cell_gave_the_spikes_of_annarchy(study):
    committed = study.committed()
    for row in network_rows(study):
        cells = {cell.cell: cell for cell in row.cells}
        for line in committed.of_row(row.row):
            if line["cell"] in cells:
                assert line["annarchy_equal"] is True, line
                assert line["annarchy_images"] >= min(ANNARCHY_IMAGES, line["images"]), line


def test_every_line_is_on_as_many_images_as_its_row_asks_for(study):
    committed = study.committed()
    for row in network_rows(study):
        lines = committed.of_row(row.row)
        everything = TEST_IMAGES[row.dataset]
        cells = {cell.cell: cell for cell in row.cells}
        for line in lines:
            if line["cell"] == KERAS:
                assert line["images"] == everything, row.row
            elif cell := cells.get(line["cell"]):
                assert line["images"] == min(cell.images, everything), (row.row, cell.cell)
                assert cell.images >= (500 if cell.durations else everything)
                assert line["network_hash"]


def test_shares_lie_in_their_intervals(study):
    for line in study.committed().lines:
        for middle, low, high in (
            ("accuracy", "accuracy_low", "accuracy_high"),
            ("ann_accuracy", "ann_low", "ann_high"),
        ):
            if line[middle] is not None:
                assert 0 <= line[low] <= line[middle] <= line[high] <= 1, line


def test_prices_have_energies_in_their_ranges_or_a_reason(study):
    committed = study.committed()
    known = {(line["row"], line["cell"], line["steps"]) for line in committed.lines}
    known |= {(line["row"], INT8, None) for line in committed.lines if line["cell"] == KERAS}
    for price in committed.prices:
        assert (price["row"], price["cell"], price["steps"]) in known
        if price["refused"]:
            assert price["energy_j"] is None, price
        else:
            assert 0 < price["energy_low_j"] <= price["energy_j"] <= price["energy_high_j"], price


def test_networks_and_published_figures(study):
    for row in network_rows(study):
        if row.network in studied_names():
            assert studied(row.network).dataset == row.dataset, row.row
        else:  # a file of others, which the README says to put there
            assert f"`{row.network}`" in readme(study), row.row
        assert isinstance(row.published, Published)
        for cell in row.cells:
            figures = cell.published.accuracy_percent if cell.published else {}
            assert all(0 <= percent <= 100 for percent in figures.values()), row.row


def test_the_table_has_an_object_per_row(study):
    objects = as_objects(chosen_outcomes(studies([study.name])))
    assert [each["row"] for each in objects] == [row.row for row in study.rows]
    for each in objects:
        assert {"study", "row", "published", "own", "falls_short"} <= each.keys()
        assert each["falls_short"] is bool(each["shortfalls"])


# One row each of three studies, whose weights come with the package: a network of MNIST with
# negative spikes, a small one with several sizes of weights, and a convolutional one of CIFAR-10.
RERUN = [("zou_2023", "k0_sparse"), ("aizu_2024", "mlp-48"), ("siristol_2025", "cifar-v4")]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "row"), RERUN)
def test_a_row_runs_again_from_end_to_end(name, row, tmp_path, shared_data):
    """Its committed numbers come out again, within the tolerance that its README states."""
    study = read_study(name)
    committed = study.committed()
    assert committed.of_row(row)

    found = run_study(name, [row], data_dir=shared_data, output=tmp_path)
    assert all(line["annarchy_equal"] for line in found.lines if line["network_hash"])
    compared = compare(study, found, committed)
    assert compared.lines >= len(committed.of_row(row)) > 1
    assert not compared.beyond, "\n".join(map(str, compared.beyond))
    assert (compared.new, compared.other_images) == (0, 0)
