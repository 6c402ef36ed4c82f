"""Reads the blocks of shell and Python in a Markdown file, and what a test is to do with them.

An HTML comment before a block tells the test what a reader does not need to know:

``<!-- test: skip because … -->``
    The block is not run.
``<!-- test: skip WORD, WORD because … -->``
    Lines that contain one of the words are not run.
``<!-- test: instead COMMAND because … -->``
    The command is run in place of the block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

MARK = re.compile(r"<!-- test: (?P<what>skip|instead)(?P<rest>.*?) because (?P<why>.+?) -->")
FENCE = re.compile(r"^```(\w*)\s*$")
PROGRAMS = ("spikewatt", "make", "cp", "pip", "python", "source")


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
    def commands(self) -> list[str]:
        """The lines of a shell block that are to be run, without comments."""
        if self.skip:
            return []
        lines = [self.instead] if self.instead else self.text.splitlines()
        bare = [re.sub(r"\s+#.*", "", line).strip() for line in lines]
        return [line for line in bare if line and not self._leaves_out(line)]

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
            language = {"sh": "shell", "shell": "shell", "python": "python"}.get(fence[1])
            if language:
                text = "\n".join(lines[number + 1 : end])
                blocks.append(_block(language, text, number + 2, mark))
            number, mark = end, ""
        elif _begins_shell(line):
            end = number
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            text = "\n".join(part[4:] for part in lines[number:end])
            blocks.append(_block("shell", text, number + 1, mark))
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
