"""Cycles of int8 kernel libraries on Cortex-M, fitted to measured latencies; power of the chips from the same rows.

    cycles = c_dense · MACs_dense + c_conv · MACs_conv + c_output · outputs + c_element · elements

per stack (library and core); depthwise and pointwise MACs count as conv. Four networks are few: the ratios of the coefficients have weak
priors, declared here and in the output. ``python -m spikewatt.energy.kernels.fit`` writes ``data/kernel_fits.json``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import SpikewattError, one_of
from .layer_table import FOLDER, LAYERS, Int8Layer, numbers, read_networks, read_table, work

if TYPE_CHECKING:
    import pandas as pd

MEASURED = (
    FOLDER / "mlperf_tiny_measured.csv"
)  # results.txt of github mlcommons/tiny_results_v0.5, v0.7, v1.0, v1.1
FITS = FOLDER / "kernel_fits.json"
FITTED = ("cycles_per_mac_dense", "cycles_per_mac_conv", "cycles_per_output")
ELEMENT = "cycles_per_pool_element"
ELEMENT_CYCLES = (
    6.0,
    3.0,
    12.0,
)  # value, low, high; assumed: load, add, store. At most 1.5 % of the cycles of any network here
SIGMA = 0.05  # relative error of the model that one network's residual is weighed with
# Ratio to cycles_per_mac_conv -> (median, standard deviation of its logarithm). Assumed. An output that is requantised, given a bias,
# saturated twice and stored, with its loop's set-up, counts about as much as 30 MACs by Arm's timing rules.
PRIOR_RATIOS = {"cycles_per_mac_dense": (1.0, 0.5), "cycles_per_output": (30.0, 0.3)}
CHECKED = (
    "IC",
    "KWS",
    "VWW",
)  # AD alone has more than 768 dense MACs: left out, its dense coefficient is extrapolation
LIBRARIES = {
    "microTVM+CMSIS-NN": "cmsis-nn",
    "microTVM native": "tvm",
    "TFLM v2.3.1 (stock)": "tflm",
    "X-CUBE-AI v7.3.0": "x-cube-ai",
    "X-CUBE-AI v7.1.0": "x-cube-ai-7.1",
    "Bosch HALE version 1.0": "hale",
}
CHIPS = {
    "L4R5": "stm32l4r5",
    "U575": "stm32u575",
    "H7A3": "stm32h7a3",
    "G0B1": "stm32g0b1",
    "NRF5340": "nrf5340",
}
Work = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class StackFit:
    """Coefficients [cycles per event] of one stack.

    `residuals`: network -> predicted / measured - 1. `condition_number`: of d log(cycles) / d log(coefficient), rows divided by SIGMA, with
    the rows of the prior ratios (divided by their standard deviations); `condition_number_data`: without them, inf if too few networks.
    `prior_share`: key -> share (0..1) of what is known of its ratio to cycles_per_mac_conv that came from the prior: variance after the
    fit / variance of the prior; `from_prior`: the keys above one half.
    `log_deviation`: coefficient -> standard deviation of its logarithm. `weakest`: coefficients that the networks alone identify least.
    """

    coefficients: dict[str, float]
    residuals: dict[str, float]
    condition_number: float
    condition_number_data: float
    networks: tuple[str, ...]
    prior_share: dict[str, float]
    from_prior: tuple[str, ...]
    log_deviation: dict[str, float]
    weakest: tuple[str, ...]


def predict(coefficients: Mapping[str, float], features: Mapping[str, float]) -> float:
    """Cycles of one inference, by the law of this module."""
    counts = (
        features["mac_dense"],
        features["mac_conv"],
        features["outputs"],
        features["elements"],
    )
    return sum(
        coefficients[key] * count for key, count in zip((*FITTED, ELEMENT), counts, strict=True)
    )


def _condition(jacobian: np.ndarray) -> float:
    """Ratio of the largest to the smallest singular value; inf with fewer rows than columns."""
    values = np.linalg.svd(jacobian, compute_uv=False)
    return (
        float(values[0] / values[-1])
        if len(jacobian) >= jacobian.shape[1] and values[-1] > 0
        else float("inf")
    )


def fit_stack(
    work_rows: Work,
    cycles: Mapping[str, float],
    prior_ratios: Mapping[str, tuple[float, float]] = PRIOR_RATIOS,
) -> StackFit:
    """Minimise Σ (log(predicted / measured) / SIGMA)² + Σ (log(ratio / prior) / deviation)² over the logarithms of the coefficients.

    Parameters
    ----------
    work_rows : network -> counts as of `layer_table.work`.
    cycles : network -> measured cycles per inference, above 0; its networks are the ones used.
    prior_ratios : as PRIOR_RATIOS, the same keys.

    Raises
    ------
    SpikewattError : no networks, a network without counts or without MACs, cycles not above 0.
    """
    from scipy.optimize import least_squares

    if not cycles:
        raise SpikewattError("cycles", "must have at least one network", "none")
    for name, value in cycles.items():
        one_of("cycles", "must be of networks with known layers", name, work_rows)
        if not (value > 0 and np.isfinite(value)):
            raise SpikewattError(f"cycles: {name}", "must be above 0", value)
        if not work_rows[name]["outputs"] > 0:
            raise SpikewattError(
                f"layers: {name}", "must have outputs of dense or convolution layers", "none"
            )
    counts = np.array(
        [[work_rows[name][key] for key in ("mac_dense", "mac_conv", "outputs")] for name in cycles],
        float,
    )
    fixed = ELEMENT_CYCLES[0] * np.array([work_rows[name]["elements"] for name in cycles], float)
    measured = np.array(list(cycles.values()), float)
    named = (FITTED[0], FITTED[2])  # the numerators of the two ratios
    ratios = np.array([log(prior_ratios[key][0]) for key in named])
    deviations = np.array([prior_ratios[key][1] for key in named])
    difference = np.array(
        [[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]]
    )  # logarithms of the coefficients -> logarithms of the ratios

    def residuals(logarithms: np.ndarray) -> np.ndarray:
        predicted = counts @ np.exp(logarithms) + fixed
        return np.r_[
            np.log(predicted / measured) / SIGMA, (difference @ logarithms - ratios) / deviations
        ]

    start = np.array([ratios[0], 0.0, ratios[1]])
    start += np.mean(np.log(measured / (counts @ np.exp(start))))
    solution = least_squares(residuals, start, xtol=1e-14, ftol=1e-14, gtol=1e-14).x
    values = np.exp(solution)
    predicted = counts @ values + fixed
    data = counts * values / predicted[:, None] / SIGMA
    both = np.r_[data, difference / deviations[:, None]]
    covariance = np.linalg.inv(both.T @ both)
    share = np.diag(difference @ covariance @ difference.T) / deviations**2
    weakest = np.abs(np.linalg.svd(data)[2][-1])
    return StackFit(
        coefficients={
            **dict(zip(FITTED, values.tolist(), strict=True)),
            ELEMENT: ELEMENT_CYCLES[0],
        },
        residuals=dict(zip(cycles, (predicted / measured - 1).tolist(), strict=True)),
        condition_number=_condition(both),
        condition_number_data=_condition(data),
        networks=tuple(cycles),
        prior_share=dict(zip(named, share.tolist(), strict=True)),
        from_prior=tuple(key for key, part in zip(named, share, strict=True) if part > 0.5),
        log_deviation=dict(zip(FITTED, np.sqrt(np.diag(covariance)).tolist(), strict=True)),
        weakest=tuple(key for key, part in zip(FITTED, weakest, strict=True) if part > 0.5),
    )


def read_measured(source: str | Path | pd.DataFrame = MEASURED) -> pd.DataFrame:
    """One row per library, core and network: library, core, chip, board, round, source, network, supply_v, and
    clock_hz, latency_s, cycles, energy_j. Supply and energy are nan where the source has none.

    Raises
    ------
    SpikewattError : missing column, unknown software, text for a number, a network that is twice in one stack.
    """
    columns = (
        "round",
        "board",
        "core",
        "clock_mhz",
        "software",
        "benchmark",
        "latency_ms",
        "energy_uj",
        "supply_note",
        "source",
    )
    where, frame = read_table(source, columns, "measurements")
    for software in frame["software"]:
        one_of(f"{where}: software", "must be a known kernel library", software, LIBRARIES)
    volts = frame["supply_note"].str.extract(r"([\d.]+) ?V")[0].astype(float)
    rows = frame[["round", "board", "core", "source"]].assign(
        library=frame["software"].map(LIBRARIES),
        network=frame["benchmark"],
        chip=frame["board"].str.upper().str.extract(f"({'|'.join(CHIPS)})")[0].map(CHIPS),
        clock_hz=numbers(where, frame, "clock_mhz") * 1e6,
        latency_s=numbers(where, frame, "latency_ms") * 1e-3,
        energy_j=numbers(where, frame, "energy_uj", needed=False) * 1e-6,
        supply_v=volts,
    )
    rows["cycles"] = rows["latency_s"] * rows["clock_hz"]
    twice = rows[rows.duplicated(["library", "core", "network"])]
    if len(twice):
        raise SpikewattError(
            where,
            "one row per library, core and network",
            ", ".join(twice.iloc[0][["library", "core", "network"]]),
        )
    return rows


def leave_one_out(
    rows: pd.DataFrame,
    work_rows: Work,
    prior_ratios: Mapping[str, tuple[float, float]] = PRIOR_RATIOS,
) -> pd.DataFrame:
    """Each row of `read_measured` predicted by a fit to the other networks of its stack.

    Columns library, core, network, measured and predicted [cycles], error (predicted / measured - 1), used_in_fit (always False).
    """
    import pandas as pd

    table = []
    for (library, core), stack in rows.groupby(["library", "core"]):
        cycles = dict(zip(stack["network"], stack["cycles"], strict=True))
        for network, measured in cycles.items():
            others = {name: value for name, value in cycles.items() if name != network}
            predicted = predict(
                fit_stack(work_rows, others, prior_ratios).coefficients, work_rows[network]
            )
            table.append(
                (library, core, network, measured, predicted, predicted / measured - 1, False)
            )
    return pd.DataFrame(
        table,
        columns=["library", "core", "network", "measured", "predicted", "error", "used_in_fit"],
    )


def fit_power(rows: pd.DataFrame) -> tuple[dict[str, dict], pd.DataFrame]:
    """Power = energy / latency of each row; per chip and supply the mean, smallest and largest; energy per cycle = power / clock.

    Returns
    -------
    chips : ``"stm32l4r5 1.8 V"`` -> power_w and energy_per_cycle_j as {value, low, high}, clock_hz, supply_voltage_v (None if the
        rows do not state it) and where they come from. The mean is over stacks.
    table : as of `leave_one_out`, measured and predicted in W: the mean power of the other networks on the same board and software.
    """
    import pandas as pd

    known = rows[rows["energy_j"].notna()].assign(power_w=lambda r: r["energy_j"] / r["latency_s"])
    table = []
    for (library, core), stack in known.groupby(["library", "core"]):
        for row in stack.itertuples():
            predicted = stack.loc[stack["network"] != row.network, "power_w"].mean()
            table.append(
                (
                    library,
                    core,
                    row.network,
                    row.power_w,
                    predicted,
                    predicted / row.power_w - 1,
                    False,
                )
            )
    chips = {}
    for (chip, supply, clock), group in known.groupby(
        ["chip", "supply_v", "clock_hz"], dropna=False
    ):
        stated = not np.isnan(supply)
        value, low, high = (
            group.groupby("library")["power_w"].mean().mean(),
            group["power_w"].min(),
            group["power_w"].max(),
        )
        chips[f"{chip} {supply:g} V" if stated else f"{chip}, supply not stated"] = {
            "core": group["core"].iloc[0],
            "clock_hz": clock,
            "supply_voltage_v": supply if stated else None,
            "power_w": {"value": value, "low": low, "high": high},
            "energy_per_cycle_j": {
                "value": value / clock,
                "low": low / clock,
                "high": high / clock,
            },
            "rows": len(group),
            "libraries": sorted(set(group["library"])),
            "sources": _sources(group),
        }
    return chips, pd.DataFrame(
        table,
        columns=["library", "core", "network", "measured", "predicted", "error", "used_in_fit"],
    )


def _sources(group: pd.DataFrame) -> list[str]:
    """Folders of the results, without the part that differs by network."""
    return sorted({source.rsplit("/", 3)[0] for source in group["source"]})


def summary(errors: pd.Series) -> dict[str, float]:
    """Median and worst of |error|, and how many."""
    size = errors.abs()
    return {"median": float(size.median()), "worst": float(size.max()), "rows": len(size)}


def _rounded(value: Any) -> Any:
    """`value` with every float at 6 significant digits, so that the file is the same on every machine."""
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _with_prior(rows: pd.DataFrame, work_rows: Work, ratio: float) -> pd.Series:
    """Leave-one-out errors of CHECKED with another median of the prior of cycles_per_output."""
    changed = {
        **PRIOR_RATIOS,
        "cycles_per_output": (float(ratio), PRIOR_RATIOS["cycles_per_output"][1]),
    }
    table = leave_one_out(rows, work_rows, changed)
    return table.loc[table["network"].isin(CHECKED), "error"]


def fit_all(
    measured: str | Path | pd.DataFrame = MEASURED,
    layers: Mapping[str, Sequence[Int8Layer]] | str | Path | pd.DataFrame = LAYERS,
) -> dict:
    """All stacks and chips: what ``data/kernel_fits.json`` holds; errors are fractions, 0.05 is 5 %.

    Raises
    ------
    SpikewattError : as `read_measured`, `read_networks` and `fit_stack`.
    """
    networks = layers if isinstance(layers, Mapping) else read_networks(layers)
    work_rows = {name: work(list(network)) for name, network in networks.items()}
    rows = read_measured(measured)
    left_out = leave_one_out(rows, work_rows)
    chips, power_left_out = fit_power(rows)
    stacks: dict[str, dict] = {}
    for (library, core), stack in rows.groupby(["library", "core"]):
        fit = fit_stack(work_rows, dict(zip(stack["network"], stack["cycles"], strict=True)))
        own = left_out[(left_out["library"] == library) & (left_out["core"] == core)]
        stacks.setdefault(str(library), {})[str(core)] = {
            "board": stack["board"].iloc[0],
            "chip": stack["chip"].iloc[0],
            "round": stack["round"].iloc[0],
            "clock_hz": float(stack["clock_hz"].iloc[0]),
            **asdict(fit),
            "leave_one_out": dict(zip(own["network"], own["error"].tolist(), strict=True)),
            "sources": _sources(stack),
        }
    checked = left_out["network"].isin(CHECKED)
    return _rounded(
        {
            "law": "cycles = c_dense MACs_dense + c_conv MACs_conv + c_output outputs + c_element elements",
            "assumed": {
                ELEMENT: dict(zip(("value", "low", "high"), ELEMENT_CYCLES, strict=True)),
                "relative_error_of_a_row": SIGMA,
                "prior_ratios_to_cycles_per_mac_conv": {
                    key: {"median": median, "log_deviation": deviation}
                    for key, (median, deviation) in PRIOR_RATIOS.items()
                },
            },
            "stacks": stacks,
            "power": chips,
            "leave_one_out": {
                f"latency, {', '.join(CHECKED)}": summary(left_out.loc[checked, "error"]),
                "latency, AD (extrapolated)": summary(left_out.loc[~checked, "error"]),
                "power": summary(power_left_out["error"]),
            },
            "leave_one_out_with_another_prior_of_cycles_per_output": {
                str(ratio): summary(_with_prior(rows, work_rows, ratio))
                for ratio in (20, 25, 35, 40, 45)
            },
        }
    )


if __name__ == "__main__":
    FITS.write_text(json.dumps(fit_all(), indent=1) + "\n")
    print(f"wrote {FITS}")
