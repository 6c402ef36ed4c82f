"""Law: figures of others stand beside our cells, and our ANN must not be below theirs unsaid."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from spikewatt.analysis.studies.kinds.network import NetworkRow
from spikewatt.analysis.studies.kinds.published_only import PublishedOnly, PublishedOnlyRow
from spikewatt.analysis.studies.peers.outcome import published_only_outcome
from spikewatt.analysis.studies.results import Results
from spikewatt.analysis.studies.study import read_study

THEIRS = {"accuracy_percent": {2: 73.2}, "ann_accuracy_percent": 91.0, "source": "a table"}
FILE = {
    "row": "theirs",
    "title": "Theirs",
    "dataset": "cifar10",
    "network": "ResNet-20",
    "needs": "training",
    "published": THEIRS,
}
LINE = {
    "row": "ours",
    "cell": "radix",
    "steps": 48,
    "steps_per_layer": 2,
    "images": 10_000,
    "accuracy": 0.9065,
    "ann_accuracy": 0.9065,
    "synaptic_operations_per_image": 17e6,
}


def file_of(**changed) -> PublishedOnlyRow:
    return PublishedOnlyRow.model_validate(FILE | changed)


def test_a_cell_stands_beside_and_the_weaker_ann_is_said():
    found = published_only_outcome(file_of(beside=["ours/radix"]), Results([LINE]))
    assert [side.cell for side in found.sides] == ["theirs: ANN", "theirs: T=2", "ours/radix"]
    assert found.own["beside"]["ours/radix"]["accuracy_percent"] == pytest.approx(90.65)
    (short,) = found.shortfalls
    assert (short.cell, short.by) == ("ours/radix", "0.35 points")

    better = LINE | {"ann_accuracy": 0.92}
    assert not published_only_outcome(file_of(beside=["ours/radix"]), Results([better])).falls_short


def test_a_cell_that_was_not_run_is_missing():
    found = published_only_outcome(file_of(beside=["ours/other"]), Results([LINE]))
    (short,) = found.shortfalls
    assert short.law == "has a cell of ours beside it that was run"
    one_of_two = file_of(
        beside=["ours/other", "ours/radix"], published=THEIRS | {"ann_accuracy_percent": 90}
    )
    assert not published_only_outcome(one_of_two, Results([LINE])).falls_short


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"published": THEIRS | {"source": ""}}, "says where it was published"),
        ({"beside": ["ours"]}, "names a cell of a row"),
    ],
)
def test_a_row_says_where_from_and_beside_what(changed, match):
    with pytest.raises(ValidationError, match=match):
        file_of(**changed)


def test_every_cell_beside_a_committed_figure_exists():
    study = read_study("bu_2022")
    named = [place for each in study.rows for place in getattr(each, "beside", [])]
    assert len(named) > 20
    for place in named:
        name, cell = place.split("/")
        row = study.row(name)
        assert isinstance(row, NetworkRow)
        assert cell in {each.cell for each in row.cells}, place


def test_what_is_recalled_says_so():
    rows = [each for each in read_study("bu_2022").rows if isinstance(each, PublishedOnlyRow)]
    assert len(rows) >= 10
    assert {each.published.recalled for each in rows} == {True, False}
    assert PublishedOnly.model_fields["recalled"].default is False
