"""Accuracy of one or more networks against the level of faults, over several seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import SpikewattError, whole_number
from ...progress import Progress, silent
from ...sim.engines.inputs import Inputs
from ...sim.engines.samples import some_of
from ...sim.engines.simulate import simulate
from ...sim.faults.fault import Fault
from ...sim.faults.kinds import FAULTS, fault_named
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.labels import check_one_readout, checked_labels
from .table import summary

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SEEDS = (0, 1, 2)
WHERE = "robustness"
UNNAMED = "network"


@dataclass(frozen=True, eq=False)
class Robustness:
    """What was found.

    Parameters
    ----------
    runs : DataFrame
        A row per network, fault, level and seed: images, how many are correct, accuracy.
    table : DataFrame
        A row per network, fault and level; see `table.summary`.
    """

    runs: pd.DataFrame
    table: pd.DataFrame

    def figure(self) -> Figure:
        """A panel per fault, a line per network; see `picture.curves_figure`."""
        from .picture import curves_figure

        return curves_figure(self.table)

    def with_others(self, *others: Robustness) -> Robustness:
        """The same with what was found of other networks, for one table and one picture."""
        import pandas as pd

        runs = pd.concat([self.runs, *(other.runs for other in others)], ignore_index=True)
        return Robustness(runs, summary(runs))


def robustness(
    network: SpikingNetwork | Mapping[str, SpikingNetwork],
    x,
    labels,
    faults: str | Fault | Iterable[str | Fault] | Mapping[Any, Sequence[float]] | None = None,
    seeds: Sequence[int] = SEEDS,
    images: int | None = None,
    steps: int | None = None,
    engine: str = "auto",
    progress: Progress | None = None,
) -> Robustness:
    """Accuracy against the level of each fault: one run per network, fault, level and seed.

    All networks have the same images and the same seeds. Of one network what is wrong at a level
    is wrong at every higher one, so that a curve shows the level, not the draw.

    Parameters
    ----------
    network : SpikingNetwork, or mapping from label to SpikingNetwork
        That take `x`.
    x, labels : array
        Test images, as of `simulate`, and their classes.
    faults : names of faults, or mapping from name to levels, default None
        By default every kind, at the levels that it looks at, as those of a name without levels
        (None). Level 0 is the network as it is.
    seeds : sequence of int, default (0, 1, 2)
        Of the faults, and of Poisson inputs.
    images : int, default None
        Only the first so many.
    steps : int, default None
        As of `simulate`.
    engine : str, default "auto"
        As of `simulate`; all give equal integers. Spikes are lost in ``batched`` or ``reference``,
        whichever is quicker, where another one is asked for.
    progress : Progress, default None
        Called with the stage ``robustness``, runs done, and runs in all.

    Raises
    ------
    SpikewattError : no network, labels, seed or level; an unknown fault; a level that is no share;
        a network that a fault cannot be applied to.

    Examples
    --------
    >>> found = robustness({"K = 6": network}, x_test, y_test, "lost_spikes")  # doctest: +SKIP
    >>> found.figure().savefig("robustness.png")  # doctest: +SKIP
    """
    networks = _networks(network)
    for each in networks.values():
        check_one_readout(f"{WHERE}.network", (p.name for p in each.readouts))
    chosen = _levels(faults)
    numbers = _seeds(seeds)
    x, labels = _first(next(iter(networks.values())), x, labels, images)
    for each in networks.values():
        samples = Inputs(each, x).samples
        labels = checked_labels(f"{WHERE}.labels", labels, each.readouts[0].size, samples)

    plan = [
        (label, fault, level, seed)
        for label in networks
        for fault, levels in chosen.items()
        for level in levels
        for seed in numbers
    ]
    looked_at = _LookedAt(networks, x, labels, steps, engine)
    report, rows = progress or silent, []
    for done, (label, fault, level, seed) in enumerate(plan):
        report(WHERE, done, len(plan))
        correct = looked_at.correct(label, FAULTS[fault], level, seed)
        rows.append((label, fault, level, seed, len(labels), correct, correct / len(labels)))
    report(WHERE, len(plan), len(plan))

    import pandas as pd

    names = ["network", "fault", "level", "seed", "images", "correct", "accuracy"]
    runs = pd.DataFrame(rows, columns=names)
    return Robustness(runs, summary(runs))


class _LookedAt:
    """Runs with faults; one without any is run once, since seeds and faults do not change it."""

    def __init__(self, networks: dict[str, SpikingNetwork], x, labels, steps, engine: str):
        self.networks, self.x, self.labels = networks, x, labels
        self.steps, self.engine = steps, engine
        self.sound: dict[tuple[str, int], int] = {}

    def correct(self, label: str, fault: Fault, level: float, seed: int) -> int:
        """How many images are classified as they are labelled."""
        network = self.networks[label]
        if level:
            return self._run(network, fault, level, seed)

        key = (label, seed if network.input_code.drawn else 0)
        if key not in self.sound:
            self.sound[key] = self._run(network, fault, level, seed)
        return self.sound[key]

    def _run(self, network: SpikingNetwork, fault: Fault, level: float, seed: int) -> int:
        from ...sim.engines.engines import ENGINES

        found = fault.apply(network, self.x, level, seed)
        engine, lost = self.engine, found.lost_spikes
        if lost and engine in ENGINES and not ENGINES[engine].loses_spikes:
            engine = "auto"
        trace = simulate(found.network, found.x, engine, self.steps, seed=seed, lost_spikes=lost)
        return int((trace.predictions() == self.labels).sum())


def _networks(network) -> dict[str, SpikingNetwork]:
    """Label -> network."""
    given = network if isinstance(network, Mapping) else {UNNAMED: network}
    others = [type(each).__name__ for each in given.values() if not _is_network(each)]
    if not given or others:
        law = "is a SpikingNetwork, or several by their labels"
        raise SpikewattError(f"{WHERE}.network", law, ", ".join(others) or "none")
    return {str(label): each for label, each in given.items()}


def _is_network(thing) -> bool:
    return isinstance(thing, SpikingNetwork)


def _levels(faults) -> dict[str, tuple[float, ...]]:
    """Fault -> its levels, the lowest first."""
    where = f"{WHERE}.faults"
    if faults is None:
        faults = tuple(FAULTS)
    if isinstance(faults, str | Fault) or not isinstance(faults, Iterable):
        faults = (faults,)

    asked = faults if isinstance(faults, Mapping) else dict.fromkeys(faults)
    given: dict[str, Any] = {}
    for each, levels in asked.items():
        fault = fault_named(where, each)
        given[fault.name] = fault.levels if levels is None else levels
    if not given:
        raise SpikewattError(where, "names a fault at least", "none", ", ".join(FAULTS))

    found = {}
    for name, levels in given.items():
        one = isinstance(levels, str) or not isinstance(levels, Iterable)
        checked = {FAULTS[name].checked(level) for level in ((levels,) if one else levels)}
        if not checked:
            raise SpikewattError(where, f"has a level of {name} at least", "none")
        found[name] = tuple(sorted(checked))
    return found


def _seeds(seeds) -> tuple[int, ...]:
    """Different seeds, one at least."""
    where, law = f"{WHERE}.seeds", "are different seeds, one at least"
    given = tuple(seeds) if isinstance(seeds, Iterable) else (seeds,)
    found = tuple(whole_number(where, law, seed, 0, 2**31 - 1) for seed in given)
    if not found or len(set(found)) < len(found):
        raise SpikewattError(where, law, ", ".join(map(str, found)) or "none")
    return found


def _first(network: SpikingNetwork, x, labels, images: int | None) -> tuple:
    """The first `images` of both."""
    if labels is None:
        law = "needs the class of each image: an accuracy is what is looked at"
        raise SpikewattError(f"{WHERE}.labels", law, "none")
    if images is not None:
        law = "must be a number of images"
        images = whole_number(f"{WHERE}.images", law, images, 1, 2**31)
        x, labels = some_of(network, x, slice(images)), labels[:images]
    return x, labels
