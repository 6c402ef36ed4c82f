"""Rounds of pruning with training after each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ....errors import SpikewattError
from ....progress import Progress
from ..activity import Activity, activity
from ..cut import Cut
from ..judge import Judge
from ..knobs import Choice, knobs_of
from ..rounds import Rounds, applied, said
from ..sensitivity import Increment, cut_of, in_order
from .masks import kernel_masks
from .training import tune
from .tuning import Tuning

FIRST_SHARE = 0.3  # of what is left that a round is to save at first
SMALLEST_SHARE = 0.04
SHARPER = 0.5  # by which the share shrinks when a round was undone


def prune_and_tune(
    going: Rounds,
    probe: Judge,
    choice: Choice,
    tuning: Tuning,
    compensate: bool,
    most: int,
    progress: Progress,
) -> Any:
    """Rounds of pruning and training; the model of the last one that kept the budget.

    The first round is to save 30 % of what there is, each further one as much of what is left; one
    that breaks the budget is undone and tried with half of that.

    Parameters
    ----------
    going : Rounds
    probe : Judge
        Of the calibration samples.
    choice : Choice
    tuning : Tuning
    compensate : bool
        Whether biases are compensated while layers are tried, before any training.
    most : int
        Rounds.
    progress : Progress

    Raises
    ------
    SpikewattError : a network of another model or other options; a budget that is not met.
    """
    options = tuning.options
    model, full = tuning.copy(), going.judge.network
    if tuning.converted(model).hash != full.hash:
        law = "model, convert and calibration are those that the network was converted from"
        raise SpikewattError("prune.tuning", law)

    share, undone = FIRST_SHARE, 0  # increments of the round that was undone last
    for number in range(1, most + 1):
        progress("prune", number - 1, most)
        here = replace(probe, network=full)
        order = _in_order(here, choice, compensate, progress)
        found = _next_cut(here, order, going.cut, share, compensate, undone)
        if found is None:
            break
        more, cut = found
        tried = tuning.copy(model)
        masks = kernel_masks(tuning.model, going.judge.network, cut, options)
        tune(tuning, tried, masks, number, progress)
        converted = tuning.converted(tried)
        what, where = said(more)
        if going.attempt(what, where, cut, applied(cut, converted, None)):
            model, full, undone = tried, cut.zeroed(converted), 0
        else:
            share, undone = share * SHARPER, len(more)
            if share < SMALLEST_SHARE:
                break
    progress("prune", most, most)
    going.check()
    return model


def _in_order(
    probe: Judge, choice: Choice, compensate: bool, progress: Progress
) -> tuple[list[Increment], Activity]:
    """The increments of a network, and its activity."""
    network = probe.network
    sent = activity(network, probe.x, probe.steps, probe.seed)
    mean = sent if compensate else None
    return in_order(probe, knobs_of(network, sent, choice), mean, progress), sent


def _next_cut(
    probe: Judge,
    found: tuple[list[Increment], Activity],
    cut: Cut,
    share: float,
    compensate: bool,
    undone: int,
) -> tuple[list[Increment], Cut] | None:
    """The increments that save `share` of what is left, and what is then kept; None: no more.

    Fewer than were `undone`, where that is not 0.
    """
    order, sent = found
    network, mean = probe.network, sent if compensate else None
    # What is cut already is zeros here: operations are saved with it, neurons not yet.
    left = cut.applied(network)
    already = probe.saved(left, probe.run(left))
    wanted = already + share * (1 - already)
    if undone:
        order = order[: undone - 1]
    if not order:
        return None

    low, high = 0, len(order)
    while low < high:
        middle = (low + high) // 2
        pruned = cut.also(cut_of(order[: middle + 1])).applied(network, mean)
        if probe.saved(pruned, probe.run(pruned)) < wanted:
            low = middle + 1
        else:
            high = middle
    more = order[: low + 1]
    return more, cut.also(cut_of(more))
