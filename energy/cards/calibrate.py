"""A user's own latencies and energies of int8 networks turned into coefficients of a device, by the fit of `kernel_fit`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, hypot, isnan, log, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SpikewattError, check_name, one_of
from ..kernels.fit import ELEMENT, ELEMENT_CYCLES, FITTED, StackFit, fit_stack, predict
from ..kernels.layer_table import LAYERS, numbers, read_networks, read_table, work
from ..kernels.library import LEAST_ERROR, NORMAL_90
from .card import Card, Quantity

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("network", "latency_ms", "energy_uj")
MOST_CONDITION = 15.0  # of the networks alone; AD, IC, KWS and VWW together have 3 to 6, without IC 32, without AD above 10 000
MEASURED_BY_USER = "measured (user)"
ASSUMED_RATIO = "measured (user), with an assumed ratio"
REMEDY = {
    "cycles_per_mac_dense": "add a network whose MACs are mostly fully connected, such as AD",
    "cycles_per_mac_conv": "add a network with another number of MACs per output: many, such as IC, or few, such as VWW",
    "cycles_per_output": "add a network with another number of MACs per output: many, such as IC, or few, such as VWW",
}


@dataclass(frozen=True)
class CalibrationResult:
    """What a user's rows say of a device.

    `values`: key -> (value, low, high) for the four cycle counts, and energy_per_cycle_j [J] if a row has an energy. `statuses`: key ->
    text. `residuals`: ``"KWS, row 3"`` -> predicted / measured - 1. Condition numbers and `prior_share` as of `StackFit`.
    `measurement_group`: all values but the assumed one come from one measurement and move together.
    """

    values: dict[str, tuple[float, float, float]]
    statuses: dict[str, str]
    residuals: dict[str, float]
    networks: tuple[str, ...]
    condition_number: float
    condition_number_data: float
    prior_share: dict[str, float]
    from_prior: tuple[str, ...]
    status: str = MEASURED_BY_USER
    measurement_group: str = "calibration by the user"


def calibrate(
    card_values: Mapping[str, float],
    measured_csv: str | Path | pd.DataFrame,
    layers_csv: str | Path | pd.DataFrame | None = None,
    allow_prior: bool = False,
) -> CalibrationResult:
    """Fit cycles_per_mac_dense, _conv and cycles_per_output to measured rows; energy per cycle = mean of energy / (latency · clock).

    low, high = value · (1 ∓ e), e = 1.645 · rms of the residuals, at least 5 %; where `allow_prior` was needed, in quadrature with
    1.645 standard deviations of the coefficient under the assumed ratios. Energy per cycle: the range of the rows, at least 5 %.
    The range is that of a network's cycles: by `prior_share`, a device of 15 instead of 30 cycles per output and MAC is fitted within 5 %
    on AD, IC, KWS and VWW, with cycles_per_output 24 % too high and cycles_per_mac_conv 7 % too low.

    Parameters
    ----------
    card_values : values of the device in SI units; `clock_hz` is read where the rows have no clock.
    measured_csv : columns network, latency_ms, energy_uj (a cell may be empty), if wanted clock_mhz. Rows of one network are averaged.
    layers_csv : layer table with the networks (`layer_table.read_layers`); the MLPerf Tiny networks if None.
    allow_prior : accept the assumed ratios of `kernel_fit.PRIOR_RATIOS` for what the rows do not identify.

    Raises
    ------
    SpikewattError : missing or unknown column, unknown network, no rows, a number not above 0, no clock, coefficients not identified.
    """
    where, frame = read_table(measured_csv, COLUMNS, "measurements")
    unknown = [str(column) for column in frame.columns if column not in (*COLUMNS, "clock_mhz")]
    if unknown:
        raise SpikewattError(
            where, "unknown column", ", ".join(unknown), ", ".join((*COLUMNS, "clock_mhz"))
        )
    work_rows = {
        name: work(layers)
        for name, layers in read_networks(LAYERS if layers_csv is None else layers_csv).items()
    }
    for row, name in frame["network"].items():
        one_of(
            f"{where}: row {row}: network",
            "must be a benchmark of the layer table",
            name,
            work_rows,
        )
    cycles = numbers(where, frame, "latency_ms") * 1e-3 * _clock(where, frame, card_values)
    energy = numbers(where, frame, "energy_uj", needed=False) * 1e-6 / cycles
    by_network: dict[str, list[float]] = {}
    for name, value in zip(frame["network"], cycles, strict=True):
        by_network.setdefault(name, []).append(value)
    fit = fit_stack(
        work_rows, {name: exp(sum(map(log, some)) / len(some)) for name, some in by_network.items()}
    )
    identified = _check(where, fit, {name: work_rows[name] for name in by_network}, allow_prior)
    residuals = {
        f"{name}, row {row}": predict(fit.coefficients, work_rows[name]) / value - 1
        for row, name, value in zip(frame.index, frame["network"], cycles, strict=True)
    }
    error = max(
        LEAST_ERROR,
        NORMAL_90 * sqrt(sum(value**2 for value in residuals.values()) / len(residuals)),
    )
    values, statuses = {}, {}
    for key in FITTED:
        own = error if identified else min(hypot(error, NORMAL_90 * fit.log_deviation[key]), 0.95)
        value = fit.coefficients[key]
        values[key] = (value, value * (1 - own), value * (1 + own))
        statuses[key] = ASSUMED_RATIO if key in fit.from_prior else MEASURED_BY_USER
    values[ELEMENT], statuses[ELEMENT] = ELEMENT_CYCLES, "assumed"
    known = [value for value in energy if not isnan(value)]
    if known:
        mean = sum(known) / len(known)
        values["energy_per_cycle_j"] = (
            mean,
            min(*known, mean * (1 - LEAST_ERROR)),
            max(*known, mean * (1 + LEAST_ERROR)),
        )
        statuses["energy_per_cycle_j"] = MEASURED_BY_USER
    return CalibrationResult(
        values,
        statuses,
        residuals,
        fit.networks,
        fit.condition_number,
        fit.condition_number_data,
        fit.prior_share,
        fit.from_prior,
    )


def _clock(where: str, frame: pd.DataFrame, card_values: Mapping[str, float]):
    """Clock of each row, or of the device [Hz]."""
    if "clock_mhz" in frame.columns:
        return numbers(where, frame, "clock_mhz") * 1e6
    clock = card_values.get("clock_hz")
    if clock is None or not clock > 0:
        raise SpikewattError(
            where, "must have the column clock_mhz where the device states no clock", repr(clock)
        )
    return clock


def _check(
    where: str, fit: StackFit, used: Mapping[str, Mapping[str, float]], allow_prior: bool
) -> bool:
    """Whether the networks alone identify every coefficient; raises SpikewattError unless `allow_prior`."""
    if not any(counts["mac_dense"] for counts in used.values()):
        weakest, got = ("cycles_per_mac_dense",), "no network with fully connected MACs"
    elif fit.condition_number_data > MOST_CONDITION:
        few = len(used) < len(FITTED)
        number = f"a condition number of {fit.condition_number_data:.3g} where at most {MOST_CONDITION:g} is allowed"
        weakest, got = (
            fit.weakest,
            f"{len(used)} different networks for {len(FITTED)} coefficients" if few else number,
        )
    else:
        return True
    if allow_prior:
        return False
    remedies = "; ".join(dict.fromkeys(REMEDY[key] for key in weakest))
    raise SpikewattError(
        where,
        f"the rows must identify {' and '.join(weakest)}",
        f"{got} ({', '.join(used)})",
        f"{remedies}; or accept assumed ratios (allow_prior, --allow-prior)",
    )


def calibrated_card(
    card: Card,
    measured_csv: str | Path | pd.DataFrame,
    layers_csv: str | Path | pd.DataFrame | None = None,
    allow_prior: bool = False,
    name: str | None = None,
) -> tuple[Card, CalibrationResult]:
    """`card` with the values that `calibrate` fits, each marked as measured by the user; named ``<card>_calibrated`` by default.

    Raises
    ------
    SpikewattError : not a microcontroller, a name that is none, or as `calibrate`.
    """
    if card.kind != "microcontroller":
        raise SpikewattError(
            "calibrate.device", "must be a microcontroller", f"{card.name} is a {card.kind}"
        )
    result = calibrate(
        {key: quantity.value for key, quantity in card.values.items()},
        measured_csv,
        layers_csv,
        allow_prior,
    )
    values = dict(card.values)
    for key, (value, low, high) in result.values.items():
        user = result.statuses[key].startswith(MEASURED_BY_USER)
        source = (
            f"{', '.join(result.networks)}; condition number {result.condition_number_data:.3g}"
        )
        if result.statuses[key] == ASSUMED_RATIO:
            source += "; ratio assumed, not identified by the rows"
        group = result.measurement_group if key in FITTED else values[key].measurement
        status = MEASURED_BY_USER if user else result.statuses[key]
        values[key] = Quantity(
            value,
            low,
            high,
            status,
            "the user's own readings" if user else "assumed",
            source,
            group,
        )
    if "energy_per_cycle_j" in result.values:
        whole = values["active_power_factor"]
        source = "the energy per cycle was taken while running neural networks"
        values["active_power_factor"] = replace(
            whole, value=1.0, low=1.0, high=1.0, status=MEASURED_BY_USER, source=source
        )
    new_name = check_name("calibrate.name", name or f"{card.name}_calibrated")
    return replace(card, name=new_name, title=f"{card.title} (calibrated)", values=values), result
