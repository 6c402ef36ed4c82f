"""Functional coverage: what the random benches must have made happen, and whether they did."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..design import COUNTER_ORDER
from ..model.golden import GoldenCore
from ..model.words import ADD, ALL, FIRE, KINDS, STEP, Word

STATES = ("IDLE", "READ", "WRITE", "EMIT", "PASS_ON")

CORE_BINS = (
    "word: event",
    *(f"word: {kind}" for kind in KINDS),
    "target: all",
    "target: this core",
    "target: another",
    "rule: tick",
    "rule: event",
    "rule: FIRE on a potential too large to double",
    "spikes of a visit: none",
    "spikes of a visit: some",
    "spikes of a visit: all",
    "spike of the first neuron",
    "spike of the last neuron",
    "potential equals its threshold",
    "potential one below its threshold",
    "neuron that may not fire reaches its threshold",
    "sum held at the upper end",
    "sum held at the lower end",
    "event rule: held at 0",
    "weight: 0",
    "weight: smallest",
    "weight: largest",
    "negative bias",
    "one axon",
    "one neuron",
    "cycles per operation: 2",
    "cycles per operation: 3",
    "cycles per operation: more",
    "queue full",
    "queue of 2",
    "queue empty between words",
    "receiver waits: 0",
    "receiver waits: 1",
    "receiver waits: 2 or more",
    *(f"reset in {state}" for state in STATES),
    *(f"reset of the counter {name}" for name in COUNTER_ORDER),
    "word of no axon",
    "word of no kind",
    "counter that wraps",
    "access refused by the memory port",
    "memory port asked while the core works",
    "all memories read back",
    "memories written anew",
    "second run without a reset",
)


CHAIN_BINS = (
    *(f"chain of {cores}" for cores in (1, 2, 3, 5, 15)),
    *(f"chain: cycles per operation {cycles}" for cycles in (2, 3, 7)),
    "chain: tick rule",
    "chain: event rule",
    "chain: core of 256 neurons",
    "chain: core of 256 axons",
    "chain: axons that nobody feeds",
    "chain: counters wider than a register",
    "chain: counter that wraps",
    "chain: memories loaded from files",
    "chain: access refused by a memory port",
    "chain: number of no core",
    "chain: all memories read back",
    "chain: event",
    "chain: word that does not exist",
    *(f"chain: {kind}" for kind in KINDS),
    "chain: tick for all",
    "chain: tick for the first core",
    "chain: tick for a core between",
    "chain: tick for the last core",
    "chain: tick for a core that is not there",
    "chain: spikes leave it",
    "chain: the last core waits for the receiver",
    "chain: a core waits for the next one",
    *(f"chain: reset of the counter {name}" for name in COUNTER_ORDER),
)


class Coverage:
    """Hits of bins.

    Parameters
    ----------
    bins : their names, default CORE_BINS
    """

    def __init__(self, bins: tuple[str, ...] = CORE_BINS):
        self.bins = bins
        self.hits: Counter[str] = Counter()

    def hit(self, name: str, times: int = 1) -> None:
        """Count a hit; a name that is no bin is a mistake of the caller.

        Parameters
        ----------
        name : of the bins
        times : how often, default 1
        """
        assert name in self.bins, name
        self.hits[name] += times

    def hit_if(self, happened: object, name: str) -> None:
        """Count a hit where `happened` is true."""
        if happened:
            self.hit(name)

    def missing(self) -> list[str]:
        """Bins that were never hit."""
        return [name for name in self.bins if not self.hits[name]]

    def observe(self, core: GoldenCore, word: Word) -> list[Word]:
        """Send `word` to the golden core, and hit what it makes happen; returns what leaves.

        Parameters
        ----------
        core : the golden core
        word : an event or a tick
        """
        if not word.exists(core.axons):
            kind = "axon" if word.is_event else "kind"
            self.hit(f"word of no {kind}")
            return core.send(word)

        before = core.potential.copy()
        change = core.change(word).copy()
        saturations = core.saturations
        left = core.send(word)

        self._word(core, word)
        if word.is_for(core.index):
            fired = [out.axon for out in left if out.is_event]
            self._spikes(core, fired)
            self._ends_of_the_range(
                core,
                word,
                before + change,
                core.saturations > saturations,
            )
            self._thresholds(core, word, before, before + change)
            self._operands(core, word, change)

        return left

    def _word(self, core: GoldenCore, word: Word) -> None:
        if word.is_event:
            self.hit("word: event")
            return

        self.hit(f"word: {KINDS[word.kind]}")
        if word.target == ALL:
            self.hit("target: all")
        elif word.target == core.index:
            self.hit("target: this core")
        else:
            self.hit("target: another")

    def _spikes(self, core: GoldenCore, fired: list) -> None:
        self.hit("rule: event" if core.event_rule else "rule: tick")

        if not fired:
            self.hit("spikes of a visit: none")
        elif len(fired) == core.neurons:
            self.hit("spikes of a visit: all")
        else:
            self.hit("spikes of a visit: some")

        self.hit_if(0 in fired, "spike of the first neuron")
        self.hit_if(core.neurons - 1 in fired, "spike of the last neuron")

    def _ends_of_the_range(
        self,
        core: GoldenCore,
        word: Word,
        exact: np.ndarray,
        saturated: bool,
    ) -> None:
        """Whether a sum was held; a FIRE doubles after the test, so that `exact` is not its sum."""
        limit = 2 ** (core.state_bits - 1)
        if saturated and not _is_tick(word, FIRE):
            self.hit_if((exact >= limit).any(), "sum held at the upper end")
            self.hit_if((exact < -limit).any(), "sum held at the lower end")

        self.hit_if(
            core.event_rule and (exact < 0).any(),
            "event rule: held at 0",
        )

    def _thresholds(
        self,
        core: GoldenCore,
        word: Word,
        before: np.ndarray,
        exact: np.ndarray,
    ) -> None:
        """How close the tested potentials came to their thresholds."""
        if not core.event_rule and not _is_tick(word, STEP, FIRE):
            return  # nothing is tested

        limit = 2 ** (core.state_bits - 1)
        fires_first = _is_tick(word, FIRE) and not core.event_rule
        held = np.clip(exact, -limit, limit - 1)
        tested = before if fires_first else held

        threshold = core.image.threshold
        may_fire = core.image.may_fire
        equal = may_fire & (tested == threshold)
        one_below = may_fire & (tested == threshold - 1)
        reached = ~may_fire & (tested >= threshold)
        self.hit_if(equal.any(), "potential equals its threshold")
        self.hit_if(one_below.any(), "potential one below its threshold")
        self.hit_if(
            reached.any(),
            "neuron that may not fire reaches its threshold",
        )

        if fires_first:
            fired = may_fire & (before >= threshold)
            doubled = 2 * (before - threshold)[fired]
            too_large = (doubled >= limit).any()
            self.hit_if(
                too_large,
                "rule: FIRE on a potential too large to double",
            )

    def _operands(self, core: GoldenCore, word: Word, change: np.ndarray) -> None:
        if word.is_event:
            synapses = core.image.synapses
            self.hit_if((change == 0).any(), "weight: 0")
            self.hit_if((change == synapses.min()).any(), "weight: smallest")
            self.hit_if((change == synapses.max()).any(), "weight: largest")
        elif word.kind in (STEP, ADD):
            self.hit_if((core.image.bias < 0).any(), "negative bias")


def _is_tick(word: Word, *kinds: int) -> bool:
    """Whether `word` is a tick of one of these kinds."""
    return not word.is_event and word.kind in kinds
