"""The step of a run after the conversion: what the network can spare, as the configuration asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...energy.pricing.order import ordered
from ...progress import Progress, silent
from ...sim.conversion.reading.reader import read
from ...sim.gating.planes import planes_of, with_planes
from ...sim.network.connection import ExecutedLayer
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.pruning.prune import prune
from ...sim.pruning.pruned import Pruned
from ...sim.pruning.tuning.tuning import Tuning
from ...sim.trace.trace import Trace
from ...sim.zeros.executed import executed_layers
from ..codesign.methods import Chosen, Sample, Wanted, chosen, method_for
from ..codesign.outcome import outcome, points_lost
from ..codesign.pruning import rounds_table
from ..report.findings import Findings, Table
from .config import RunConfig
from .steps import Prepared

VALIDATION = 2000  # images at most on which budgets are kept


@dataclass(frozen=True, eq=False)
class Spared:
    """A network that spares what it can, and what a reader must know of it.

    Parameters
    ----------
    network : SpikingNetwork
    converted : SpikingNetwork
        As the conversion left it.
    early : Chosen, optional
        How inferences stop once they are sure.
    lines : tuple of str
    tables : tuple of Table
    facts : mapping
    """

    network: SpikingNetwork
    converted: SpikingNetwork
    early: Chosen | None = None
    lines: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)

    def added_to(self, findings: Findings) -> Findings:
        """`findings` with what was done here in front of the assumptions."""
        return replace(
            findings,
            tables=(*findings.tables, *self.tables),
            assumptions=(*self.lines, *findings.assumptions),
            in_brief=(*self.lines, *findings.in_brief),
            facts={**findings.facts, **self.facts},
        )


def spare(
    config: RunConfig,
    prepared: Prepared,
    converted: SpikingNetwork,
    progress: Progress = silent,
) -> Spared:
    """Prune, hold planes back, choose where inferences stop; each if the configuration asks for it.

    The int8 network that is priced beside it stays that of the user.

    Raises
    ------
    SpikewattError
        A budget that cannot be met: it says how near it came; planes of a layer that is not there.
    """
    found = Spared(converted, converted)
    if config.planes is not None:
        with_planes(converted, config.planes)  # raises before minutes of pruning
    if config.prune_points:
        found = _pruned(config, prepared, found, progress)
    if config.planes is not None:
        network = with_planes(found.network, config.planes)
        sent = ", ".join(f"{name} {number}" for name, number in planes_of(network).items())
        line = f"planes sent: {sent}."
        found = replace(found, network=network, lines=(*found.lines, line))
    if config.exit_points:
        method, sample = method_for(found.network), _validation(config, prepared)
        early = chosen("exit_points", method, found.network, sample, _wanted(config), progress)
        found = replace(found, early=early)
    return found


def _wanted(config: RunConfig) -> Wanted:
    return Wanted(config.exit_points, steps=config.simulated_steps, seed=config.seed)


def _pruned(config: RunConfig, prepared: Prepared, found: Spared, progress: Progress) -> Spared:
    validation = _validation(config, prepared)
    pruned = prune(
        found.converted,
        validation.x,
        validation.labels,
        budget_points=config.prune_points,
        tuning=_tuning(config, prepared),
        steps=config.simulated_steps,
        seed=config.seed,
        progress=progress,
    )
    trained = f", {config.prune_epochs} epochs of training after each round" * bool(pruned.model)
    line = (
        f"pruned: {pruned.saved:.1%} fewer operations of weights that are not 0, at "
        f"{points_lost(pruned.loss_points)} on {len(validation.x):,} validation images (budget "
        f"{config.prune_points:g}){trained}; the int8 network beside it, and the diagnosis, are "
        "those of the network before, but for pools and RAM of layers that lost channels; other "
        "points of a search are not pruned."
    ).replace("%", " %")
    network = _with_baseline(config, prepared, pruned)
    facts = {"pruning_saved": pruned.saved, "pruning_loss_points": pruned.loss_points}
    return replace(
        found,
        network=network,
        lines=(line,),
        tables=(rounds_table(pruned, "pruning"),),
        facts=facts,
    )


def _tuning(config: RunConfig, prepared: Prepared) -> Tuning | None:
    if not config.prune_epochs:
        return None
    data = prepared.dataset
    return Tuning(
        prepared.model,
        data.scaled("train", config.input_max),
        data.y_train,
        config.conversion(data.levels),
        prepared.calibration,
        epochs=config.prune_epochs,
        seed=config.seed,
    )


def _with_baseline(config: RunConfig, prepared: Prepared, pruned: Pruned) -> SpikingNetwork:
    """The pruned network, whose connections count what Keras executes for the unpruned one."""
    rules = config.reading_rules
    by_place: dict[str, ExecutedLayer] = {}
    for each in executed_layers(read(prepared.model, rules), rules):
        by_place[each.population] = by_place[each.connection] = each.layer

    connections = []
    before = {c.name: c for c in pruned.before.connections}
    for c in pruned.network.connections:
        executed = before[c.name].executed
        if executed is None and c.kind.multiplies and _is_smaller(pruned, c.name):
            executed = (by_place.get(c.name) or by_place[c.post],)
        connections.append(replace(c, executed=executed))
    return replace(pruned.network, connections=tuple(connections))


def _is_smaller(pruned: Pruned, name: str) -> bool:
    """Whether a connection lost channels at either end."""
    shapes = []
    for network in (pruned.before, pruned.network):
        (c,) = (c for c in network.connections if c.name == name)
        shapes.append((network.population(c.pre).shape, network.population(c.post).shape))
    return shapes[0] != shapes[1]


def stop_early(config: RunConfig, prepared: Prepared, found: Spared, trace: Trace) -> Spared:
    """What is saved where inferences stop once they are sure, beside the run that does not.

    As it was where the configuration asks for none.
    """
    early = found.early
    if early is None:
        return found
    wanted, validation = _wanted(config), _validation(config, prepared)
    cards = ordered(config.devices, **config.as_run).devices.values()
    test = Sample(prepared.x, prepared.labels)
    result = outcome(early, validation, test, tuple(cards), wanted, whole=trace)
    lines = (*found.lines, result.sentence)
    tables = [replace(table, name=f"exit_{table.name}") for table in result.findings()]
    facts = {
        **found.facts,
        "exit_saved_operations": result.saved_operations,
        "exit_lost_points": result.lost_points,
    }
    return replace(found, lines=lines, tables=(*found.tables, *tables), facts=facts)


def _validation(config: RunConfig, prepared: Prepared) -> Sample:
    data = prepared.dataset
    x = data.scaled("validation", config.input_max)[:VALIDATION]
    return Sample(x, data.y_validation[:VALIDATION])
