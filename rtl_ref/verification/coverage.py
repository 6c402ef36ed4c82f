"""Functional coverage: what the random benches must have made happen, and whether they did."""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..model.golden import GoldenCore
from ..model.words import ADD, ALL, DOUBLE, FIRE, KINDS, MARK, STEP, Word

STATES = ("IDLE", "READ", "WRITE", "EMIT", "PASS_ON")
BINS = (
    *(f"word: {name}" for name in ("event", *KINDS)),
    "target: all", "target: this core", "target: another",
    "rule: tick", "rule: event", "rule: FIRE on a potential too large to double",
    "spikes of a visit: none", "spikes of a visit: some", "spikes of a visit: all", "spike of the first neuron", "spike of the last neuron",
    "potential equals its threshold", "potential one below its threshold", "neuron that may not fire reaches its threshold",
    "sum held at the upper end", "sum held at the lower end", "event rule: held at 0",
    "weight: 0", "weight: smallest", "weight: largest", "negative bias",
    "one axon", "one neuron", "cycles per operation: 2", "cycles per operation: more",
    "queue full", "queue of 2", "queue empty between words", "receiver waits: 0", "receiver waits: 1", "receiver waits: 2 or more",
    *(f"reset in {name}" for name in STATES), "memories written anew", "second run without a reset",
)  # fmt: skip


class Coverage:
    """Hits of BINS."""

    def __init__(self):
        self.hits: Counter[str] = Counter()

    def hit(self, name: str, times: int = 1) -> None:
        """Count a hit; a name that is no bin is a mistake of the caller."""
        assert name in BINS, name
        self.hits[name] += times

    def missing(self) -> list[str]:
        """Bins that were never hit."""
        return [name for name in BINS if not self.hits[name]]

    def observe(self, core: GoldenCore, word: Word) -> list[Word]:
        """Send `word` to the golden core, and hit what it makes happen."""
        before, lost = core.potential.copy(), core.saturations
        left = core.send(word)
        mine = word.axon is not None or (word.kind != MARK and word.target in (ALL, core.index))
        self.hit("word: event" if word.axon is not None else f"word: {KINDS[word.kind]}")
        if word.axon is None:
            self.hit(
                "target: all"
                if word.target == ALL
                else "target: this core"
                if word.target == core.index
                else "target: another"
            )
        if not mine:
            return left
        fired = [out.axon for out in left if out.axon is not None]
        self.hit("rule: event" if core.event_rule else "rule: tick")
        self.hit(
            "spikes of a visit: none"
            if not fired
            else "spikes of a visit: all"
            if len(fired) == core.neurons
            else "spikes of a visit: some"
        )
        for name, neuron in (("first", 0), ("last", core.neurons - 1)):
            if neuron in fired:
                self.hit(f"spike of the {name} neuron")
        self._sums(core, word, before, core.saturations > lost)
        return left

    def _sums(self, core: GoldenCore, word: Word, before: np.ndarray, lost: bool) -> None:
        """What the sums of a visit were."""
        image, limit = core.image, 2 ** (core.state_bits - 1)
        event = word.axon is not None
        doubles = not event and word.kind in (DOUBLE, FIRE)
        added = image.synapses[word.axon] if event else before if doubles else image.bias
        exact = before + added
        if lost and not (not event and word.kind == FIRE):
            for name, held in (("upper", exact >= limit), ("lower", exact < -limit)):
                if held.any():
                    self.hit(f"sum held at the {name} end")
        if core.event_rule and (exact < 0).any():
            self.hit("event rule: held at 0")
        tests = core.event_rule or (not event and word.kind in (STEP, FIRE))
        tested = (
            before
            if not event and word.kind == FIRE and not core.event_rule
            else np.clip(exact, -limit, limit - 1)
        )
        if tests:
            for name, equal in (
                ("equals", tested == image.threshold),
                ("one below", tested == image.threshold - 1),
            ):
                if (equal & (image.threshold >= 0)).any():
                    self.hit(f"potential {name} its threshold")
            if ((image.threshold < 0) & (tested >= image.threshold)).any():
                self.hit("neuron that may not fire reaches its threshold")
            left = 2 * (before - image.threshold)[image.spikes(before)]
            if not core.event_rule and word.kind == FIRE and not event and (left >= limit).any():
                self.hit("rule: FIRE on a potential too large to double")
        if event:
            for name, value in (
                ("0", 0),
                ("smallest", image.synapses.min()),
                ("largest", image.synapses.max()),
            ):
                if (added == value).any():
                    self.hit(f"weight: {name}")
        elif word.kind in (STEP, ADD) and (image.bias < 0).any():
            self.hit("negative bias")
