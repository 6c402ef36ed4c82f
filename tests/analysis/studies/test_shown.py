"""The figure over all studies draws every priced line once; the gallery is what the files say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import spikewatt
from spikewatt.analysis.report.numbers import with_prefix
from spikewatt.analysis.studies.outcome import Outcome, Side
from spikewatt.analysis.studies.results import Results
from spikewatt.analysis.studies.row import INT8, KERAS
from spikewatt.analysis.studies.shown.boards import boards_section
from spikewatt.analysis.studies.shown.families import FAMILIES, REST, family_of
from spikewatt.analysis.studies.shown.figure import caption, studies_figure
from spikewatt.analysis.studies.shown.gallery import gallery
from spikewatt.analysis.studies.shown.pictures import PICTURES, picture_files, write_pictures
from spikewatt.analysis.studies.shown.points import shown_of
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import studies

from ...helpers.pictures import beyond_the_page, overlaps, text_boxes

ANNARCHY = read_study("siristol_2025")
ROOT = Path(spikewatt.__file__).parent
GALLERY = ROOT / "docs" / "gallery"
CORE = "odin_style:doubling_accumulator=1"
VERSIONS = {"spikewatt": "1", "tensorflow": "1", "annarchy": "1"}
CELLS = {"default": [45], "rate": [200]}


def line(cell: str, steps: int | None, accuracy: float, row: str = "cifar-v5") -> dict:
    shares = {"ann_accuracy": 0.8, "accuracy": accuracy, "agreement": accuracy}
    shares |= {"accuracy_low": accuracy - 0.01, "accuracy_high": accuracy + 0.01}
    named = {"study": "siristol_2025", "row": row, "cell": cell, "steps": steps, "images": 100}
    return named | shares | VERSIONS


def priced(cell: str, steps: int, device: str, workload: str, energy_j: float | None) -> dict:
    named = {"study": "siristol_2025", "row": "cifar-v5", "cell": cell, "steps": steps}
    refused = "" if energy_j else "too many neurons"
    spread = {} if energy_j is None else {
        "energy_low_j": energy_j / 2, "energy_high_j": 2 * energy_j
    }  # fmt: skip
    named |= {"device": device, "priced_as": device, "workload": workload, "refused": refused}
    return named | {"energy_j": energy_j} | spread


@pytest.fixture
def made_up(tmp_path):
    """A study with made-up numbers: one row, a cell of radix and one of rate, three devices."""
    found = Results([line(KERAS, None, 0.8), line(INT8, None, 0.79)])
    for cell, (steps,) in CELLS.items():
        found.lines.append(line(cell, steps, 0.7 + steps / 10_000))
        found.prices += [
            priced(cell, steps, CORE, "snn", 1e-3 if cell == "default" else None),
            priced(cell, steps, "stm32l4r5", "snn", 2e-3),
            priced(cell, steps, "stm32l4r5", "int8_ann", 3e-3),
            priced(cell, steps, "rule_ac_mac_45nm", "int8_ann", 3e-6),
        ]
    found.write(tmp_path)
    (tmp_path / "README.md").write_text("# Made up\n\nNo study.\n")
    return replace(read_study("siristol_2025"), folder=tmp_path)


# ------------------------------------------------------------------ what is drawn


def test_every_priced_line_is_a_point_once_and_no_other(made_up):
    """Int8 costs the same beside each cell: it is one point per device."""
    shown = shown_of([made_up])
    spikes = {(p.cell, p.device) for p in shown.points if not p.is_int8}
    int8 = [(p.cell, p.device) for p in shown.points if p.is_int8]
    assert spikes == {("default", CORE), ("default", "stm32l4r5"), ("rate", "stm32l4r5")}
    assert sorted(int8) == [(INT8, "rule_ac_mac_45nm"), (INT8, "stm32l4r5")]
    assert len(shown.points) == len(spikes) + len(int8)
    assert shown.refused == 1


def test_points_have_the_accuracy_of_what_was_priced(made_up):
    percent = {p.cell: p.percent for p in shown_of([made_up]).points}
    assert percent == pytest.approx({"default": 70.45, "rate": 72.0, INT8: 79.0})


def test_published_spikes_stand_beside_the_cell_of_their_code(made_up):
    (loss,) = shown_of([made_up]).losses
    assert loss.row == "cifar-v5"
    assert loss.published == (51.26, 34.67)
    assert loss.own == pytest.approx((80.0, 72.0))


def test_theirs_and_ours_are_of_one_line(made_up, monkeypatch):
    """Law: of each cell the last line with both figures; a peer's alone is not drawn."""
    sides = (
        Side("theirs: original", None, 90, note="", is_ann=True),
        Side("other", 50, None, 80, 79),
        Side("signed", 3, 70, 80, 71),
        Side("signed", 7, 75, 80, 76),
        Side("signed", 14, None, 80, 80),
        Side("rate", 500, 12, None, 13),
        Side("theirs: T=4", None, 85),
    )
    judged = [Outcome("r", "R", {}, {}, sides)]
    one = replace(made_up, rows=(made_up.row("cifar-v5"),))
    monkeypatch.setattr("spikewatt.analysis.studies.shown.points.outcomes", lambda _: judged)
    found = [(loss.cell, loss.steps, loss.published, loss.own) for loss in shown_of([one]).losses]
    assert found == [("signed", 7, (90, 75), (80, 76)), ("rate", 500, (90, 12), (None, 13))]


def test_committed_figures_of_a_method_stand_beside_its_cell():
    """Zou's k = 0 settles at 99.29 % after 7 steps, and 24.23 % is of mlGeNN's few spikes."""
    losses = {(loss.study, loss.row, loss.cell): loss for loss in shown_of(studies()).losses}
    zou = losses["zou_2023", "k0", "signed"]
    assert (zou.steps, zou.published) == (7, (99.29, 99.29))
    assert losses["mlgenn_2023", "alexnet", "few_spike_k10"].published == (80, 24.23)
    assert not [study for study, _, _ in losses if study == "bu_2022"]


def test_the_figure_draws_all_points_and_counts_what_is_refused(made_up):
    """Law of data, not of pixels: the markers of the left axes are the points."""
    shown = shown_of([made_up])
    figure = studies_figure(shown)
    left = figure.axes[0]
    drawn = sorted(
        (float(x), float(y))
        for artist in left.get_lines()
        for x, y in zip(artist.get_xdata(), artist.get_ydata(), strict=True)
    )
    assert drawn == sorted((p.energy_j, p.percent) for p in shown.points)
    assert "1 time a device refuses" in figure.legends[0].get_title().get_text()


def test_a_data_set_of_one_row_gets_a_low_panel():
    shown = shown_of(studies())
    rows = {
        panel: {(p.study, p.row) for p in shown.points if p.panel == panel}
        for panel in shown.panels
    }
    low = {panel for panel in shown.panels if shown.height(panel) < 1}
    assert low == {panel for panel, found in rows.items() if len(found) == 1}
    assert low
    assert set(shown.panels) - low


def test_the_figure_of_the_committed_tables_has_each_of_their_lines():
    """Every line with an energy and an accuracy: spikes each, int8 once per row and device."""
    expected = set()
    for study in studies():
        found = study.committed()
        known = {(each["row"], each["cell"], each["steps"]) for each in found.lines}
        for price in found.prices:
            spiking = price["workload"] != "int8_ann"
            cell, steps = (price["cell"], price["steps"]) if spiking else (INT8, None)
            if price["energy_j"] is not None and (price["row"], cell, steps) in known:
                expected.add((study.name, price["row"], cell, steps, price["device"]))
    shown = shown_of(studies())
    found = [(p.study, p.row, p.cell, p.steps, p.device) for p in shown.points]
    assert expected
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert caption(shown).startswith(f"Left: {len(expected):,} prices")


def test_every_device_of_the_committed_tables_has_a_colour():
    """No microcontroller and no core is taken for one of the rest."""
    devices = {p.device for p in shown_of(studies()).points}
    rest = {device for device in devices if family_of(device) == REST}
    assert devices - rest
    assert not [device for device in rest if device.startswith(("odin", "stm32", "rule"))]
    assert len({family.colour for family in (*FAMILIES, REST)}) == len(FAMILIES) + 1


# ------------------------------------------------------------------ the gallery


def test_the_committed_gallery_is_what_the_command_writes():
    """`spikewatt study gallery -o docs/gallery --force` after a change of a study."""
    pages = gallery(studies(), GALLERY)
    assert {path.name for path in GALLERY.glob("*.md")} == set(pages)
    for name, text in pages.items():
        assert (GALLERY / name).read_text(encoding="utf-8") == text, name


def test_the_gallery_has_every_study_row_and_picture():
    index = (GALLERY / "index.md").read_text(encoding="utf-8")
    shown = set()
    for study in studies():
        text = (GALLERY / f"{study.name}.md").read_text(encoding="utf-8")
        assert f"[{study.title}]({study.name}.md)" in index
        assert text.startswith(f"# {study.title}\n")
        for row in study.rows:
            if study.committed().of_row(row.row):
                assert f"| {row.row} |" in text
        shown |= set(re.findall(r"^!\[.+\]\((.+)\)$", text, re.MULTILINE))
    pictures = {picture.name for picture in GALLERY.glob("*.png")}
    assert pictures
    assert shown == pictures


WORDS_OF_SVG = re.compile(r"<!-- (.+?) -->")  # each text of a picture stands in a comment, too


def test_the_committed_pictures_are_those_that_the_command_draws(tmp_path):
    """Names, words and numbers; strokes differ with the version of the drawing library."""
    write_pictures(studies(), tmp_path)
    drawn = {path.name for path in picture_files(studies(), tmp_path)}
    assert drawn == {path.name for path in tmp_path.iterdir()}
    committed = {path.name for path in GALLERY.iterdir() if path.suffix in (".png", ".svg")}
    assert drawn == committed

    compared = 0
    for path in tmp_path.glob("*.svg"):
        words = WORDS_OF_SVG.findall(path.read_text(encoding="utf-8"))
        assert words == WORDS_OF_SVG.findall((GALLERY / path.name).read_text(encoding="utf-8"))
        compared += len(words)
    assert compared > 100


def test_a_picture_is_drawn_to_the_same_bytes(tmp_path):
    (name,) = [path.name for path in picture_files([ANNARCHY], tmp_path) if path.suffix == ".svg"]
    for folder in ("one", "other"):
        write_pictures([ANNARCHY], tmp_path / folder)
    one, other = ((tmp_path / folder / name).read_bytes() for folder in ("one", "other"))
    assert one == other


def test_words_of_the_picture_of_steps_lie_apart_and_on_the_page():
    for fig in PICTURES[ANNARCHY.name].draw(ANNARCHY).values():
        boxes = text_boxes(fig)
        assert len(boxes) > 20
        assert not overlaps(boxes)
        assert not beyond_the_page(fig, boxes)


def test_what_falls_short_is_marked_and_said_by_how_much(made_up, tmp_path):
    text = gallery([made_up], tmp_path)["siristol_2025.md"]
    assert "| rate | 200 | 34.67 | 72.00 | 80.00 | 100 |" in text
    assert "**short**" in text
    assert "cifar-v5: default: at most 0.5 points below its ANN; short by 9.05 points" in text


def test_boards_stand_beside_the_cell_that_the_row_names():
    study = read_study("banbury_2021")
    row = study.row("image_classification")
    for cell in ("radix-6", "radix-4-corrected"):
        named = row.model_copy(update={"verdict_of": cell})
        rows = tuple(named if each == row else each for each in study.rows)
        lines = "\n".join(boards_section(replace(study, rows=rows))).splitlines()
        (shown,) = [line for line in lines if line.startswith(f"| IC: {cell} ")]
        prices = [p for p in study.committed().prices if (p["row"], p["cell"]) == (row.row, cell)]
        (spikes,) = [p for p in prices if (p["device"], p["workload"]) == ("stm32l4r5", "snn")]
        assert f"| {with_prefix(spikes['energy_j'], 'J')} (" in shown
