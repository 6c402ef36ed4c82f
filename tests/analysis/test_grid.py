"""Laws of tables on a page: they fit it, numbers are whole, a column has one unit."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.analysis.report.devices import board_table, device_table
from spikewatt.analysis.report.findings import Column, Findings, Table
from spikewatt.analysis.report.prices import price_findings
from spikewatt.analysis.report.tables import diagnosis, layers
from spikewatt.analysis.report.terminal.console import print_findings, print_lines, print_rows
from spikewatt.analysis.report.terminal.grid import GridColumn, fitted, natural_width, wrapped
from spikewatt.analysis.report.units import JOULES, LASTING, PERCENT, PLAIN, counted, significant
from spikewatt.energy.pricing.price import price

from ..helpers.deep_run import deep_network, deep_trace, diagnosis_frame

LONG = "odin_style:neurons_per_core=128,axons_per_core=4096,voltage_v=0.8"
DEVICES = ("odin_style", LONG, "odin", "stm32l4r5", "nrf54l15")
WIDTHS = (60, 80, 120, 200)

words = st.text(st.sampled_from("abcdef_:,=+/ "), max_size=60).map(str.strip)
numbers = st.floats(1e-3, 99999).map(significant)


def shown(findings: Findings, width: int | None, monkeypatch, capsys) -> list[str]:
    """Lines of the terminal, of so many columns."""
    if width is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", str(width))
    print_findings(findings)
    return capsys.readouterr().out.splitlines()


@pytest.fixture(scope="module")
def everything() -> Findings:
    """Every table of a price with long names, batteries and refusals, and those of 30 layers."""
    trace = deep_trace(deep_network())
    prices = price(trace, *DEVICES, host="nrf54l15", period_s=1.0, skip_unfit=True, max_cores=None)
    found = price_findings(prices, trace, tornado=True, explain=True)
    more = (
        layers(trace, "Layers"),
        diagnosis(diagnosis_frame(list(trace.neurons)[1:]), "Diagnosis"),
        board_table(),
        device_table(),
    )
    kept = tuple(table for table in more if table.name != "rows")
    devices = Table("devices", more[-1].title, more[-1].frame)
    return Findings(
        (*found.tables, *kept, devices),
        found.assumptions,
        found.does_not_fit,
        sentence="Use int8 on nrf54l15: " + "less energy " * 20,
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_every_table_and_line_fits_the_page(width, everything, monkeypatch, capsys):
    lines = shown(everything, width, monkeypatch, capsys)
    assert len(lines) > 100
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("Use int8 on nrf54l15: ")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_energy_is_whole_on_every_page(width, everything, monkeypatch, capsys):
    text = "\n".join(shown(everything, width, monkeypatch, capsys))
    energies = [row["energy (mJ)"] for row in everything["rows"].cells()]
    assert len(energies) == len(everything["rows"]) >= 6
    for energy in energies:
        assert re.search(rf"(?<![\d.]){re.escape(energy)}(?![\d.])", text)


def test_what_is_left_out_is_said_with_the_width_that_shows_it(everything, monkeypatch, capsys):
    """At that width, and no lower one, nothing of the table is left out."""
    found = Findings((everything["rows"],))
    text = " ".join(" ".join(shown(found, 80, monkeypatch, capsys)).split())
    (needed,) = re.findall(r"COLUMNS=(\d+) shows all", text)
    assert "average current" in text
    assert "not shown" not in "\n".join(shown(found, int(needed), monkeypatch, capsys))
    assert "not shown" in "\n".join(shown(found, int(needed) - 1, monkeypatch, capsys))


def test_a_long_name_is_a_mark_that_is_explained(everything, monkeypatch, capsys):
    text = "\n".join(shown(Findings((everything["verdicts"],)), 80, monkeypatch, capsys))
    (mark,) = re.findall(rf"(\[\d\]) {LONG}", text)
    assert f"odin_style{mark}" in text
    wide = "\n".join(shown(Findings((everything["verdicts"],)), 400, monkeypatch, capsys))
    assert "[1]" not in wide
    assert LONG in wide


def test_a_pipe_has_tables_of_80_columns_and_a_line_for_each_fact(everything, monkeypatch, capsys):
    lines = shown(everything, None, monkeypatch, capsys)
    facts = {*everything.assumptions, *everything.notes}
    assert {line.strip() for line in lines} >= facts
    tables = [line for line in lines if line.startswith("──")]
    assert len(tables) == len(everything.tables)
    assert max(map(len, tables)) <= 80


@pytest.mark.parametrize("columns", ["0", "-3", "many", ""])
def test_columns_that_are_no_width_mean_nothing(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", columns)
    print_lines(["word " * 100])
    assert len(capsys.readouterr().out.splitlines()) == 1


# ------------------------------------------------------------------ the grid


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 6).flatmap(lambda rows: st.lists(st.tuples(
        st.booleans(), words, st.lists(words, min_size=rows, max_size=rows),
        st.lists(numbers, min_size=rows, max_size=rows)), min_size=1, max_size=6)),
    st.integers(30, 120),
)  # fmt: skip
def test_a_grid_fits_or_is_two_columns_and_numbers_are_never_parted(drawn, width):
    columns = [
        GridColumn(f"{head} {place}", tuple(figures if is_number else texts), is_number, place)
        for place, (is_number, head, texts, figures) in enumerate(drawn)
    ]
    grid = fitted(columns, width)
    lines = [*grid.head(), *grid.rows()]
    assert len(grid.columns) <= 2 or max(map(len, lines)) <= width
    assert len(grid.left_out) + len(grid.columns) == len(columns)
    if natural_width(columns) <= width:
        assert not grid.left_out

    kept = {column.head for column in grid.columns}
    body = "\n".join(grid.rows()).split()
    for column in columns:
        if column.number and column.head in kept:
            assert set(column.cells) <= set(body)


@given(words, st.integers(6, 40))
def test_wrapped_text_is_whole_and_fits(text, width):
    lines = wrapped(text, width)
    assert max(map(len, lines)) <= width
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


def test_numbers_are_aligned_at_the_point_and_ranges_twice():
    cells = ("3.36 (3.03 to 4.56)", "151 (77.6 to 387)", "", "0.0223 (0.001 to 12)")
    (column,) = fitted([GridColumn("x", cells, True)], 80).columns
    full = [cell for cell in column.cells if cell]
    wholes = [re.match(r" *\d+", cell).end() for cell in full]  # type: ignore[union-attr]
    assert len(set(wholes)) == 1


def test_a_name_of_several_lines_is_said_once_and_numbers_every_time():
    names = ("a long name that takes two lines",) * 2
    grid = fitted([GridColumn("name", names), GridColumn("n", ("1", "1"), True)], 24)
    body = "\n".join(grid.rows())
    assert body.count("long") == 1
    assert len(re.findall(r"\b1$", body, re.MULTILINE)) == 2


def test_an_empty_table_says_its_title(capsys):
    print_rows("Nothing", [])
    assert capsys.readouterr().out == "Nothing\n"


# ------------------------------------------------------------------ units


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        ([3.36e-6, 151e-6, 662e-9], "µJ"),
        ([7.07e-3, 96.5e-6], "mJ"),
        ([2.0], "J"),
        ([4e-12, 8e-12], "pJ"),
        ([], "J"),
        ([1e-12, 1.0], None),
    ],
)
def test_one_prefix_serves_a_column_or_none_does(values, unit):
    scale = JOULES.scale(counted(values))
    assert (scale and scale.unit) == unit


def test_columns_of_one_unit_have_one_scale_and_zero_and_infinity_have_none():
    frame = pd.DataFrame({"energy_j": [0.0, 2e-9, np.nan], "high_j": [np.inf, 3e-6, np.nan]})
    columns = [
        Column("energy", ("energy_j",), unit=JOULES),
        Column("high", ("high_j",), unit=JOULES),
    ]
    assert Table("x", "", frame, columns).cells() == [
        {"energy (nJ)": "0", "high (nJ)": "∞"},
        {"energy (nJ)": "2.00", "high (nJ)": "3,000"},
        {"energy (nJ)": "", "high (nJ)": ""},
    ]


def test_values_that_no_prefix_serves_have_one_each():
    frame = pd.DataFrame({"energy_j": [3e-12, 4.0]})
    column = Column("energy", ("energy_j",), unit=JOULES)
    assert Table("x", "", frame, [column]).cells() == [{"energy": "3.00 pJ"}, {"energy": "4.00 J"}]


def test_shares_lives_and_ratios():
    assert PERCENT.scale([]).write(-1e-9) == "0.0"
    assert LASTING.scale([2.15 * 31557600, 9e7]).unit == "years"
    assert LASTING.scale([40 * 3600.0]).unit == "days"
    ratios = PLAIN.scale([0.00863, 35.3])
    assert ratios is not None
    assert [ratios.write(value) for value in (0.00863, 35.3)] == ["0.00863", "35.3"]
    assert PLAIN.scale([1e-9]) is None
