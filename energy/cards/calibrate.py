"""A user's own latencies and energies of int8 networks, turned into coefficients of a device."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, hypot, isnan, log, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import SpikewattError, SpikewattWarning, check_name, one_of
from ..kernels.law import ELEMENT, FITTED, predict, work
from ..kernels.library import LEAST_ERROR, NORMAL_90, published_range
from ..kernels.overhead import OF_INTERPRETERS
from ..kernels.stack_fit import ELEMENT_CYCLES, StackFit, fit_stack
from ..layer_tables.layer_table import LAYERS, numbers, read_networks, read_table
from .card import Card, Quantity
from .kinds import POWER_KEY

if TYPE_CHECKING:
    import pandas as pd

    Table = str | Path | pd.DataFrame

Ends = tuple[float, float, float]  # value, low, high
COLUMNS = ("network", "latency_ms", "energy_uj")
CLOCK = "clock_mhz"
# Of the networks alone: AD, IC, KWS and VWW together have 3 to 6, without IC 32, without AD above
# 10 000.
MOST_CONDITION = 15.0
# Residuals of own rows of one stack lie below 30 %; beyond a factor of two the rows contradict
# each other, or a unit is wrong.
WORTH_A_WARNING, MOST_FACTOR = 0.3, 2.0
FAR = 5.0  # times beyond what was published
MEASURED_BY_USER = "measured (user)"
ASSUMED_RATIO = "measured (user), with an assumed ratio"
OTHER_DENSITY = (
    "add a network with another number of MACs per output: many, such as IC, or few, such as VWW"
)
REMEDY = {
    "cycles_per_mac_dense": "add a network whose MACs are mostly fully connected, such as AD",
    "cycles_per_mac_conv": OTHER_DENSITY,
    "cycles_per_output": OTHER_DENSITY,
}


@dataclass(frozen=True)
class CalibrationResult:
    """What a user's rows say of a device.

    Parameters
    ----------
    values : dict
        Key -> (value, low, high) for the four cycle counts, and energy_per_cycle_j [J] if a row
        has an energy.
    statuses : dict of str
        Key -> text.
    residuals : dict of float
        ``"KWS, row 3"`` -> predicted / measured - 1.
    networks, condition_number, condition_number_data, prior_share, from_prior
        As of `StackFit`.
    status : str
    measurement_group : str
        All values but the assumed one come from one measurement and move together.
    """

    values: dict[str, Ends]
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
    measured_csv: Table,
    layers_csv: Table | None = None,
    allow_prior: bool = False,
) -> CalibrationResult:
    """Fit cycles per dense and conv MAC and per output to measured rows, and energy per cycle.

    low, high = value · (1 ∓ e), e = 1.645 · rms of the residuals, at least 5 %; where
    `allow_prior` was needed, in quadrature with 1.645 standard deviations of the coefficient
    under the assumed ratios. Energy per cycle = mean of energy / (latency · clock), its range
    that of the rows, at least 5 %. The range is that of a network's cycles: by `prior_share`, a
    device of 15 instead of 30 cycles per output and MAC is fitted within 5 % on AD, IC, KWS and
    VWW, with cycles_per_output 24 % too high and cycles_per_mac_conv 7 % too low.

    Parameters
    ----------
    card_values : mapping of float
        Values of the device in SI units: its overhead of a layer and an inference, by default an
        interpreter's, and `clock_hz` where the rows have no clock.
    measured_csv : str, Path or DataFrame
        Columns network, latency_ms, energy_uj (a cell may be empty), if wanted clock_mhz. Rows of
        one network are averaged.
    layers_csv : str, Path or DataFrame, optional
        Layer table with the networks (`layer_table.read_layers`); by default those of MLPerf
        Tiny.
    allow_prior : bool, default False
        Accept the assumed ratios of `stack_fit.PRIOR_RATIOS` for what the rows do not identify.

    Raises
    ------
    SpikewattError
        Missing or unknown column, unknown network, no rows, a number not above 0, no clock,
        coefficients not identified.
    """
    where, frame = read_table(measured_csv, COLUMNS, "measurements")
    _check_columns(where, frame)
    networks = read_networks(LAYERS if layers_csv is None else layers_csv)
    work_rows = {name: work(layers) for name, layers in networks.items()}
    for row, name in frame["network"].items():
        law = "must be a benchmark of the layer table"
        one_of(f"{where}: row {row}: network", law, name, work_rows)

    latency_s = numbers(where, frame, "latency_ms") * 1e-3
    cycles = latency_s * _clock_hz(where, frame, card_values)
    averaged = _geometric_means(frame["network"], cycles)
    overhead = {key: card_values.get(key, known.value) for key, known in OF_INTERPRETERS.items()}
    fit = fit_stack(work_rows, averaged, overhead)
    used = {name: work_rows[name] for name in averaged}
    identified = _is_identified(where, fit, used, allow_prior)

    residuals = {}
    for row, name in frame["network"].items():
        predicted = predict(fit.coefficients, work_rows[name])
        residuals[f"{name}, row {row}"] = predicted / cycles[row] - 1
    _check_residuals(where, residuals)
    _check_coefficients(where, fit)
    values, statuses = _fitted_values(fit, _error_of(residuals), identified)

    energy_j = numbers(where, frame, "energy_uj", needed=False) * 1e-6
    per_cycle = [value for value in energy_j / cycles if not isnan(value)]
    if per_cycle:
        values[POWER_KEY] = _energy_per_cycle(per_cycle)
        statuses[POWER_KEY] = MEASURED_BY_USER
    return CalibrationResult(
        values=values,
        statuses=statuses,
        residuals=residuals,
        networks=fit.networks,
        condition_number=fit.condition_number,
        condition_number_data=fit.condition_number_data,
        prior_share=fit.prior_share,
        from_prior=fit.from_prior,
    )


def calibrated_card(
    card: Card,
    measured_csv: Table,
    layers_csv: Table | None = None,
    allow_prior: bool = False,
    name: str | None = None,
) -> tuple[Card, CalibrationResult]:
    """`card` with the values that `calibrate` fits, each marked as measured by the user.

    Parameters
    ----------
    card : Card
        Of a microcontroller.
    measured_csv, layers_csv, allow_prior
        As of `calibrate`.
    name : str, optional
        Of the new card; by default ``<card>_calibrated``.

    Returns
    -------
    card : Card
    result : CalibrationResult

    Raises
    ------
    SpikewattError
        Not a microcontroller, a name that is none, or as `calibrate`.
    """
    if not card.kind.runs_kernels:
        raise SpikewattError(
            "calibrate.device", "must be a microcontroller", f"{card.name} is a {card.kind}"
        )
    own = {key: quantity.value for key, quantity in card.values.items()}
    result = calibrate(own, measured_csv, layers_csv, allow_prior)

    values = dict(card.values)
    for key in result.values:
        values[key] = _calibrated(key, result, values)
    if POWER_KEY in result.values:
        source = "the energy per cycle was taken while running neural networks"
        values["active_power_factor"] = values["active_power_factor"].exactly(
            1.0, status=MEASURED_BY_USER, source=source
        )
    plain = card.name.partition(":")[0].replace("+", "plus")  # of a chip by its core
    new_name = check_name("calibrate.name", name or f"{plain}_calibrated")
    title = f"{card.title} (calibrated)"
    calibrated = replace(
        card,
        name=new_name,
        title=title,
        values=values,
    )
    return calibrated, result


def _check_residuals(where: str, residuals: Mapping[str, float]) -> None:
    """Refuse rows that the law of the kernels cannot describe; warn of those it does badly."""
    row, worst = max(residuals.items(), key=lambda item: abs(log(1 + item[1])))
    hint = "check the units (ms, µJ, MHz), and that all rows are of one device and library"
    if abs(log(1 + worst)) > log(MOST_FACTOR):
        raise SpikewattError(
            f"{where}: {row}",
            f"the fit predicts each row within a factor of {MOST_FACTOR:g}",
            f"{worst:+,.0%}",
            hint=hint,
        )
    if abs(worst) > WORTH_A_WARNING:
        text = f"{where}: {row}: the fit is off by {worst:+.0%}; {hint}"
        warnings.warn(text, SpikewattWarning, stacklevel=3)


def _check_coefficients(where: str, fit: StackFit) -> None:
    """Warn of a coefficient that lies far from all published ones, however well its rows fit."""
    for key in FITTED:
        least, most = published_range(key)
        value = fit.coefficients[key]
        if not least / FAR <= value <= most * FAR:
            text = (
                f"{where}: {key}: {value:.3g} is far from what was published: "
                f"{least:.3g} to {most:.3g}; check the units (ms, MHz)"
            )
            warnings.warn(text, SpikewattWarning, stacklevel=3)


def _check_columns(where: str, frame: pd.DataFrame) -> None:
    allowed = (*COLUMNS, CLOCK)
    unknown = [str(column) for column in frame.columns if column not in allowed]
    if unknown:
        raise SpikewattError(
            where,
            "unknown column",
            ", ".join(unknown),
            ", ".join(allowed),
        )


def _clock_hz(where: str, frame: pd.DataFrame, card_values: Mapping[str, float]):
    """Clock of each row, or of the device [Hz]."""
    if CLOCK in frame.columns:
        return numbers(where, frame, CLOCK) * 1e6
    clock = card_values.get("clock_hz")
    if clock is None or not clock > 0:
        law = "must have the column clock_mhz where the device states no clock"
        raise SpikewattError(where, law, repr(clock))
    return clock


def _geometric_means(networks: pd.Series, cycles: pd.Series) -> dict[str, float]:
    """Network -> geometric mean of its rows."""
    logarithms: dict[str, list[float]] = {}
    for name, value in zip(networks, cycles, strict=True):
        logarithms.setdefault(name, []).append(log(value))
    return {name: exp(sum(logs) / len(logs)) for name, logs in logarithms.items()}


def _is_identified(
    where: str, fit: StackFit, used: Mapping[str, Mapping[str, float]], allow_prior: bool
) -> bool:
    """Whether the networks alone identify every coefficient.

    Raises SpikewattError where they do not, unless `allow_prior`.
    """
    if not any(done["mac_dense"] for done in used.values()):
        weakest, got = ("cycles_per_mac_dense",), "no network with fully connected MACs"
    elif fit.condition_number_data > MOST_CONDITION:
        weakest, got = fit.weakest, _what_is_weak(fit, len(used))
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


def _what_is_weak(fit: StackFit, networks: int) -> str:
    if networks < len(FITTED):
        return f"{networks} different networks for {len(FITTED)} coefficients"
    return (
        f"a condition number of {fit.condition_number_data:.3g} "
        f"where at most {MOST_CONDITION:g} is allowed"
    )


def _error_of(residuals: Mapping[str, float]) -> float:
    """1.645 · root mean square, at least LEAST_ERROR."""
    mean_square = sum(value**2 for value in residuals.values()) / len(residuals)
    return max(LEAST_ERROR, NORMAL_90 * sqrt(mean_square))


def _fitted_values(
    fit: StackFit, error: float, identified: bool
) -> tuple[dict[str, Ends], dict[str, str]]:
    """Key -> (value, low, high), and key -> status, of the cycle counts."""
    values: dict[str, Ends] = {}
    statuses: dict[str, str] = {}
    for key in FITTED:
        own = error
        if not identified:
            of_the_ratio = NORMAL_90 * fit.log_deviation[key]
            own = min(hypot(error, of_the_ratio), 0.95)

        value = fit.coefficients[key]
        low = value * (1 - own)
        high = value * (1 + own)
        values[key] = (value, low, high)
        statuses[key] = ASSUMED_RATIO if key in fit.from_prior else MEASURED_BY_USER

    # What the fit took as known belongs to it; the overhead is that of the device.
    values[ELEMENT] = ELEMENT_CYCLES
    statuses[ELEMENT] = "assumed"
    return values, statuses


def _energy_per_cycle(rows: list[float]) -> Ends:
    """Mean of the rows, and their range, at least LEAST_ERROR wide to either side."""
    mean = sum(rows) / len(rows)
    low = min(*rows, mean * (1 - LEAST_ERROR))
    high = max(*rows, mean * (1 + LEAST_ERROR))
    return mean, low, high


def _calibrated(key: str, result: CalibrationResult, values: Mapping[str, Quantity]) -> Quantity:
    """The quantity `key` as the user's rows tell it."""
    value, low, high = result.values[key]
    status = result.statuses[key]
    by_user = status.startswith(MEASURED_BY_USER)
    networks = ", ".join(result.networks)
    source = f"{networks}; condition number {result.condition_number_data:.3g}"
    if status == ASSUMED_RATIO:
        source += "; ratio assumed, not identified by the rows"
    return Quantity(
        value=value,
        low=low,
        high=high,
        status=MEASURED_BY_USER if by_user else status,
        conditions="the user's own readings" if by_user else "assumed",
        source=source,
        measurement=result.measurement_group if key in FITTED else values[key].measurement,
    )
