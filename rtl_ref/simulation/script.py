"""The script that `benches/chain_player.sv` plays to a chain of cores: commands as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Commands, with their numbers in chain_player.sv.
END, SEND, WRITE, READ, LOOK, REFUSE, RESET, SAMPLE_END, RECEIVER, PATIENCE = range(10)

SYNAPSE, POTENTIAL, THRESHOLD, BIAS = range(4)  # memories of a core
READINESS_UNITS = 1 << 24  # of a readiness of 1


class Script:
    """Commands in the order in which they are played; see chain_player.sv for each."""

    def __init__(self):
        self._lines: list[str] = []

    def text(self) -> str:
        """The whole script, with its end."""
        return "\n".join([*self._lines, str(END)]) + "\n"

    def patience(self, quiet_cycles: int, most_cycles: int) -> None:
        """What is too long.

        Parameters
        ----------
        quiet_cycles : in which nothing moves: the chain hangs
        most_cycles : of the whole run: the chain sends words without end
        """
        self._add(PATIENCE, quiet_cycles, most_cycles)

    def receiver(self, readiness: float, seed: int) -> None:
        """Be ready at random.

        Parameters
        ----------
        readiness : 0..1, probability in a cycle
        seed : of the random numbers
        """
        scrambled = seed * 0x9E3779B1 % 2**32
        self._add(RECEIVER, round(readiness * READINESS_UNITS), scrambled or 1)

    def write(self, core: int, memory: int, values: np.ndarray) -> None:
        """Write a memory of a core, when it rests.

        Parameters
        ----------
        core : number from 0
        memory : number of the memory
        values : (neurons,), or (axons, neurons) of synapses
        """
        rows = np.atleast_2d(values)
        self._add(WRITE, core, memory, *rows.shape)
        for row in rows.tolist():
            self._add(*row)

    def read(self, core: int, places: Sequence[tuple[int, int, int]]) -> None:
        """Read one place after the other, a new one in every cycle.

        Parameters
        ----------
        core : number from 0
        places : memory, axon (of a synapse), neuron
        """
        self._add(READ, core, len(places))
        for place in places:
            self._add(*place)

    def refuse(
        self, core: int, *, write: bool, memory: int, axon: int, neuron: int, value: int
    ) -> None:
        """Ask a core that rests for what it must refuse."""
        self._add(REFUSE, core, int(write), memory, axon, neuron, value)

    def send(
        self, axon: int, kind: int, target: int, comes_out: bool = False, rest: int = 0
    ) -> None:
        """Send a word.

        Parameters
        ----------
        axon : of an event; −1 for a tick
        kind : what a tick does
        target : core that executes a tick
        comes_out : whether it is a tick that leaves the chain, default False
        rest : cycles before it, default 0
        """
        self._add(SEND, int(axon < 0), kind, target, max(axon, 0), int(comes_out), rest)

    def look(self) -> None:
        """Read the potentials of all cores, when all ticks that leave the chain have left it."""
        self._add(LOOK)

    def reset(self, after: int) -> None:
        """Reset the chain.

        Parameters
        ----------
        after : cycles before it
        """
        self._add(RESET, after)

    def end_sample(self, interrupted: bool) -> None:
        """Note all counters and stalls."""
        self._add(SAMPLE_END, int(interrupted))

    def _add(self, *numbers: int) -> None:
        self._lines.append(" ".join(map(str, numbers)))


def places_of(axons: int, neurons: int) -> list[tuple[int, int, int]]:
    """Every place of a core's memories: memory, axon (0 but for a synapse), neuron.

    Parameters
    ----------
    axons : rows of its synapses
    neurons : its neurons

    >>> places_of(1, 1)
    [(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)]
    """
    places = [(SYNAPSE, axon, neuron) for axon in range(axons) for neuron in range(neurons)]
    for memory in (POTENTIAL, THRESHOLD, BIAS):
        places += [(memory, 0, neuron) for neuron in range(neurons)]
    return places


def in_turn(places: Sequence[tuple[int, int, int]]) -> list[int]:
    """An order in which no two reads that follow each other are of one memory, where it can be.

    Parameters
    ----------
    places : as `places_of` gives them

    >>> in_turn([(0, 0, 0), (0, 1, 0), (1, 0, 0), (2, 0, 0)])
    [0, 2, 3, 1]
    """
    return sorted(range(len(places)), key=lambda i: (places[i][2], places[i][1], i))
