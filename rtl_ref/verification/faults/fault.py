"""A fault: one place of the RTL is changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ....errors import SpikewattError
from ...design import source_files
from .operators import RULES

LONGEST = 60  # letters of a fault's name that are shown of each side


@dataclass(frozen=True)
class Fault:
    """A change of one place of the RTL.

    Parameters
    ----------
    rule : that it was made by, of RULES; or what is wrong, in words
    file : name of the SystemVerilog file
    right : text that stands there
    wrong : text that takes its place
    place : where in the file, default where `right` stands, which must be there once
    """

    rule: str
    file: str
    right: str
    wrong: str
    place: int | None = None

    @property
    def name(self) -> str:
        """What is changed, in one line."""
        if self.place is None:
            return self.rule
        return f"{self.rule}: {_short(self.right)} → {_short(self.wrong) or 'nothing'}"

    def line(self, text: str) -> int:
        """Number of the line in the text of its file."""
        return text[: self._start(text)].count("\n") + 1

    def plant(self, text: str) -> str:
        """The text of its file with the fault in it.

        Raises
        ------
        SpikewattError : the place for the fault is not there, or not once.
        """
        start = self._start(text)
        return text[:start] + self.wrong + text[start + len(self.right) :]

    def _start(self, text: str) -> int:
        if self.place is not None:
            return self.place

        found = text.count(self.right)
        if found != 1:
            law = f"its place must be once in {self.file}"
            raise SpikewattError(f"fault {self.rule!r}", law, found, 1)
        return text.index(self.right)


def plant(fault: Fault, folder: Path) -> None:
    """Copy the RTL with the fault in it.

    Parameters
    ----------
    fault : what to change
    folder : path, where the copy is written to

    Raises
    ------
    SpikewattError : the place for the fault is not there, or not once.
    """
    for source in source_files():
        text = source.read_text("utf-8")
        if source.name == fault.file:
            text = fault.plant(text)
        (folder / source.name).write_text(text, "utf-8")


def enumerate_faults(file: Path) -> Iterator[Fault]:
    """Every fault that the rules make of a file, in the order of the rules and of the text.

    Parameters
    ----------
    file : path of a SystemVerilog file
    """
    text = file.read_text("utf-8")
    for rule, changes in RULES.items():
        for span, wrong in changes(text):
            yield Fault(rule, file.name, span.of(text), wrong, span.start)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
