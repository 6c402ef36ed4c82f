"""The white paper: its numbers are those of the tables, two pages, and nothing is loaded."""

from __future__ import annotations

import re
import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
import spikewatt
from spikewatt.analysis.report.units import significant
from spikewatt.analysis.studies.paper import pdf, write
from spikewatt.analysis.studies.paper.write import white_paper
from spikewatt.analysis.studies.study import read_study
from spikewatt.errors import MissingToolError, SpikewattError
from spikewatt.models.studied.catalogue import studied

NAME = "aizu_2024"
CHROMIUM = pdf._installed()
A4 = (595, 842)  # points


class Rows(HTMLParser):
    """The texts of all rows of tables, and all addresses that the page names."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.addresses: list[str] = []
        self.sheets = 0
        self.inside = False

    def handle_starttag(self, tag: str, attrs) -> None:
        given = dict(attrs)
        self.addresses += [given[key] for key in ("src", "href") if key in given]
        self.sheets += given.get("class") == "sheet"
        if tag == "tr":
            self.rows.append([])
        if tag == "td":
            self.rows[-1].append("")
        self.inside = tag == "td" or (self.inside and tag in ("br", "span"))

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def folder() -> Path:
    return read_study(NAME).folder


@pytest.fixture(scope="module")
def html(tmp_path_factory) -> str:
    (path,) = white_paper(NAME, tmp_path_factory.mktemp("paper"), pdf=False)
    assert path.name == f"{NAME}.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parsed(html) -> Rows:
    parser = Rows()
    parser.feed(html)
    return parser


@pytest.fixture(scope="module")
def rows(parsed) -> dict[str, list[str]]:
    """First cell of a row -> the others; of the accuracies, which come first, where twice."""
    return named(parsed.rows[second_part(parsed) :])


@pytest.fixture(scope="module")
def trained(parsed) -> dict[str, list[str]]:
    """The same of the part of several trainings."""
    return named(parsed.rows[: second_part(parsed)])


def named(rows: list[list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row:
            found.setdefault(row[0], row[1:])
    return found


def second_part(parsed) -> int:
    """Where the one training of everything begins."""
    return next(at for at, row in enumerate(parsed.rows) if row and "one training" in row[0])


@pytest.fixture(scope="module")
def results(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "results.csv")


@pytest.fixture(scope="module")
def sizes(folder) -> pd.DataFrame:
    return pd.read_csv(folder / "sizes.csv")


def accuracy(results, row: str, cell: str, steps: int | None = None) -> str:
    found = results[(results["row"] == row) & (results["cell"] == cell)]
    if steps is not None:
        found = found[found["steps"] == steps]
    assert len(found) == 1
    return f"{100 * found['accuracy'].item():.2f}"


def trainings(results, size: int, trained_by: str, cell: str) -> list[str]:
    """Lowest, median and highest accuracy of the three trainings of a size."""
    names = [f"mlp-{size}{trained_by}-s{seed}" for seed in (1, 2, 3)]
    return sorted(accuracy(results, name, cell) for name in names)


def board(sizes, cell: str) -> pd.DataFrame:
    found = sizes[(sizes["cell"] == cell) & (sizes["target"] == "LFE5U-45F-8")]
    assert len(found)
    return found.sort_values("frequency_hz")


# Numbers


@pytest.mark.parametrize(
    ("title", "row", "cell", "steps"),
    [
        ("spiking, rate, 32 steps", "mlp-{}", "rate", 32),
        ("spiking, K = 4 bits", "mlp-{}", "exact", None),
        ("… weights of 4 bits", "mlp-{}", "weights-4-bits", None),
        ("… pixels of 2 bits", "mlp-{}", "pixels-2-bits", None),
        ("fine-tuned, K = 4 bits", "mlp-{}-k4", "exact", None),
        ("fine-tuned, K = 1 bit", "mlp-{}-k1", "exact", None),
        ("… K = 1, pixels of 2 bits", "mlp-{}-k1", "pixels-2-bits", None),
    ],
)
def test_accuracies_are_those_of_the_results(rows, results, title, row, cell, steps):
    shown = rows[title]
    for place, size in enumerate((48, 128)):
        assert shown[3 * place] == accuracy(results, row.format(size), cell, steps)


@pytest.mark.parametrize(
    ("title", "trained_by", "cell"),
    [
        ("Keras, float", "", "keras"),
        ("int8, executed", "", "int8"),
        ("spiking, K = 4 bits", "", "exact"),
        ("… pixels of 2 bits", "", "pixels-2-bits"),
        ("fine-tuned, K = 4 bits", "-k4", "exact"),
    ],
)
def test_trainings_are_a_median_and_a_spread(trained, results, title, trained_by, cell):
    for place, size in enumerate((48, 128)):
        low, middle, high = trainings(results, size, trained_by, cell)
        assert trained[title][3 * place] == f"{middle} ({low} to {high})"


def test_one_training_says_its_epochs(rows, parsed):
    epochs = [studied(f"mlp_{size}").epochs for size in (48, 128)]
    part = parsed.rows[second_part(parsed)]
    assert part == [f"one training each, of {epochs[0]} and {epochs[1]} epochs"]


@pytest.mark.parametrize(
    ("title", "run"), [("spiking, rate, 32 steps", "rate"), ("spiking, K = 4 bits", "exact")]
)
def test_energies_are_those_of_the_median_placement(rows, sizes, title, run):
    for place, size in enumerate((48, 128)):
        lines = board(sizes, f"{size}-{run}")
        middle = lines.iloc[(len(lines) - 1) // 2]
        operations, energy = rows[title][3 * place + 1 : 3 * place + 3]
        assert operations == f"{middle['synaptic_operations_per_image']:,.0f}"
        assert energy == significant(middle["energy_per_inference_j"] * 1e6)


def test_sizes_and_clocks_are_those_of_the_placements(rows, sizes):
    small, large = (board(sizes, f"{size}-exact") for size in (48, 128))
    seeds = len(small)
    assert seeds >= 5
    assert seeds == len(large)
    middles = [lines.iloc[(seeds - 1) // 2] for lines in (small, large)]
    luts = [f"{line['luts']:,.0f}" for line in middles]
    assert rows["Lattice LFE5U-45F-8: LUTs"][:2] == luts
    blocks = [f"{line['block_rams']:.0f}" for line in middles]
    assert rows["block RAMs, of 108"][:2] == blocks
    clocks = [line["frequency_hz"] / 1e6 for line in middles]
    shown = rows[f"clock, median of {seeds} placements, MHz"]
    assert shown[:2] == [f"{clock:.1f}" for clock in clocks]
    assert shown[2] == f"{clocks[1] / clocks[0]:.2f}"
    spread = [f"{c.min() / 1e6:.1f} to {c.max() / 1e6:.1f}" for c in
              (small["frequency_hz"], large["frequency_hz"])]  # fmt: skip
    assert rows["… lowest to highest, MHz"][:2] == spread


def test_both_cell_libraries_are_in_it(rows, sizes):
    for name, library in (("SkyWater sky130", "sky130"), ("IHP SG13G2", "sg13g2")):
        lines = sizes[sizes["target"].str.startswith(library)].set_index("cell")
        shown = rows[f"{name}: logic, mm²"]
        areas = [lines.loc[f"{size}-exact", "area_mm2"] for size in (48, 128)]
        assert shown[:2] == [significant(area) for area in areas]


def test_the_answer_says_what_the_tables_say(html, results, sizes):
    (answer,) = re.findall(r'class="answer">(.*?)</p>', html, re.DOTALL)
    answer = re.sub("<[^>]*>", "", answer).replace("\u00a0", " ")
    spreads = [trainings(results, size, "", "exact") for size in (48, 128)]
    for low, middle, high in spreads:
        assert f"{middle} % ({low} to {high})" in answer
    small, large = (float(middle) for _, middle, _ in spreads)
    assert f"{large - small:.2f} points" in answer


def test_intervals_that_overlap_are_said_to(html, results):
    exact = results[results["cell"] == "exact"]
    ends = []
    for size, end in ((48, "accuracy_high"), (128, "accuracy_low")):
        of_size = exact[exact["row"].str.fullmatch(rf"mlp-{size}-s\d")].sort_values("accuracy")
        ends.append(of_size[end].iloc[1])
    apart = ends[1] > ends[0]
    assert ("95\u00a0% intervals do not overlap" in html) == apart
    assert ("95\u00a0% intervals overlap" in html) != apart


def test_the_picture_of_the_paper_is_that_of_the_study(parsed, folder):
    import base64

    pictures = [address for address in parsed.addresses if address.startswith("data:image/png")]
    (picture,) = pictures
    assert base64.b64decode(picture.partition(",")[2]) == (folder / "placements.png").read_bytes()


def test_the_picture_in_docs_is_that_of_the_study(folder):
    in_docs = Path(spikewatt.__file__).parent / "docs" / "gallery" / f"{NAME}_placements.png"
    assert in_docs.read_bytes() == (folder / "placements.png").read_bytes()


def test_the_paper_in_docs_is_that_of_the_tables(parsed):
    """Else `spikewatt study paper aizu_2024 -o docs/gallery` was forgotten."""
    committed = Rows()
    committed.feed(
        (Path(spikewatt.__file__).parent / "docs" / "gallery" / f"{NAME}.html").read_text("utf-8")
    )
    assert len(committed.rows) > 30
    assert committed.rows == parsed.rows


# Form


def test_the_page_loads_nothing(parsed, html):
    assert len(parsed.addresses) == 2
    assert all(address.startswith("data:") for address in parsed.addresses)
    assert not re.search(r"""(src|href|url\(|@import)\s*[=(]?\s*["']?https?:""", html)
    assert "<script" not in html
    assert parsed.sheets == 2
    assert "&lt;span" not in html
    assert "nan" not in re.sub(r"base64,[^\"]*", "", html).lower().split()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_the_pdf_has_two_pages_of_a4(tmp_path):
    pytest.importorskip("playwright")
    written = white_paper(NAME, tmp_path / "new", pdf=True)
    assert [path.suffix for path in written] == [".html", ".pdf"]
    data = written[1].read_bytes()
    assert data.startswith(b"%PDF")
    assert pdf.pages_of(data) == 2
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert boxes
    for sides in boxes:
        assert [float(side) for side in sides] == pytest.approx(A4, abs=1)
    assert len(data) < 400_000


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(
    ("body", "got"),
    [
        ('<section class="sheet" style="height: 100mm"></section>', "1 pages; too full: none"),
        (
            '<section class="sheet" id="one" style="height: 40mm; overflow: hidden">'
            '<p style="height: 90mm"></p></section>',
            "too full: one",
        ),
    ],
)
def test_a_paper_that_is_not_two_pages_is_refused(body, got):
    pytest.importorskip("playwright")
    with pytest.raises(SpikewattError, match=f"a white paper has two full pages.*{got}"):
        pdf.as_pdf(body)


# What is missing


def test_studies_without_a_paper(tmp_path):
    with pytest.raises(
        SpikewattError, match="must name a study that has a paper; got 'zou_2023'; allowed: aizu"
    ):
        white_paper("zou_2023", tmp_path)


def test_results_that_are_not_there(tmp_path, folder):
    law = "results.csv: is left by the study; got no such file; allowed: `spikewatt study run`"
    with pytest.raises(SpikewattError, match=law):
        white_paper(NAME, tmp_path / "out", results=tmp_path, pdf=False)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("row", "law"),
    [
        ("mlp-48", "holds the lines that the paper shows; got no mlp-48, exact"),
        ("mlp-48-k1", "holds the network of each run of sizes; got none of 48-k1"),
        (r"mlp-48-s\d", "holds several trainings of each size; got no mlp-48-s…, exact"),
    ],
)
def test_rows_that_are_not_there(tmp_path, folder, row, law):
    copied = tmp_path / "copied"
    shutil.copytree(folder, copied)
    results = pd.read_csv(copied / "results.csv")
    results = results[~results["row"].str.fullmatch(row)]
    results.to_csv(copied / "results.csv", index=False)
    with pytest.raises(SpikewattError, match=law):
        white_paper(NAME, tmp_path / "out", results=copied, pdf=False)


def test_a_pdf_without_a_browser_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright", None)
    match = "a PDF needs Playwright; got no playwright.*playwright install chromium; or --no-pdf"
    with pytest.raises(MissingToolError, match=match):
        white_paper(NAME, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_browser_that_is_not_there_is_named(monkeypatch):
    pytest.importorskip("playwright")
    monkeypatch.setattr(pdf, "_installed", lambda: "/no/chromium")
    with pytest.raises(MissingToolError, match="a PDF needs Chromium; got .*playwright install"):
        pdf.as_pdf("<p></p>")


def test_the_paper_is_written_whole(tmp_path, monkeypatch):
    def broken(text):
        raise SpikewattError("study paper", "prints", "nothing")

    monkeypatch.setattr(write, "as_pdf", broken)
    monkeypatch.setattr(write, "check_browser", lambda: None)
    with pytest.raises(SpikewattError, match="prints"):
        white_paper(NAME, tmp_path / "out")
    assert not (tmp_path / "out").exists()
