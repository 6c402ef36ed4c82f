"""The words of some samples in the golden model of a chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...design import COUNTER_ORDER
from ...model.core_image import CoreImage
from ...model.golden import GoldenChain
from ...model.words import Word
from ...simulation.record import TICK
from .run import ChainRun, CoreRun


def golden_run(
    images: Sequence[CoreImage],
    programs: Sequence[Sequence[Word]],
    state_bits: int,
    cycles_per_sop: int = 2,
    event_rule: bool = False,
    interrupted: Sequence[int] = (),
    refusals: int = 0,
) -> ChainRun:
    """Run the words of each sample on the golden model.

    Parameters
    ----------
    images : one per core
    programs : the words of each sample; before each the initial potentials are loaded
    state_bits : width of a potential, bits
    cycles_per_sop : cycles of a visit to one neuron, default 2
    event_rule : ODIN's rule in place of the tick rule, default False
    interrupted : as `Pace` has it: after such a sample the counters are 0, default never
    refusals : accesses of each core's memory port that it refuses before each sample, default 0
    """
    chain = GoldenChain.of(images, state_bits, cycles_per_sop, event_rule)
    notes = [_Notes() for _ in images]
    last_ticks: list[tuple[int, int]] = []
    for number, program in enumerate(programs):
        cut = bool(interrupted) and interrupted[number] > 0
        chain.restart()
        for core in chain.cores:
            core.refusals += refusals
        before = [len(note.left) for note in notes]
        for word in program:
            sent = chain.send(word)
            if not cut:
                last_ticks += [(each.kind, each.target) for each in sent[-1] if not each.is_event]
            for i, (note, of_core) in enumerate(zip(notes, sent, strict=True)):
                note.left += [_neuron_or_tick(each) for each in of_core]
                if word.read:
                    note.ends.append(len(note.left) - before[i])
                    note.potentials.append(chain.cores[i].potential.copy())

        for note, core in zip(notes, chain.cores, strict=True):
            counts = core.counters()
            if cut:
                for name in counts:
                    setattr(core, name, 0)
                counts = core.counters()
            note.history.append([counts.get(name, 0) for name in COUNTER_ORDER])
            note.lengths.append(len(note.left))

    return ChainRun([note.run() for note in notes], np.array(last_ticks, np.int64).reshape(-1, 2))


class _Notes:
    """What one golden core did."""

    def __init__(self):
        self.left: list[int] = []
        self.lengths: list[int] = []
        self.ends: list[int] = []
        self.potentials: list[np.ndarray] = []
        self.history: list[list[int]] = []

    def run(self) -> CoreRun:
        """The notes as a run."""
        return CoreRun(
            left=np.array(self.left, np.int64),
            lengths=np.diff([0, *self.lengths]),
            ends=np.array(self.ends, np.int64),
            potentials=np.array(self.potentials),
            history=np.array(self.history),
            stalls=np.zeros(0, np.int64),
            contents=np.zeros((0, 0), np.int64),
        )


def _neuron_or_tick(word: Word) -> int:
    return TICK if word.axon is None else word.axon
