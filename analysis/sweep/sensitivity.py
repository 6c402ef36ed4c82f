"""What matters most over a whole space: Sobol's indices, by SALib, beside the closed form.

The energy of a point is a function of factors: each axis of the space along its values, and each
measurement of the card over its range (values of one measurement move together). With the
variance V of the logarithm of the energy,

    S1_i = Var(E[ln E | x_i]) / V        what factor i explains alone
    ST_i = 1 − Var(E[ln E | x_~i]) / V   with all that it has a part in

estimated by Saltelli's scheme with the interval that a bootstrap gives. The tornado of one point
says the same of the measurements in closed form, at that point alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...energy.bill import Bill
from ...energy.pricing.break_even import first_steps
from ...energy.pricing.uncertainty import P95, measurements, tornado
from ...errors import SpikewattError, whole_number
from ...installed import not_installed
from ...sim.trace.trace import Trace
from .axes import Block
from .hardware.operating import value_of_axis
from .hardware.points import Batch, batches_of
from .hardware.pricing import Pricer
from .network_points import network_points
from .samples import Shares
from .space import Space
from .work.network import KeptNetworks, trace_of

if TYPE_CHECKING:
    import pandas as pd

WHICH_NETWORK = "which network"  # the factor of several blocks
DEFAULT_BASE = 256  # of Saltelli's scheme: so many points for each factor, twice that in all
COLUMNS = (
    "factor",
    "kind",
    "first_order",
    "first_order_confidence",
    "total",
    "total_confidence",
    "tornado_share",
)
"""`first_order` and `total` are S1 and ST, each with half the width of its 95 % interval;
`tornado_share` is the share of the variance in closed form, at the nominal point."""


@dataclass(frozen=True)
class Factor:
    """One thing that moves the energy.

    Parameters
    ----------
    name : str
        An axis, or a measurement.
    kind : str
        ``network``, ``hardware`` or ``measurement``.
    place : int
        Its column among the shares of the space; −1 of a measurement, and where networks come
        in several blocks, which have no axis in common.
    """

    name: str
    kind: str
    place: int = -1


def factors_of(space: Space, bill: Bill | None) -> list[Factor]:
    """Axes with more than one value, and measurements with a range that no axis replaces."""
    shares = Shares(space)
    hardware = _only(space.hardware, space)
    if len(space.network) > 1:
        found = [Factor(WHICH_NETWORK, "network")]
    else:
        axes = enumerate(_only(space.network, space))
        found = [Factor(axis.name, "network", 1 + i) for i, axis in axes if len(axis) != 1]
    first = shares.network_size + 1
    found += [
        Factor(axis.name, "hardware", first + i)
        for i, axis in enumerate(hardware)
        if len(axis) != 1
    ]
    if bill is not None:
        given = {value_of_axis(bill, axis.name) for axis in hardware if not axis.factor}
        used = {key for term in bill.terms for key, _ in term.powers} - given
        uncertain = measurements({key: bill.values[key] for key in used})
        found += [Factor(name, "measurement") for name in sorted(uncertain)]
    return found


def _only(blocks: Sequence[Block], space: Space) -> Block:
    if len(blocks) > 1:
        law = "has one block of axes where sensitivity is asked for"
        raise SpikewattError(space.where, law, f"{len(blocks)} blocks")
    return blocks[0]


def _salib() -> tuple[Any, Any]:
    try:
        from SALib.analyze import sobol as analyze
        from SALib.sample import sobol as sample
    except ImportError as error:
        raise not_installed("sweep.sensitivity", "needs SALib", "SALib") from error
    return sample, analyze


def sensitivity(
    space: Space,
    pricers: Mapping[int, Pricer],
    base: int = DEFAULT_BASE,
    workload: str = "snn",
) -> pd.DataFrame:
    """Sobol's indices of the energy over a space.

    Parameters
    ----------
    space : Space
        Of one block of hardware axes; several of networks are one factor.
    pricers : mapping of Pricer
        Network point -> what prices it; of every network point.
    base : int, default 256
        A power of two; more is finer.
    workload : str, default "snn"

    Returns
    -------
    DataFrame
        Columns COLUMNS, the largest total first.

    Raises
    ------
    SpikewattError
        A space in which some points do not fit: there is no variance of what is not there.
    """
    import pandas as pd

    law = "must be a power of two"
    whole_number("sensitivity.base", law, base, 8, 2**16)
    if base & (base - 1):
        raise SpikewattError("sensitivity.base", law, base, "8, 16, … 65536")
    sample, analyze = _salib()
    nominal = _nominal(space, pricers, workload)
    factors = factors_of(space, nominal)
    if not factors:
        raise SpikewattError(space.where, "something varies", "nothing")

    problem = {
        "num_vars": len(factors),
        "names": [factor.name for factor in factors],
        "bounds": [[0.0, 1.0]] * len(factors),
    }
    shares = sample.sample(problem, base, calc_second_order=False, seed=space.seed)
    energies = _energies(space, pricers, factors, shares, workload)
    found = analyze.analyze(problem, np.log(energies), calc_second_order=False, seed=space.seed)
    closed = tornado(nominal, workload).set_index("measurement")["share_of_variance"]
    rows = []
    for i, factor in enumerate(factors):
        indices = (found[key][i] for key in ("S1", "S1_conf", "ST", "ST_conf"))
        share = closed.get(factor.name, np.nan) if factor.kind == "measurement" else np.nan
        rows.append((factor.name, factor.kind, *indices, share))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("total", ascending=False, ignore_index=True, kind="stable")


def pricers_of(space: Space) -> dict[int, Pricer]:
    """Network point -> what prices it, from what was simulated before."""
    kept, pricers = KeptNetworks(), {}
    traces: dict[str, Trace] = {}
    for point in network_points(space):
        if point.simulation is None:
            continue
        key = point.simulation.key
        if key not in traces:
            found = kept.get(key)
            if found is None:
                continue
            traces[key] = trace_of(found)
        trace = traces[key] if point.steps is None else first_steps(traces[key], point.steps)
        pricers[point.number] = Pricer(trace, False, space.max_cores)
    return pricers


def _nominal(space: Space, pricers: Mapping[int, Pricer], workload: str) -> Bill:
    """The bill in the middle of the space, or at one of its ends where there is none."""
    middle = Shares(space)
    for share in (0.5, 0.0, 1.0):
        (sample,) = middle.samples(np.full((1, middle.size), share))
        pricer = pricers.get(sample.network)
        if pricer is None:
            continue
        (batch,) = batches_of([(0, sample.hardware)], space.hardware[sample.block])
        bill = pricer.bill_at(batch, workload)
        if bill is not None:
            return bill
    raise SpikewattError(space.where, "a point of it fits", "none in its middle")


def _energies(
    space: Space,
    pricers: Mapping[int, Pricer],
    factors: Sequence[Factor],
    shares: np.ndarray,
    workload: str,
) -> np.ndarray:
    """(points,) energies at these shares of the factors."""
    cube = Shares(space)
    along = np.full((len(shares), cube.size), 0.5)
    count = len(network_points(space))
    networks = None
    deviates: dict[str, np.ndarray] = {}
    for column, factor in zip(shares.T, factors, strict=True):
        if factor.place >= 0:
            along[:, factor.place] = column
        elif factor.name == WHICH_NETWORK:
            networks = np.minimum((column * count).astype(int), count - 1)
        else:
            deviates[factor.name] = _deviate(column)

    energies = np.full(len(shares), np.nan)
    together: dict[int, list[tuple[int, dict]]] = {}
    for number, sample in enumerate(cube.samples(along)):
        network = sample.network if networks is None else int(networks[number])
        together.setdefault(network, []).append((number, sample.hardware))
    for network, points in together.items():
        pricer = pricers.get(network)
        if pricer is None:
            law = "every network point of it can be priced"
            raise SpikewattError(space.where, law, f"network point {network} failed")
        for batch in batches_of(points, space.hardware[0]):
            found = pricer.energies(batch, workload, _of(batch, deviates))
            if np.isnan(found).any():
                law = "every point of it fits, where sensitivity is asked for"
                raise SpikewattError(space.where, law, pricer.why_not(batch, workload))
            energies[batch.numbers] = found
    return energies


def _of(batch: Batch, deviates: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: each[batch.numbers] for name, each in deviates.items()}


def _deviate(shares: np.ndarray) -> np.ndarray:
    """Standard deviates in units of P95, of shares of 0 to 1."""
    from scipy.special import ndtri

    return ndtri(np.clip(shares, 1e-6, 1 - 1e-6)) / P95
