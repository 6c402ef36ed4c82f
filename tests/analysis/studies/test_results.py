"""Tables as files: a round trip, rows that replace rows; a rerun beside what was committed."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.analysis.studies import kept as keeping
from spikewatt.analysis.studies.comparison import compare
from spikewatt.analysis.studies.kept import fingerprint, kept, source_fingerprint
from spikewatt.analysis.studies.other_files import OTHER_FILES, compare_others, read_others
from spikewatt.analysis.studies.results import (
    MEASURE_COLUMNS,
    PRICE_COLUMNS,
    RESULT_COLUMNS,
    Results,
    read_results,
)
from spikewatt.analysis.studies.study import FOLDER, Study
from spikewatt.analysis.studies.study_file import StudyFile, Tolerance
from spikewatt.errors import SpikewattError, SpikewattWarning

TOLERANCE = Tolerance(accuracy_points=0.5, counts_percent=1, energy_percent=2)


def line(**more) -> dict:
    known = {
        "study": "s",
        "row": "r",
        "cell": "a",
        "code": "radix",
        "steps": 13,
        "steps_per_layer": 5,
        "images": 1000,
        "ann_accuracy": 0.971,
        "accuracy": 0.97,
        "agreement": 0.99,
        "spikes_per_image": 749.217,
        "synaptic_operations_per_image": 34229.179,
        "annarchy_images": 20,
        "annarchy_equal": True,
        "seed": 0,
        "network_hash": "7f1c",
        "spikewatt": "0.1.0",
        "tensorflow": "2.21.0",
    }
    return dict.fromkeys(RESULT_COLUMNS) | known | more


def price(**more) -> dict:
    known = {
        "study": "s",
        "row": "r",
        "cell": "a",
        "steps": 13,
        "device": "stm32l4r5",
        "priced_as": "stm32l4r5",
        "workload": "snn",
        "energy_j": 4.3e-5,
    }
    return dict.fromkeys(PRICE_COLUMNS) | known | more


def results() -> Results:
    refused = price(
        device="core", priced_as=None, workload=None, energy_j=None, refused="too large"
    )
    keras = line(cell="keras", code=None, steps=None, steps_per_layer=None, agreement=None)
    measure = dict(zip(MEASURE_COLUMNS, ("s", "r", "a", "score", 0.5), strict=True))
    return Results([keras, line()], [price(), price(device="odin", cores=4), refused], [measure])


def test_what_is_written_is_read(tmp_path):
    results().write(tmp_path)
    found = read_results(tmp_path)
    assert found == results()
    found.write(tmp_path / ".." / tmp_path.name)
    assert read_results(tmp_path) == results()


numbers = st.floats(1e-12, 1e9).map(lambda value: float(f"{value:.9g}"))


@settings(deadline=None, max_examples=20)
@given(energies=st.lists(st.none() | numbers, min_size=1, max_size=4))
def test_any_energies_are_read_as_written(tmp_path_factory, energies):
    folder = tmp_path_factory.mktemp("results")
    prices = [price(energy_j=energy_j, steps=steps) for steps, energy_j in enumerate(energies)]
    Results([line()], prices).write(folder)
    assert read_results(folder).prices == prices


def test_nothing_is_read_where_nothing_is(tmp_path):
    assert read_results(tmp_path) == Results()


def test_results_without_their_prices_are_warned_of(tmp_path):
    results().write(tmp_path)
    (tmp_path / "prices.csv").unlink()
    with pytest.warns(SpikewattWarning, match="prices.csv: is missing beside results.csv"):
        assert read_results(tmp_path).lines == results().lines


def test_rows_replace_those_of_their_name_in_every_table():
    newer = results()
    newer.lines[1] = line(accuracy=0.5)
    older = results()
    older.add(Results([line(row="other")], [price(row="other")]))
    whole = older.replaced_by(newer)
    assert whole.of_row("r") == newer.lines
    assert len(whole.of_row("other")) == 1
    assert [found["row"] for found in whole.prices] == ["other", "r", "r", "r"]
    assert whole.measures == newer.measures


def test_other_columns_are_refused(tmp_path):
    (tmp_path / "results.csv").write_text("study,row\ns,r\n")
    match = r"results.csv: has the columns of this table; got study, row; allowed: study, row, cell"
    with pytest.raises(SpikewattError, match=match):
        read_results(tmp_path)


def _with_a_word(folder) -> None:
    (folder / "results.csv").write_text(
        (folder / "results.csv").read_text().replace("0.97,", "much,")
    )


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "results.csv").mkdir(), "is a table of a study; got a folder"),
        (lambda folder: (folder / "results.csv").write_text(""), "is a table of a study; got No"),
        (
            lambda folder: (folder / "results.csv").write_bytes(b"\xff\xfe\x80"),
            "is a table of a study; got 'utf-8' codec",
        ),
        (_with_a_word, ": accuracy: holds numbers; got much"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, spoil, said):
    if spoil is _with_a_word:
        results().write(tmp_path)
    spoil(tmp_path)
    with pytest.raises(SpikewattError, match=f"results.csv:? ?{said}"):
        read_results(tmp_path)


@pytest.mark.parametrize(
    ("changed", "got"), [({"row": "gone"}, "nobody_2026, gone"), ({"study": "zou"}, "zou, mlp")]
)
def test_lines_of_other_rows_and_studies_are_refused(tiny, changed, got):
    tiny.output.mkdir()
    Results([line(study="nobody_2026", row="mlp") | changed]).write(tiny.output)
    match = f"results.csv: holds rows of the study nobody_2026 alone; got {got}; allowed: mlp"
    with pytest.raises(SpikewattError, match=match):
        tiny.run()
    assert not (tiny.output / "kept").exists()


# ------------------------------------------------------------------ what is kept


def test_work_that_was_asked_for_is_done_once(tmp_path):
    done = []

    def work() -> dict:
        done.append(1)
        return {"a": [1, 2.5, None], "b": "µ"}

    for _ in range(3):
        assert kept(tmp_path / "kept", "part", {"seed": 1}, work) == {"a": [1, 2.5, None], "b": "µ"}
    assert len(done) == 1
    kept(tmp_path / "kept", "part", {"seed": 2}, work)
    kept(tmp_path / "kept", "other", {"seed": 2}, work)
    assert len(done) == 3


SPOILT = ["", "{", "{}", "[]", "null", '{"part": {"a": 2}}', '{"a": 1}']


@pytest.mark.parametrize("spoilt", [*SPOILT, None])
def test_a_spoilt_part_is_warned_of_and_made_again(tmp_path, spoilt):
    """None: one digit of a whole file is another one."""
    for _ in range(2):
        assert kept(tmp_path, "part", {"seed": 1}, lambda: {"a": 17}) == {"a": 17}
        (path,) = tmp_path.iterdir()
        path.write_text(path.read_text().replace("17", "19") if spoilt is None else spoilt)
        with pytest.warns(SpikewattWarning, match="is computed again; got a spoilt file"):
            assert kept(tmp_path, "part", {"seed": 1}, lambda: {"a": 17}) == {"a": 17}


def test_a_part_that_other_code_computed_is_made_again(tmp_path, monkeypatch):
    kept(tmp_path, "part", {"seed": 1}, lambda: {"a": 1})
    monkeypatch.setattr(keeping, "source_fingerprint", lambda: "other code")
    assert kept(tmp_path, "part", {"seed": 1}, lambda: {"a": 2}) == {"a": 2}


def test_the_code_that_computes_is_known_by_its_bytes(tmp_path, monkeypatch):
    """Modules, kernels and values count; rows, tables and pages do not."""
    counts = ("sim/a.py", "sim/engines/b.h", "energy/data/c.json", "analysis/studies/cells/d.py")
    others = (
        "analysis/studies/x_2000/results.csv",
        "analysis/studies/shown/e.py",
        "analysis/report/f.py",
        "models/studied/data/networks.yaml",
        "models/studied/weights/g.npz",
    )
    for name in (*counts, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(keeping, "ROOT", tmp_path)
    monkeypatch.setattr(keeping, "NETWORKS", tmp_path / "models" / "studied" / "data")
    of_files = keeping.source_fingerprint.__wrapped__

    seen = [of_files()]
    for name in counts:
        (tmp_path / name).write_text("2")
        seen.append(of_files())
    assert len(set(seen)) == len(counts) + 1
    for name in others:
        (tmp_path / name).write_text("2")
    assert of_files() == seen[-1]
    assert of_files() != source_fingerprint()


def test_a_fingerprint_is_of_type_shape_and_content(random):
    array = random.integers(0, 9, (4, 6))
    others = [array.astype("int32"), array.reshape(6, 4), array + (array == array.max())]
    found = {fingerprint(each) for each in (array, *others)}
    assert len(found) == 4
    assert fingerprint(array.T) == fingerprint(array.T.copy())


# ------------------------------------------------------------------ a rerun


def study(tmp_path) -> Study:
    return Study("s", tmp_path, StudyFile(title="S", source="b", tolerance=TOLERANCE), ())


def changed(which: str, **values) -> Results:
    own = results()
    lines = getattr(own, which)
    lines[-1 if which == "lines" else 0] = dict(lines[-1 if which == "lines" else 0]) | values
    return own


def test_the_same_numbers_are_as_committed(tmp_path):
    own = results()
    own.lines = [dict(found) | {"spikewatt": "9.9", "accuracy": found["accuracy"] * (1 + 1e-10)}
                 for found in own.lines]  # fmt: skip
    compared = compare(study(tmp_path), own, results())
    assert not compared.differences
    assert str(compared) == "6 lines are as committed"


OTHER = {"network_hash": "beef"}


@pytest.mark.parametrize(
    ("which", "values", "within"),
    [
        ("lines", {"accuracy": 0.971}, False),  # an equal network answers equally
        ("lines", {"spikes_per_image": 749.218}, False),
        ("lines", {"accuracy": 0.975, **OTHER}, True),
        ("lines", {"accuracy": 0.9651, **OTHER}, True),
        ("lines", {"accuracy": 0.9649, **OTHER}, False),
        ("lines", {"ann_accuracy": 0.975}, True),
        ("lines", {"ann_accuracy": 0.978}, False),
        ("lines", {"agreement": 0.986}, True),
        ("lines", {"spikes_per_image": 756.0, **OTHER}, True),
        ("lines", {"spikes_per_image": 757.0, **OTHER}, False),
        ("lines", {"synaptic_operations_per_image": None}, False),
        ("lines", {"annarchy_equal": False}, False),
        ("lines", {"steps_per_layer": 4}, False),
        ("prices", {"energy_j": 4.38e-5}, True),
        ("prices", {"energy_j": 4.39e-5}, False),
        ("prices", {"energy_j": None}, False),
        ("prices", {"cores": 2}, False),
        ("measures", {"value": 0.504}, True),
        ("measures", {"value": 0.506}, False),
    ],
)
def test_a_number_that_differs_is_told_and_held_against_the_tolerance(
    tmp_path, which, values, within
):
    own = changed(which, **values)
    compared = compare(study(tmp_path), own, results())
    (difference,) = compared.differences
    name = next(iter(values))
    assert difference.column == ("value" if which == "measures" else name)
    assert difference.own == values[name]
    assert difference.within is within
    assert len(compared.beyond) == (not within)
    place = "within" if within else "beyond"
    assert f"; {place} the tolerance" in str(difference)
    assert "1 number differs" in str(compared)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "2 lines are as committed"),
        ({"accuracy": 0.904}, "2 lines compared .*: 1 number differs, 0 of them beyond"),
        ({"accuracy": 0.91}, "2 lines compared .*: 1 number differs, 1 of them beyond"),
        ({"spikes": 1100}, "2 lines compared .*: 1 number differs, 1 of them beyond"),
        ({"images": 20}, "1 line is as committed; 1 line not compared"),
        ({"step": 3}, "1 line compared .*; 1 line of cells of which nothing is committed"),
        ({"row": "other"}, "1 line compared .*: 1 number differs, 1 of them beyond"),
    ],
)
def test_files_beside_the_tables_are_compared_by_what_tells_their_lines(tmp_path, changed, said):
    steps = [
        {"row": "r", "step": step, "images": 100, "accuracy": 0.9, "spikes": 1000}
        for step in (1, 2)
    ]
    lines = {"own": [steps[0] | changed, steps[1]], "committed": steps}
    found = {}
    for name, content in lines.items():
        (tmp_path / name).mkdir()
        pd.DataFrame(content).to_csv(tmp_path / name / "steps.csv", index=False)
        found[name] = read_others(tmp_path / name)
    compared = compare_others(study(tmp_path), {"r"}, found["own"], found["committed"])
    assert re.match(said, str(compared)), str(compared)


def test_the_committed_files_beside_the_tables_have_each_line_once():
    for path in sorted(FOLDER.glob("*_*/*.csv")):
        if path.name in OTHER_FILES:
            frame = pd.read_csv(path)
            assert not frame.duplicated(list(OTHER_FILES[path.name])).any(), path


def test_lines_that_are_missing_and_new_prices_are_differences(tmp_path):
    own = results()
    own.lines = [line(), line(cell="b")]
    own.prices = [own.prices[0], price(device="odin", priced_as="odin:axons_per_core=512")]
    compared = compare(study(tmp_path), own, results())
    assert compared.new == 1  # of which nothing is committed that it could differ from
    assert {str(each) for each in compared.beyond} == {
        "r, keras: line None, committed there; beyond the tolerance",
        "r, a, 13 steps, core: line None, committed there; beyond the tolerance",
        "r, a, 13 steps, odin, stm32l4r5, snn: line None, committed there; beyond the tolerance",
        "r, a, 13 steps, odin, odin:axons_per_core=512, snn: line there, committed None; "
        "beyond the tolerance",
    }


def test_only_equals_are_compared(tmp_path):
    own = results()
    own.lines = [dict(found) | {"images": 50, "accuracy": 0.1} for found in own.lines]
    own.add(Results([line(row="new")], [price(row="new")]))
    compared = compare(study(tmp_path), own, results())
    assert not compared.differences
    assert (compared.lines, compared.other_images, compared.new) == (0, 2, 1)
    assert "2 lines not compared" in str(compared)
    assert "1 line of cells of which nothing is committed" in str(compared)


def test_a_row_that_was_not_run_is_not_missing(tmp_path):
    committed = results()
    committed.add(Results([line(row="other")], [price(row="other")]))
    assert not compare(study(tmp_path), results(), committed).differences
    whole = replace(study(tmp_path), rows=())
    assert not compare(whole, results(), results()).differences
