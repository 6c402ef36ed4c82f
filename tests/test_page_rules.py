"""What holds of every page: blocks run or say why not, links lead somewhere, lines are short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import spikewatt

from .helpers.documents import MARK, PYTHON, anchors, links, read_blocks, written_pages

ROOT = Path(spikewatt.__file__).resolve().parent
# What only the site has: it checks these links itself.
ON_THE_SITE = ("docs/reference/", "docs/validation.md", "docs/gallery/", "docs/notebooks/")
MOST_COLUMNS, MOST_BYTES = 100, 6000


PAGES = written_pages(ROOT)


def test_there_are_pages_of_each_kind():
    kinds = {name.split("/")[1] for name in PAGES if name.count("/") == 2}
    assert kinds >= {"tutorial", "how_to", "explanation", "reference"}
    assert len(PAGES) > 30


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_bytes()) <= MOST_BYTES


def test_the_readme_and_the_pages_show_what_to_type():
    commands = {name: [] for name in PAGES}
    python = 0
    for name, found in commands.items():
        for block in read_blocks(ROOT / name):
            python += block.language == PYTHON and not block.skip
            found += block.commands
    assert len(commands["README.md"]) >= 3
    assert python > 8
    verbs = {line.split()[1] for found in commands.values() for line in found if " " in line}
    assert verbs >= {"run", "convert", "simulate", "diagnose", "price", "map", "odin", "validate"}


@pytest.mark.parametrize("name", PAGES)
def test_every_block_of_a_page_runs_or_says_why_not(name):
    """A skipped line is named by a mark with a reason, and every mark stands before a block."""
    text = (ROOT / name).read_text()
    marks = [line for line in text.splitlines() if line.startswith("<!-- test:")]
    assert all(MARK.fullmatch(mark) for mark in marks)
    blocks = read_blocks(ROOT / name)
    marked = [block for block in blocks if block.skip or block.skipped_words or block.instead]
    assert len(marked) == len(marks), "a mark that no block follows"
    for block in marked:
        words = {word for line in block.lines for word in line.split()}
        assert set(block.skipped_words) <= words, f"{name}:{block.line}: skips what is not there"
    fences = re.findall(r"^```(\w*)$", text, re.MULTILINE)
    assert set(fences[::2]) <= {"sh", "python", "yaml", "json", "csv", "text"}


@pytest.mark.parametrize("name", PAGES)
def test_links_and_anchors_lead_somewhere(name):
    text = (ROOT / name).read_text()
    for target in links(text):
        path, _, anchor = target.partition("#")
        file = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        if not file.exists() and name != "README.md":
            assert str(file.relative_to(ROOT)).startswith(ON_THE_SITE), f"{name}: {target}"
            continue
        assert file.exists(), f"{name}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text()), f"{name}: {target}"


@pytest.mark.parametrize("name", PAGES)
def test_lines_are_short(name):
    """But for tables, pictures and quoted output."""
    text = re.sub(r"^```(text|yaml|csv)$.*?^```$", "", (ROOT / name).read_text(), flags=re.M | re.S)
    long = [
        line
        for line in text.splitlines()
        if len(line) > MOST_COLUMNS and not line.startswith(("|", "![", "<!-- test:"))
    ]
    assert not long


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_first_what_it_is_for_and_links_the_glossary(name):
    text = (ROOT / name).read_text()
    head, blank, first = text.splitlines()[:3]
    assert head.startswith("# ")
    assert not blank
    assert first[:1].isalnum() or first.startswith(("`", "[", "**"))
    if name.split("/")[-2:-1] in (["how_to"], ["explanation"], ["tutorial"]):
        assert "glossary.md" in text


# ------------------------------------------------------------------ how pages are read

PAGE = """
Text.

<!-- test: instead spikewatt run because a test installs nothing -->

    make run      # creates all

    not a program

<!-- test: skip verify, synth because they need tools -->

```sh
# what was seen
spikewatt plot a   # comment
spikewatt price a \\
    --device b
spikewatt verify --spk a
```

<!-- test: skip because it takes minutes -->

```python
raise RuntimeError
```

Text ends the mark.

```python
x = 1
```

```json
{}
```
"""


def test_marks_skip_lines_and_blocks_and_replace_them(tmp_path):
    (tmp_path / "d.md").write_text(PAGE)
    first, second, third, fourth = read_blocks(tmp_path / "d.md")
    assert first.commands == ["spikewatt run"]
    assert second.commands == ["spikewatt plot a", "spikewatt price a --device b"]
    assert second.lines[-1] == "spikewatt verify --spk a"
    assert (third.language, third.skip, third.commands) == ("python", True, [])
    assert (fourth.text, fourth.skip, fourth.line) == ("x = 1", False, 29)


def test_a_mark_says_why(tmp_path):
    (tmp_path / "d.md").write_text("<!-- test: skip -->\n\n    make all\n")
    with pytest.raises(AssertionError, match=r"d\.md:1"):
        read_blocks(tmp_path / "d.md")


def test_anchors_and_links_of_a_page():
    text = "# A core, its `host`\n\n[a](b.md#c) ![d](e.png) [f](https://g.h) `[x](y)`\n"
    assert anchors(text) == {"a-core-its-host"}
    assert links(text) == ["b.md#c", "e.png"]
