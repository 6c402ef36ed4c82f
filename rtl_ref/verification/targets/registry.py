"""The targets of `spikewatt verify` by name, and how they are run."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import SpikewattError, one_of
from ....progress import Progress, silent
from ....sim.engines.engines import ENGINES
from ...simulation.simulator import SIMULATORS
from .networks import Radix, Rate
from .proven import AllFaults, Faults, Proofs
from .simulated import Axi, Benches, Chains, Icarus
from .target import Request, Row, Target
from .workers import run_jobs

REGISTRY: dict[str, Target] = {
    target.name: target
    for target in (
        Benches(),
        Chains(),
        Axi(),
        Radix(),
        Rate(),
        Proofs(),
        Icarus(),
        Faults(),
        AllFaults(),
    )
}
DEFAULT = ("benches", "radix")  # within five minutes
HOURS = ("all-faults",)
ALL = "all"  # every target but those that take hours
TARGETS = (*REGISTRY, ALL)


def chosen(names: Sequence[str]) -> list[str]:
    """The targets that the names mean, each once.

    Parameters
    ----------
    names : of TARGETS

    >>> chosen(["radix", "radix"])
    ['radix']
    """
    found: list[str] = []
    for name in names:
        one_of("verify.what", "must be a target", name, TARGETS)
        found += [each for each in REGISTRY if each not in HOURS] if name == ALL else [name]
    return list(dict.fromkeys(found))


def check_request(targets: Sequence[str], engine: str, simulator: str = "verilator") -> None:
    """Raise SpikewattError before any work where a name is none of ours.

    Parameters
    ----------
    targets : of TARGETS
    engine : that networks are compared with
    simulator : ``verilator`` (default) or ``icarus``
    """
    chosen(targets)
    one_of("verify.engine", "must name an engine", engine, ENGINES)
    one_of("verify.simulator", "must be a simulator", simulator, SIMULATORS)


def run_targets(
    names: Sequence[str], request: Request | None = None, progress: Progress = silent
) -> dict[str, list[Row]]:
    """Rows by target, each with ``what``, ``compared``, ``mismatches``, ``where``, ``seconds``.

    The jobs of all targets run on two processes.

    Parameters
    ----------
    names : of TARGETS
    request : engine and data, default those of a Request
    progress : called with ("verify", done, all), default nobody

    Raises
    ------
    SpikewattError : an unknown target or engine, or one that compared nothing.
    MissingToolError : a simulator or prover that is not installed.
    """
    request = request or Request()
    check_request(names, request.engine)
    targets = [REGISTRY[name] for name in chosen(names)]
    for target in targets:
        target.check_tools()

    jobs, owners = [], []
    for target in targets:
        for job in target.jobs(request):
            jobs.append(job)
            owners.append(target.name)

    progress("verify", 0, len(jobs))
    results: dict[int, list[Row]] = {}
    for number, rows in run_jobs(jobs):
        results[number] = rows
        progress("verify", len(results), len(jobs))

    found = {}
    for target in targets:
        own = [results[i] for i, owner in enumerate(owners) if owner == target.name]
        found[target.name] = target.rows(own)
        _check_not_empty(target.name, found[target.name])
    return found


def run_target(name: str, request: Request | None = None, progress: Progress = silent) -> list[Row]:
    """Rows of one target; see `run_targets`.

    Parameters
    ----------
    name : of REGISTRY
    request : engine and data, default those of a Request
    progress : called with ("verify", done, all), default nobody
    """
    one_of("verify.what", "must be a target", name, tuple(REGISTRY))
    return run_targets([name], request, progress)[name]


def _check_not_empty(name: str, rows: Sequence[Row]) -> None:
    compared = [row["compared"] for row in rows if "error" not in row]
    if (not compared and not rows) or 0 in compared:
        raise SpikewattError(f"verify: {name}", "something must be compared", "nothing")
