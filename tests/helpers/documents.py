"""Reads the blocks of shell and Python in a Markdown file, and what a test is to do with them.

An HTML comment before a block tells the test what a reader does not need to know:

``<!-- test: skip because … -->``
    The block is not run.
``<!-- test: skip WORD, WORD because … -->``
    Lines that contain one of the words are not run.
``<!-- test: instead COMMAND because … -->``
    The command is run in place of the block.

It also reads heads and links, so that a test can follow them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

MARK = re.compile(r"<!-- test: (?P<what>skip|instead)(?P<rest>.*?) because (?P<why>.+?) -->")
FENCE = re.compile(r"^```(\w*)\s*$")
PROGRAMS = ("spikewatt", "make", "cp", "pip", "python", "source")
SHELL, PYTHON = "shell", "python"

FACES = ("README.md", "CONTRIBUTING.md")
GENERATED = ("docs/gallery/",)  # of the pages that are committed


def written_pages(root: Path) -> list[str]:
    """The pages that people wrote, as paths from the root of the repository."""
    found = [name for name in FACES if (root / name).is_file()]
    found += [str(path.relative_to(root)) for path in (root / "docs").rglob("*.md")]
    return sorted(name for name in found if not name.startswith(GENERATED))


@dataclass(frozen=True)
class Block:
    """Lines of one language that stand together.

    Parameters
    ----------
    language : str
        ``shell`` or ``python``.
    text : str
        The lines, with `text` starting at `line` of the document.
    line : int
        Number of the first line, from 1.
    skip : bool
        Whether nothing of it is run.
    skipped_words : tuple of str
        Lines with one of these are not run.
    instead : str
        What is run in its place; "" for the block itself.
    """

    language: str
    text: str
    line: int
    skip: bool = False
    skipped_words: tuple[str, ...] = field(default=())
    instead: str = ""

    @property
    def lines(self) -> list[str]:
        """The commands of a shell block as they stand: without comments, each on one line."""
        whole = re.sub(r"\\\n\s*", "", self.text)
        bare = [re.sub(r"(^|\s+)#.*", "", line).strip() for line in whole.splitlines()]
        return [line for line in bare if line]

    @property
    def commands(self) -> list[str]:
        """The commands of a shell block that are to be run."""
        if self.skip or self.language != SHELL:
            return []
        lines = [self.instead] if self.instead else self.lines
        return [line for line in lines if not self._leaves_out(line)]

    def _leaves_out(self, line: str) -> bool:
        return any(word in line.split() for word in self.skipped_words)


def read_blocks(path: Path) -> list[Block]:
    """The shell and Python blocks of a Markdown file, in order.

    A shell block is indented by four spaces and begins with a program that we know, or is fenced
    as ``sh`` or ``shell``; a Python block is fenced as ``python``.
    """
    blocks, lines, mark = [], path.read_text().splitlines(), ""
    number = 0
    while number < len(lines):
        line = lines[number]
        if line.startswith("<!-- test:"):
            assert MARK.fullmatch(line), f"{path.name}:{number + 1}: {line}"
            mark = line
        elif fence := FENCE.match(line):
            end = lines.index("```", number + 1)
            language = {"sh": SHELL, "shell": SHELL, "python": PYTHON}.get(fence[1])
            if language:
                text = "\n".join(lines[number + 1 : end])
                blocks.append(_block(language, text, number + 2, mark))
            number, mark = end, ""
        elif _begins_shell(line):
            end = number
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            text = "\n".join(part[4:] for part in lines[number:end])
            blocks.append(_block(SHELL, text, number + 1, mark))
            number, mark = end - 1, ""
        elif line.strip():
            mark = ""
        number += 1

    return blocks


def _begins_shell(line: str) -> bool:
    return line.startswith("    ") and line.split()[:1] != [] and line.split()[0] in PROGRAMS


def _block(language: str, text: str, line: int, mark: str) -> Block:
    found = MARK.fullmatch(mark)
    if found is None:
        return Block(language, text, line)
    rest = found["rest"].strip()
    if found["what"] == "instead":
        return Block(language, text, line, instead=rest)
    words = tuple(word.strip() for word in rest.split(",") if word.strip())
    return Block(language, text, line, skip=not words, skipped_words=words)


# ------------------------------------------------------------------ heads and links

HEAD = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+(?:\([^()\s]*\))?)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors of a page: small letters, hyphens for spaces, no punctuation.

    >>> sorted(anchors("# A core, its `host`\\n\\n## Why?"))
    ['a-core-its-host', 'why']
    """
    heads = HEAD.findall(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    kept = ("".join(c for c in head.lower() if c.isalnum() or c in " -_") for head in heads)
    return {each.strip().replace(" ", "-") for each in kept}


def links(text: str) -> list[str]:
    """Targets of the links and pictures of a page that lead to no other site."""
    targets = LINK.findall(CODE.sub("", text))
    return [target for target in targets if "://" not in target]
