"""All stacks fitted to the measured rows: ``python -m spikewatt.energy.kernels.fit``.

Writes ``data/kernel_fits.json``, with the networks that were left out one by one and what the
priors contribute.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import files
from .law import ELEMENT, Int8Layer, work
from .layer_table import FOLDER, LAYERS, read_networks
from .measured import MEASURED, read_measured, sources_of
from .power import fit_power
from .stack_fit import ELEMENT_CYCLES, PRIOR_RATIOS, SIGMA, Work, fit_stack, leave_one_out

if TYPE_CHECKING:
    import pandas as pd

FITS = FOLDER / "kernel_fits.json"
LAW = (
    "cycles = c_dense MACs_dense + c_conv MACs_conv + c_output outputs + c_element elements "
    "+ c_layer layers + c_inference"
)
# AD alone has more than 768 dense MACs: left out, its dense coefficient is extrapolation
CHECKED = ("IC", "KWS", "VWW")
OTHER_RATIOS = (20, 25, 35, 40, 45)  # of cycles per output to cycles per MAC, tried as priors
DIGITS = 6


def fit_all(
    measured: str | Path | pd.DataFrame = MEASURED,
    layers: Mapping[str, Sequence[Int8Layer]] | str | Path | pd.DataFrame = LAYERS,
) -> dict:
    """All stacks and chips: what ``data/kernel_fits.json`` holds.

    Parameters
    ----------
    measured : str, Path or DataFrame, default MEASURED
        As of `measured.read_measured`.
    layers : mapping, str, Path or DataFrame, default LAYERS
        Network -> layers, or a table of them.

    Returns
    -------
    dict
        Errors are fractions, 0.05 is 5 %.

    Raises
    ------
    SpikewattError
        As `read_measured`, `read_networks` and `fit_stack`.
    """
    networks = layers if isinstance(layers, Mapping) else read_networks(layers)
    work_rows = {name: work(list(network)) for name, network in networks.items()}
    rows = read_measured(measured)
    left_out = leave_one_out(rows, work_rows)
    chips, power_left_out = fit_power(rows)

    stacks: dict[str, dict] = {}
    for (library, core), stack in rows.groupby(["library", "core"]):
        own = left_out[(left_out["library"] == library) & (left_out["core"] == core)]
        stacks.setdefault(str(library), {})[str(core)] = _stack(stack, own, work_rows)

    checked = left_out["network"].isin(CHECKED)
    found = {
        "law": LAW,
        "assumed": _assumptions(),
        "stacks": stacks,
        "power": chips,
        "leave_one_out": {
            f"latency, {', '.join(CHECKED)}": summary(left_out.loc[checked, "error"]),
            "latency, AD (extrapolated)": summary(left_out.loc[~checked, "error"]),
            "power": summary(power_left_out["error"]),
        },
        "leave_one_out_with_another_prior_of_cycles_per_output": {
            str(ratio): summary(_with_prior(rows, work_rows, ratio)) for ratio in OTHER_RATIOS
        },
    }
    return _rounded(found)


def summary(errors: pd.Series) -> dict[str, float]:
    """Median and worst of |error|, and how many."""
    size = errors.abs()
    return {"median": float(size.median()), "worst": float(size.max()), "rows": len(size)}


def _stack(stack: pd.DataFrame, left_out: pd.DataFrame, work_rows: Work) -> dict[str, Any]:
    """The fit of one stack, where it was measured, and its left-out errors."""
    cycles = dict(zip(stack["network"], stack["cycles"], strict=True))
    errors = dict(zip(left_out["network"], left_out["error"].tolist(), strict=True))
    return {
        "board": stack["board"].iloc[0],
        "chip": stack["chip"].iloc[0],
        "round": stack["round"].iloc[0],
        "clock_hz": float(stack["clock_hz"].iloc[0]),
        **asdict(fit_stack(work_rows, cycles)),
        "leave_one_out": errors,
        "sources": sources_of(stack),
    }


def _assumptions() -> dict[str, Any]:
    """What no row tells."""
    return {
        ELEMENT: dict(zip(("value", "low", "high"), ELEMENT_CYCLES, strict=True)),
        "relative_error_of_a_row": SIGMA,
        "prior_ratios_to_cycles_per_mac_conv": {
            key: {"median": median, "log_deviation": deviation}
            for key, (median, deviation) in PRIOR_RATIOS.items()
        },
    }


def _with_prior(rows: pd.DataFrame, work_rows: Work, ratio: float) -> pd.Series:
    """Leave-one-out errors of CHECKED with another median of the prior of cycles_per_output."""
    _, deviation = PRIOR_RATIOS["cycles_per_output"]
    changed = {**PRIOR_RATIOS, "cycles_per_output": (float(ratio), deviation)}
    table = leave_one_out(rows, work_rows, changed)
    return table.loc[table["network"].isin(CHECKED), "error"]


def _rounded(value: Any) -> Any:
    """`value` with every float at 6 digits, so that the file is the same on every machine."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


if __name__ == "__main__":
    files.write(FITS, json.dumps(fit_all(), indent=1) + "\n")
    print(f"wrote {FITS}")
