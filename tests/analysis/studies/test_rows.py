"""Rows and studies as files: what is refused when they are read, with the line."""

from __future__ import annotations

import pytest
from spikewatt.analysis.studies.study import read_row, read_study
from spikewatt.analysis.studies.study_file import StudyFile, Tolerance
from spikewatt.errors import SpikewattError

from .conftest import NAME, ROW


def test_the_row_of_the_tiny_study_is_read(tiny):
    row = read_row(tiny.file("mlp"), ["tiny_mlp"])
    assert row.row == "mlp"
    assert [cell.cell for cell in row.cells] == ["radix", "signed", "poisson"]
    assert [cell.code.name for cell in row.cells] == ["radix", "signed", "rate"]
    assert row.cells[2].counted_durations == [5, 20]


RADIX = "{code: radix, steps: 5, input_code: bitplane}"
REFUSED = [
    ("row: mlp", "row: other", r"mlp.yaml:1: row: is the name of the file; got other; .*mlp"),
    ("row: mlp\n", "", r"mlp.yaml:1: row: Field required; got nothing"),
    ("dataset:", "data:", r"mlp.yaml:3: data: unknown key; .*dataset"),
    ("dataset: digits", "dataset: imagenet", r"mlp.yaml:3: dataset: must name a data set; got 'im"),
    ("network: tiny_mlp", "network: mlp_84", r"mlp.yaml:4: network: must name a network .*mlp_48"),
    (
        "network: tiny_mlp",
        "network: x",
        r"mlp.yaml:4: network: .*; got 'x'; allowed: .* networks\)$",
    ),
    ("title: A", "kind: neuron\ntitle: A", r"mlp.yaml:2: kind: must name a kind of row"),
    ("images: 360", "images: 0", r"mlp.yaml:5: published.images: .*greater than or equal to 1"),
    ("percent: 90", "percent: 190", r"mlp.yaml:5: published.ann_accuracy_percent: .*equal to 100"),
    ("cell: radix", "cell: keras", r"mlp.yaml:7: cell: is another name .*; got keras"),
    ("cell: radix", "cell: signed", r"mlp.yaml:6: cells: each has a name of its own; got signed"),
    (RADIX, "{code: rdix}", r"mlp.yaml:8: convert.code: must be a known code; got 'rdix'"),
    (RADIX, "{code: radix, stepps: 5}", r"mlp.yaml:8: convert.stepps: is not an option"),
    (RADIX, "{code: radix, steps: 17}", r"mlp.yaml:8: convert.steps: must be .*; got 17; .*1..16"),
    (RADIX, "{code: rate}", r"durations: a code without an end is looked at after some steps"),
    (RADIX, RADIX + "\n    durations: [8]", r"durations: an exact code has its number of steps"),
    ("{points_below_ann: 2}", "{}", r"mlp.yaml:9: aim: asks for something; got nothing"),
    ("[4, 30]", "[4, 4]", r"durations: is a number of steps, each once; got \[4, 4\]"),
    ("[4, 30]", "[4, 0]", r"durations: is a number of steps, each once; got 0"),
    ("[5, 20]", "[5, 21]", r"published.accuracy_percent: steps are among the durations; got \[20"),
    ("    published: {accuracy_percent: {20: 99}, images: 300}\n", "", r"no `published`"),
    ("images: 50", "images: 50\n    images: 60", r"mlp.yaml:17: must be YAML; got key 'images'"),
    (ROW, "- a\n- b\n", r"mlp.yaml: holds keys with their values; got list"),
]


@pytest.mark.parametrize(("old", "new", "match"), REFUSED)
def test_a_row_that_breaks_a_law_is_refused_when_it_is_read(tiny, old, new, match):
    assert old in ROW
    tiny.file("mlp").write_text(ROW.replace(old, new, 1))
    read_study.cache_clear()
    with pytest.raises(SpikewattError, match=match) as caught:
        read_study(NAME)
    assert "\n" not in str(caught.value)


def test_an_exact_cell_has_one_published_figure(tiny):
    figures = "    published: {accuracy_percent: {4: 90, 8: 91}}\n"
    tiny.file("mlp").write_text(ROW.replace("    aim:", f"{figures}    aim:", 1))
    with pytest.raises(SpikewattError, match=r"one figure beside a cell .*; got \[4, 8\]"):
        read_row(tiny.file("mlp"), ["tiny_mlp"])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("title: A\n", r"study.yaml:1: source: Field required"),
        ("title: A\nsource: b\ntolerance: {points: 1}\n", r"study.yaml:3: tolerance.points: unk"),
        (
            "title: A\nsource: b\ntolerance: {accuracy_points: 50}\n",
            r"study.yaml:3: tolerance.accuracy_points: .*less than or equal to 5",
        ),
        (None, r"study.yaml: the file must exist; got no such file"),
    ],
)
def test_a_study_file_that_breaks_a_law_is_refused(tiny, text, match):
    path = tiny.folder / "study.yaml"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(SpikewattError, match=match):
        read_study(NAME)


def test_unknown_studies_and_rows_are_refused(tiny):
    with pytest.raises(SpikewattError, match=r"study: must name a study; got 'zou'; .*nobody_2026"):
        read_study("zou")
    with pytest.raises(SpikewattError, match="must name a row; got 'k9'; allowed: mlp"):
        tiny.run(rows=["k9"])
    assert not tiny.output.exists()


def test_a_row_is_chosen_once(tiny):
    study = read_study(NAME)
    assert len(study.chosen(["mlp", "mlp"])) == len(study.chosen(None)) == 1


def test_the_sentence_says_each_tolerance():
    tolerance = Tolerance(accuracy_points=0.25, counts_percent=1.5, energy_percent=3)
    said = StudyFile(title="A", source="b", tolerance=tolerance).tolerance.sentence("zou_2023")
    for words in ("study run zou_2023", "within 0.25 points", "within 1.5 %", "within 3 %"):
        assert words in said


def test_an_unknown_network_of_a_row_of_sizes_has_its_line(tmp_path):
    path = tmp_path / "sizes.yaml"
    text = (read_study("aizu_2024").folder / "rows" / "sizes.yaml").read_text()
    path.write_text(text.replace("network: mlp_48\n", "network: mlp48\n", 1))
    line = path.read_text().splitlines().index("    network: mlp48") + 1
    match = rf"sizes.yaml:{line}: network: must name .*; hint: did you mean 'mlp_48'\?"
    with pytest.raises(SpikewattError, match=match):
        read_row(path)


def test_files_of_keras_are_known_by_the_study_that_names_them():
    path = read_study("banbury_2021").folder / "rows" / "image_classification.yaml"
    assert read_row(path, ["resnet8"]).networks == ("resnet8",)
    with pytest.raises(SpikewattError, match="network: must name .*; got 'resnet8'"):
        read_row(path)
