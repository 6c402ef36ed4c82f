"""The ANNarchy study: its table is whole, and what was found holds what its rows ask for."""

from __future__ import annotations

import io

import numpy as np
import pytest
from pydantic import ValidationError
from spikewatt.analysis.studies.annarchy.asked import (
    OURS_BESIDE,
    OWN_CONVERTER,
    PublishedClasses,
)
from spikewatt.analysis.studies.annarchy.pictures import samples_picture
from spikewatt.analysis.studies.annarchy.steps_picture import steps_picture
from spikewatt.analysis.studies.comparison import compare
from spikewatt.analysis.studies.kinds.network import NetworkRow
from spikewatt.analysis.studies.row import KERAS, Cell
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes

STUDY = "siristol_2025"
# The table of the study's repository: its notebooks, and its pictures of samples.
TABLE = {
    "notebook",
    *(f"mnist-{name}" for name in ("1", "2", "v3", "v4", "v5", "v6", "samples")),
    *(f"cifar-v{number}" for number in (*range(1, 10), *range(12, 18), *range(19, 26))),
    *("cifar-resnet", "cifar-vgg", "cifar-samples"),
}
OF_OURS = {"cifar-resnet20"}  # rows that the study does not have
WHOLE = 10_000  # test images


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY)


@pytest.fixture(scope="module")
def networks(study):
    return [row for row in study.rows if isinstance(row, NetworkRow)]


def _committed(study) -> dict[tuple[str, str], list]:
    lines: dict[tuple[str, str], list] = {}
    for line in study.committed().lines:
        lines.setdefault((line["row"], line["cell"]), []).append(line)
    return lines


def test_the_table_has_its_33_rows(study):
    assert len(TABLE) == 33
    assert {row.row for row in study.rows} == TABLE | OF_OURS


def test_every_row_that_was_run_reaches_its_aims_or_says_why_not(study):
    run = {line["row"] for line in study.committed().lines}
    found = [outcome for outcome in outcomes(study) if outcome.row in run]
    assert len(found) >= 30
    unexplained = {
        outcome.row: [str(each) for each in outcome.shortfalls if not each.explained]
        for outcome in found
        if any(not each.explained for each in outcome.shortfalls)
    }
    assert unexplained == {}


def test_every_row_of_a_network_asks_for_its_aim(networks):
    """0.3 points on MNIST and 0.5 on CIFAR-10, with at most 6 steps in each layer."""
    for row in networks:
        exact = [cell for cell in row.cells if cell.aim is not None]
        assert len(exact) == 1, row.row
        most = 0.3 if row.dataset == "mnist" else 0.5
        assert exact[0].aim.points_below_ann == most, row.row
        assert exact[0].convert["code"] == "radix", row.row
        assert exact[0].convert["steps"] <= 6, row.row


def test_published_batch_norm_and_depth_are_beaten_by_far(study, networks):
    """Where theirs falls to chance, ours stays beside its ANN."""
    committed = _committed(study)
    fell = ("mnist-2", "cifar-v2", "cifar-v14", "cifar-v15", "cifar-resnet")
    for row in (row for row in networks if row.row in fell):
        published = [cell.published for cell in row.cells if cell.published is not None]
        theirs = max(published[0].accuracy_percent.values())
        ours = 100 * committed[row.row, "default"][0]["accuracy"]
        assert ours > theirs + 20, row.row
        assert ours > row.published.ann_accuracy_percent - 0.1, row.row


def test_rows_of_one_network_have_one_exact_network(study, networks):
    committed = _committed(study)
    for network, rows in (("annarchy_cnn", 5), ("vgg_like_dropout", 6)):
        same = [row for row in networks if row.network == network]
        assert len(same) == rows
        hashes = {committed[row.row, "default"][0]["network_hash"] for row in same}
        assert len(hashes) == 1, network


def test_annarchys_own_converter_stands_beside_ours_on_the_same_images(study, networks):
    committed = _committed(study)
    asked = [row for row in networks if row.own_converter is not None]
    assert len(asked) >= 3
    for row in asked:
        if (row.row, OWN_CONVERTER) not in committed:  # optional: minutes for each row
            assert f"`{row.row}`" in (study.folder / "README.md").read_text("utf-8")
            continue
        theirs, ours = committed[row.row, OWN_CONVERTER][0], committed[row.row, OURS_BESIDE][0]
        assert theirs["images"] == ours["images"] == row.own_converter.images
        assert theirs["steps"] == row.own_converter.steps
        assert theirs["ann_accuracy"] == ours["ann_accuracy"]
        assert ours["accuracy"] >= theirs["accuracy"], row.row


def test_the_report_of_classes_adds_up_to_the_accuracies(study):
    import pandas as pd

    report = pd.read_csv(study.folder / "classes.csv")
    committed = _committed(study)
    assert set(report["cell"]) == {KERAS, "default", "rate"}
    for cell in (KERAS, "default"):
        of_cell = report[report["cell"] == cell]
        right = (of_cell["recall"] * of_cell["samples"]).sum() / of_cell["samples"].sum()
        line = committed["notebook", cell][0]
        assert right == pytest.approx(line["accuracy"], abs=1e-5)
        assert of_cell["samples"].sum() == WHOLE

    beside = report[report["cell"] == "rate"]
    assert beside["samples"].sum() == 300
    theirs = (beside["published_recall"] * beside["samples"]).sum() / 300
    assert theirs == pytest.approx(0.9767, abs=0.002)  # as the notebook prints, from two digits


def test_a_report_has_a_share_of_each_kind_per_class():
    with pytest.raises(ValidationError, match="share per class"):
        PublishedClasses(cell="rate", images=300, precision=[1.0, 1.0], recall=[1.0, 1.0, 1.0])


def test_a_report_of_an_unknown_cell_is_refused(networks):
    row = next(row for row in networks if row.classes is not None)
    content = row.model_dump()
    content["classes"]["cell"] = "raet"
    with pytest.raises(ValidationError, match=r"classes\.cell.*rate"):
        NetworkRow.model_validate(content)


def test_shared_durations_hold_the_own_ones():
    cell = {"cell": "rate", "convert": {"code": "rate"}, "durations": [400]}
    with pytest.raises(ValidationError, match="shared_durations"):
        Cell.model_validate(cell | {"shared_durations": [200, 300]})
    shared = Cell.model_validate(cell | {"shared_durations": [400, 200]})
    assert shared.counted_durations == [200, 400]


def test_the_picture_of_samples_has_a_row_per_class():
    images = [np.zeros((3, 4, 4, 1)), np.zeros((2, 4, 4, 1))]
    fig = samples_picture(images, ["zero", "one"])
    assert len(fig.axes) == 6
    assert [ax.get_ylabel() for ax in fig.axes if ax.get_ylabel()] == ["zero", "one"]


def test_the_picture_of_steps_shows_theirs_and_ours(study, networks):
    fig = steps_picture(networks, study.committed(), {"annarchy_cnn": "The notebook's CNN"})
    assert len(fig.axes) == 1
    legend = fig.axes[0].get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert any(label.startswith("theirs") for label in labels)
    lines = {line.get_label(): line for line in fig.axes[0].get_lines()}
    theirs = next(line for label, line in lines.items() if label.startswith("theirs"))
    assert list(theirs.get_xdata()) == [200, 300, 400, 1000, 2000]
    assert list(theirs.get_ydata()) == [62.67, 67.0, 66.33, 68.33, 68.33]
    fig.savefig(io.BytesIO())


@pytest.mark.slow
def test_a_row_of_mnist_run_again_gives_the_committed_results(study, shared_data, tmp_path):
    found = run_study(STUDY, ["mnist-1"], data_dir=shared_data, output=tmp_path)
    compared = compare(study, found, study.committed())
    assert compared.lines >= 4
    assert not compared.beyond, "\n".join(map(str, compared.beyond))
