"""Rounds: prune while the budget holds; what breaks it is undone and tried smaller."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import SpikewattError
from ...progress import Progress, silent
from ..network.spiking_network import SpikingNetwork
from .activity import Activity
from .cut import Cut
from .judge import Judge
from .pruned import Round
from .sensitivity import Increment, cut_of
from .silent import dead_cut

FIRST_PART = 8  # of all increments together that the first round tries


class Rounds:
    """The state of a pruning.

    Parameters
    ----------
    judge : Judge
        Of the validation samples.
    budget_points : float
        Most accuracy that may be lost, percentage points.
    """

    def __init__(self, judge: Judge, budget_points: float):
        self.judge, self.budget_points = judge, budget_points
        self.tried: list[Round] = []
        self.cut = Cut()
        self.network = judge.network
        self.accuracy = judge.accuracy_before
        self.saved = 0.0

    def attempt(self, what: str, where: str, cut: Cut, network: SpikingNetwork) -> bool:
        """Whether `network` keeps within the budget; it is then what is left."""
        trace = self.judge.run(network)
        accuracy, saved = self.judge.accuracy(trace), self.judge.saved(network, trace)
        loss = self.judge.loss_points(trace)
        kept = loss <= self.budget_points + 1e-9
        number = len(self.tried) + 1
        self.tried.append(Round(number, what, where, saved, accuracy, loss, kept))
        if kept:
            self.cut, self.network = cut, network
            self.accuracy, self.saved = accuracy, saved
        return kept

    def check(self) -> None:
        """Raise where nothing could be pruned."""
        if any(each.kept for each in self.tried):
            return
        if not self.tried:
            raise SpikewattError("prune.network", "has something that can be pruned", "nothing")
        near = min(self.tried, key=lambda each: each.loss_points)
        raise SpikewattError(
            where="prune.budget_points",
            law="cannot be met, not even by the smallest round",
            got=f"{near.loss_points:.2f} points lost for {near.saved:.1%} saved",
            allowed=f"{self.budget_points:g} points",
            hint="a larger budget, or fine-tuning on training data",
        )


def prune_in_order(
    rounds: Rounds,
    increments: Sequence[Increment],
    activity: Activity | None,
    most: int,
    progress: Progress = silent,
) -> None:
    """Go along `increments`, an eighth of them at first, half as many after each that is undone.

    A single increment that breaks the budget takes its knob out; the others go on.

    Parameters
    ----------
    rounds : Rounds
    increments : sequence of Increment
    activity : Activity or None
        For bias compensation.
    most : int
        Rounds.
    """
    network = rounds.judge.network
    base = rounds.cut
    taken: list[Increment] = []
    left = list(increments)
    at_once = max(1, len(left) // FIRST_PART)
    while left and len(rounds.tried) < most:
        progress("prune", len(rounds.tried), most)
        more = left[:at_once]
        cut = base.also(cut_of([*taken, *more]))
        pruned = applied(cut, network, activity)
        what, where = said(more)
        if rounds.attempt(what, where, cut, pruned):
            taken += more
            left = left[at_once:]
        elif len(more) > 1:
            at_once = len(more) // 2
        else:
            left = [each for each in left if each.knob is not more[0].knob]
    progress("prune", most, most)


def applied(cut: Cut, network: SpikingNetwork, activity: Activity | None) -> SpikingNetwork:
    """What `cut` leaves of `network`, without channels that nothing hears any more."""
    pruned = cut.applied(network, activity)
    return dead_cut(pruned).applied(pruned)


def said(increments: Sequence[Increment]) -> tuple[str, str]:
    """What and where, as a table says it: of each knob the last share."""
    shares = {(each.knob.what, each.knob.where): each.share for each in increments}
    what = " and ".join(sorted({kind for kind, _ in shares}))
    several = len({kind for kind, _ in shares}) > 1
    parts = [
        f"{where}{f' ({kind})' if several else ''} {share:.0%}"
        for (kind, where), share in shares.items()
    ]
    return what, ", ".join(parts)
