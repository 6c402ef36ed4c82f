"""What `benches/chain_player.sv` saw: lines of what, a number (of a core, mostly), and a value."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError

# What a line tells of, with its number in chain_player.sv.
(
    WORD,
    LAST_TICK,
    LOOKED,
    POTENTIAL,
    CONTENT,
    LATENCY,
    REFUSED,
    COUNTER,
    WRAPPED,
    STALLS,
    ENDED,
    RESET_STATE,
    RESET_COUNTER,
    FAULT,
    CYCLES,
) = range(15)

PLAIN = set("0123456789- \n")  # an unknown value is written as x or z
TICK = -1  # value of a WORD that is none of a neuron
FAULTS = {
    1: "the chain hangs: nothing moves",
    2: "a read of the memory port is not answered",
    3: "a read that is refused is answered",
    4: "the script holds what is no command",
    5: "a link is neither 0 nor 1",
    6: "the chain works on and on",
}


class Record:
    """Lines of a record, in the order of time.

    Parameters
    ----------
    lines : (lines, 3) what, number, value
    """

    def __init__(self, lines: np.ndarray):
        self.lines = np.asarray(lines, np.int64).reshape(-1, 3)
        self._of_what: dict[int, np.ndarray] = {}

    @classmethod
    def read(cls, text: str) -> Record:
        """The record in the text that the player wrote.

        Parameters
        ----------
        text : lines of three whole numbers

        Raises
        ------
        SpikewattError : it has no end, tells of a fault, or holds a value that is unknown (x).
        """
        if not text or set(text) - PLAIN:
            raise SpikewattError("verify", "the bench must see numbers", _strange(text))

        found = np.fromstring(text, np.int64, sep=" ")
        if len(found) != 3 * text.count("\n"):
            raise SpikewattError("verify", "the bench must see numbers", _strange(text))

        record = cls(found)
        faults = record.lines[record.places(FAULT), 1]
        if len(faults):
            raise SpikewattError("verify", "the chain must answer", FAULTS[int(faults[0])])
        if not len(record.places(CYCLES)):
            raise SpikewattError("verify", "the bench must finish", "a record without its end")
        return record

    def places(self, what: int) -> np.ndarray:
        """Where the lines that tell of something stand."""
        if what not in self._of_what:
            self._of_what[what] = np.flatnonzero(self.lines[:, 0] == what)
        return self._of_what[what]

    def numbers(self, what: int) -> np.ndarray:
        """Numbers of the lines that tell of something."""
        return self.lines[self.places(what), 1]

    def values(self, what: int) -> np.ndarray:
        """Values of the lines that tell of something."""
        return self.lines[self.places(what), 2]

    @property
    def cycles(self) -> int:
        """Clock cycles of the whole run."""
        return int(self.values(CYCLES)[-1])


def _strange(text: str) -> str:
    """The first line that is not three whole numbers."""
    for line in text.splitlines():
        words = line.split()
        if len(words) != 3 or set(line) - PLAIN:
            return repr(line)
    return "half a line" if text else "nothing"
