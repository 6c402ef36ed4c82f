"""prune: what a spiking network can do without, within a budget of accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import SpikewattError, one_of, whole_number
from ...progress import Progress, silent
from ..engines.samples import some_of
from ..network.spiking_network import SpikingNetwork
from ..staged.choosing.evaluated import checked_budget
from ..trace.labels import check_one_readout
from .activity import activity
from .judge import AIMS, OPERATIONS, Judge
from .knobs import CHANNELS, LAYER, MAGNITUDE, WHAT, Choice, knobs_of
from .pruned import Pruned
from .rounds import Rounds, prune_in_order
from .sensitivity import in_order
from .silent import silent_cut
from .tuning.gradual import prune_and_tune
from .tuning.tuning import Tuning

CALIBRATION = 500  # samples of x, where no others are given
MOST_ROUNDS = 40
MOST_TUNED = 6  # each with a training


def prune(
    network: SpikingNetwork,
    x,
    labels=None,
    *,
    budget_points: float = 0.3,
    calibration=None,
    what: str | Sequence[str] = WHAT,
    score: str = MAGNITUDE,
    scope: str = LAYER,
    aim: str = OPERATIONS,
    compensate: bool = True,
    tuning: Tuning | None = None,
    rounds: int | None = None,
    engine: str = "event",
    steps: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Pruned:
    """Prune `network` in rounds while it loses no more than a budget on validation samples.

    First channels that are silent on the calibration samples go. Then each layer is tried alone,
    share by share, on the calibration samples; shares are taken in the order of how little they
    move the outputs for what they save. A round that loses more than the budget is undone and
    tried with half as much. What cut synapses contributed on average is added to the bias.

    With `tuning` the Keras network is trained on after each round, its zeros held, and converted
    again.

    A synapse that is cut is a weight of 0: operations that hardware with zero skipping leaves out,
    and a crossbar performs all the same. A channel that is cut is not there any more; nor is one
    whose synapses are all cut. Single neurons of a map cannot go: they share the weights of their
    channel.

    Parameters
    ----------
    network : SpikingNetwork
    x : as of `simulate`
        Validation samples: the budget is kept on them, so they must not be those of a test.
    labels : integers (samples,), optional
        Right answers; without them the answers of the unpruned network.
    budget_points : float, 0..100, default 0.3
        Most accuracy that may be lost, percentage points.
    calibration : array, optional
        Samples for activity and sensitivity; by default the first 500 of `x`.
    what : str or sequence of str
        ``channels``, ``synapses``; by default both.
    score : str, default "magnitude"
        Saliency of a synapse: ``magnitude``, or ``magnitude_activity``, times what arrives there.
    scope : str, default "layer"
        ``layer``: synapses of each connection by themselves; ``network``: of all together.
    aim : str, default "operations"
        What is to be saved: ``operations`` of weights that are not 0; ``synapses``, which are the
        weights stored; or ``neurons``, of which small cores run out first.
    compensate : bool, default True
        Whether biases are compensated.
    tuning : Tuning, optional
        The Keras network and training data.
    rounds : int, optional
        Most of them; by default 40, or 6 with `tuning`.
    engine, steps, seed : as of `simulate`
    progress : Progress, optional
        Called with ``sensitivity``, ``prune`` and ``train``.

    Returns
    -------
    Pruned

    Raises
    ------
    SpikewattError : an unknown word, a budget that is none, or that not even the smallest round
        meets (it says how near that came); nothing that can be pruned; a `tuning` of another
        network.

    References
    ----------
    Han et al., NeurIPS 2015, arXiv:1506.02626 (magnitude, prune and train); Rivelli et al., 2025
    (activity, rollback); Nagel et al., ICCV 2019, arXiv:1906.04721 (bias correction).

    Examples
    --------
    >>> pruned = prune(network, x_validation, y_validation)  # doctest: +SKIP
    >>> pruned.network.save("pruned.spk")  # doctest: +SKIP
    """
    _check_kinds(network, tuning)
    choice = Choice((what,) if isinstance(what, str) else tuple(what), score, scope)
    most = rounds if rounds is not None else (MOST_TUNED if tuning else MOST_ROUNDS)
    most = whole_number("prune.rounds", "must be a number of rounds", most, 1, 10_000)
    one_of("prune.aim", "must name what is saved", aim, AIMS)
    budget_points = checked_budget("prune", budget_points)
    some: Any = calibration
    if calibration is None:
        some = some_of(network, x, slice(CALIBRATION))
    labels = None if labels is None else np.asarray(labels)

    judge = Judge(network, x, labels, aim, engine, steps, seed)
    probe = Judge(network, some, None, aim, engine, steps, seed)
    going = Rounds(judge, budget_points)
    if tuning is not None:
        told = progress or silent
        model = prune_and_tune(going, probe, choice, tuning, compensate, most, told)
        return _pruned(going, model)

    sent = activity(network, some, steps, seed)
    if CHANNELS in choice.what:
        _prune_silent(going, sent)
    knobs = knobs_of(network, sent, choice)
    mean = sent if compensate else None
    order = in_order(probe, knobs, mean, progress or silent)
    prune_in_order(going, order, mean, most, progress or silent)
    going.check()
    return _pruned(going, None)


def _prune_silent(going: Rounds, sent) -> None:
    """The first round."""
    network = going.judge.network
    cut = silent_cut(network, sent)
    if cut.channels:
        gone = {name: int((~kept).sum()) for name, kept in cut.channels.items()}
        where = ", ".join(f"{name} {count} silent" for name, count in gone.items())
        going.attempt("channels", where, cut, cut.applied(network))


def _pruned(going: Rounds, model) -> Pruned:
    judge = going.judge
    return Pruned(
        network=going.network,
        before=judge.network,
        cut=going.cut,
        rounds=tuple(going.tried),
        accuracy_before=judge.accuracy_before,
        accuracy=going.accuracy,
        saved=going.saved,
        model=model,
    )


def _check_kinds(network, tuning) -> None:
    if not isinstance(network, SpikingNetwork):
        law = "must be a SpikingNetwork"
        raise SpikewattError("prune.network", law, type(network).__name__)
    check_one_readout("prune.network", (p.name for p in network.readouts))
    if tuning is not None and not isinstance(tuning, Tuning):
        raise SpikewattError("prune.tuning", "must be a Tuning", type(tuning).__name__)
