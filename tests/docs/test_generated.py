"""Generated pages hold everything that the package has, without a list of their own."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import spikewatt
from _generate import (
    api,
    cards,
    commands,
    configuration,
    documents,
    errors,
    markdown,
    nav,
    notebooks,
)
from spikewatt.analysis.job.config import RunConfig
from spikewatt.analysis.sweep.hardware.axes import HARDWARE_AXES
from spikewatt.analysis.sweep.space import NETWORK_AXES, OBJECTIVES, SpaceFile
from spikewatt.energy.cards.card_file import FOLDER
from spikewatt.energy.cards.load import card_names, load_card
from spikewatt.errors import SpikewattError
from typer.testing import CliRunner

DOCS = Path(spikewatt.__file__).parent / "docs"
FLAG = re.compile(r"^ +(?:-\w, )?(--[a-z][a-z0-9-]*)", re.MULTILINE)


# ------------------------------------------------------------------ cards


def row_of(text: str, key: str) -> str:
    """The first row of a table that begins with `key`; "" where there is none."""
    return next((line for line in text.splitlines() if line.startswith(f"| `{key}` |")), "")


def test_every_card_has_a_page_with_each_value_and_source():
    pages = cards.pages()
    index = pages["reference/cards/index.md"]
    assert len(pages) == len(card_names()) + 1
    checked = 0
    for name in card_names():
        card, text = load_card(name), pages[f"reference/cards/{name}.md"]
        assert f"[{name}]({name}.md)" in index
        for key, quantity in card.values.items():
            assert f"| {quantity.status} |" in row_of(text, key)
            assert markdown.text(quantity.source) in text
            checked += 1
        for key, limit in card.limits.items():
            assert f"| `{key}` | {limit:,} |" in text
    assert checked > 500


def test_numbers_of_a_card_are_those_of_its_file():
    text = cards.pages()["reference/cards/odin_style.md"]
    assert "| 8.43 pJ | 7.6 pJ | 12.6 pJ | measured |" in row_of(text, "energy_per_sop_j")
    assert load_card("odin_style")["energy_per_sop_j"].value == 8.43e-12


def test_a_card_that_is_added_shows_up_by_itself(tmp_path, monkeypatch):
    text = (FOLDER / "rp2040.yaml").read_text(encoding="utf-8")
    new = tmp_path / "added_chip.yaml"
    new.write_text(re.sub("^name: .*$", "name: added_chip", text, flags=re.MULTILINE))
    monkeypatch.setattr(cards, "card_names", lambda: ["rp2040", str(new)])
    assert set(cards.pages()) == {
        f"reference/cards/{name}.md" for name in ("index", "rp2040", "added_chip")
    }


# ------------------------------------------------------------------ keys and verbs


def test_every_key_of_a_run_has_a_row_with_its_description():
    text = configuration.pages()["reference/configuration.md"]
    for key, field in RunConfig.model_fields.items():
        assert field.description
        assert markdown.text(field.description) in row_of(text, key)


def test_types_defaults_and_bounds_are_those_of_the_model():
    text = configuration.pages()["reference/configuration.md"]
    assert "| `epochs` | whole number | `40` | at least 1, at most 10,000 |" in text
    assert "| `clock_hz` | number or mapping to number |  |  |" in text
    assert "| `annarchy`, `batched`, `event`, `reference`, `auto` |" in text


def test_every_key_and_axis_of_a_sweep_occurs():
    text = configuration.pages()["reference/sweep.md"]
    for key in (*SpaceFile.model_fields, *NETWORK_AXES, *HARDWARE_AXES, *OBJECTIVES):
        assert f"`{key}`" in text


def test_every_verb_has_a_section_with_the_options_of_its_help():
    from spikewatt.cli.main import app

    text = commands.pages()["reference/cli.md"]
    sections = dict(re.findall(r"^## spikewatt (.+?)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.M))
    checked = 0
    runner = CliRunner()
    for name, section in sections.items():
        shown = runner.invoke(app, [*name.split(), "--help"]).stdout
        for flag in set(FLAG.findall(shown)) - {"--help"}:
            assert re.search(rf"\| `[^`]*{flag}\b", section), f"{name} {flag}"
            checked += 1
    first_words = {name.split()[0] for name in sections}
    helped = runner.invoke(app, ["--help"]).stdout
    assert first_words == set(re.findall(r"^  ([a-z][a-z-]+)  ", helped, re.MULTILINE))
    assert checked > 200


# ------------------------------------------------------------------ errors and API


def subclasses(kind: type) -> set[str]:
    own = {each.__name__ for each in kind.__subclasses__()}
    return own.union(*(subclasses(each) for each in kind.__subclasses__()))


def test_every_verb_with_a_document_has_a_row_with_its_keys():
    from spikewatt.cli.document.output import OUTPUTS, StudyRow, VerifiedRow

    (found,) = documents.pages().values()
    rows = {line.split("`")[1]: line for line in found.splitlines() if line.startswith("| `")}
    assert set(rows) == set(OUTPUTS)
    for key in StudyRow.model_fields:
        assert f"`{key}`" in rows["study table"]
    assert "`rows`" in rows["verify"]
    assert not [key for key in VerifiedRow.model_fields if f"`{key}`" in rows["verify"]]
    always, sometimes = (cell.strip() for cell in rows["study table"].split(" | ")[1:3])
    assert always
    assert sometimes.strip(" |") == ""


def test_every_public_error_is_described():
    import spikewatt.energy.pricing.bills
    import spikewatt.models.int8  # noqa: F401

    text = errors.pages()["reference/errors.md"]
    public = {name for name in subclasses(SpikewattError) if not name.startswith("_")}
    assert public >= {"ManyFaults", "DoesNotFitError", "TooSlowError", "NoInt8KernelError"}
    for name in {*public, "SpikewattError", "SpikewattWarning"}:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| [`{name}`]")]
        assert not row.endswith("|  |"), "it has no docstring"


def test_every_public_name_is_on_the_page_of_its_floor():
    pages = api.pages()
    index = pages["reference/api/index.md"]
    described = [
        name
        for text in pages.values()
        for name in re.findall(r"^::: spikewatt\.(\w+)$", text, re.M)
    ]
    assert sorted(described) == sorted(set(spikewatt.__all__) - {"__version__"})
    for name in described:
        (row,) = [line for line in index.splitlines() if line.startswith(f"| [`{name}`]")]
        assert not row.endswith("|  |"), f"{name} has no docstring"


# ------------------------------------------------------------------ pages and navigation


def test_the_navigation_has_each_page_once_and_the_listed_ones_first():
    pages = [
        "zoo/b.md", "index.md", "validation.md", "licence.md", "reference/cards/index.md",
        "reference/cards/odin.md", "reference/errors.md", "reference/cli.md", "how_to/aaa.md",
        "how_to/sweep.md", "how_to/keras.md", "tutorial/index.md",
    ]  # fmt: skip
    assert nav.navigation(pages) == [
        {"Home": "index.md"},
        {"Tutorial": ["tutorial/index.md"]},
        {"How-to": ["how_to/keras.md", "how_to/sweep.md", "how_to/aaa.md"]},
        {
            "Reference": [
                "reference/cli.md",
                "reference/errors.md",
                {"Cards of devices": ["reference/cards/index.md", "reference/cards/odin.md"]},
            ]
        },
        {"Validation": "validation.md"},
        "licence.md",
        {"Zoo": ["zoo/b.md"]},
    ]


LINK = re.compile(r"\]\((https?:[^)\s]*)\)|<(https?:[^>\s]*)>")


def test_links_to_elsewhere_are_well_formed():
    written = {str(path): path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md")}
    checked = 0
    for name, text in {**written, **cards.pages()}.items():
        for found in LINK.finditer(text):
            address = urlsplit(found[1] or found[2])
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", address.netloc), f"{name}: {found[0]}"
            checked += 1
    assert checked > 10


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("<dataset>.npz", "&lt;dataset&gt;.npz"),
        ("`a<b>*c*` and *c*", "`a<b>*c*` and \\*c\\*"),
        ("doi:10.1/X.2, Fig. 1", "doi:10.1/X.2, Fig. 1"),
        ("doi:10.1109/X.2, Fig. 1", "[doi:10.1109/X.2](https://doi.org/10.1109/X.2), Fig. 1"),
    ],
)  # fmt: skip
def test_text_is_shown_as_it_is(words, shown):
    assert markdown.text(words) == shown


def test_a_notebook_becomes_a_page_with_its_results_and_pictures(tmp_path, monkeypatch):
    pytest.importorskip("nbconvert")
    from nbformat import v4, write

    dot = b64encode(b"\x89PNG, a picture").decode()
    outputs = [
        v4.new_output("stream", text="6.7 nJ\n"),
        v4.new_output("display_data", data={"image/png": dot}),
    ]
    cells = [v4.new_markdown_cell("# Which T"), v4.new_code_cell("price()", outputs=outputs)]
    (tmp_path / "notebooks").mkdir()
    write(v4.new_notebook(cells=cells), tmp_path / "notebooks" / "which_t.ipynb")
    monkeypatch.setattr(notebooks, "DOCS", tmp_path)

    made = notebooks.pages()
    page = made.pop("notebooks/which_t.md")
    assert isinstance(page, str)
    assert page.startswith("# Which T\n")
    assert "[The notebook as a file](which_t.ipynb)" in page
    assert "6.7 nJ" in page
    (picture,) = made
    assert f"({picture.removeprefix('notebooks/')})" in page
    assert made[picture].startswith(b"\x89PNG")
