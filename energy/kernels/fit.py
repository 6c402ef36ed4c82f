"""The fit to all measured rows: ``python -m spikewatt.energy.kernels.fit``.

Writes ``data/kernel_fits.json``: coefficients of every library on every core and chip, energy per
cycle of every chip, and the widths, those without each submission and each chip, too, by which
`left_out` predicts them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import exp, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import files
from ..layer_tables.layer_table import LAYERS, read_networks
from .datasheet import power_of_any_chip, power_over_datasheet
from .entries import FittedStacks
from .law import ELEMENT, FITTED, Int8Layer, work
from .library import FITS, NORMAL_90
from .measured import BOARD, BUILD, MEASURED, groups, read_measured, sources_of
from .overhead import OF_INTERPRETERS, Overhead, of_compiled
from .power import PowerModel, PowerWidths, fit_power_widths
from .ratios import plain_factor
from .stack_fit import ELEMENT_CYCLES, PRIOR_RATIOS, SIGMA
from .stacks import USUAL, USUAL_DEVIATION, WIDTH_DEVIATION, StackModel, Widths, Work, fit_widths

if TYPE_CHECKING:
    import pandas as pd

LAW = (
    "cycles = c_dense MACs_dense + c_conv MACs_conv + c_output outputs + c_element elements "
    "+ c_layer layers + c_inference"
)
CRITERION = (
    "widths: maximum of the rows' marginal likelihood (the law straightened at its maximum) times "
    "log-normal priors of deviation {deviation} about the usual widths"
)
DIGITS = 6


def fit_all(
    measured: str | Path | pd.DataFrame = MEASURED,
    layers: Mapping[str, Sequence[Int8Layer]] | str | Path | pd.DataFrame = LAYERS,
    with_left_out: bool = True,
) -> dict[str, Any]:
    """All stacks and chips: what ``data/kernel_fits.json`` holds.

    Parameters
    ----------
    measured : str, Path or DataFrame, default MEASURED
        As of `measured.read_measured`.
    layers : mapping, str, Path or DataFrame, default LAYERS
        Network -> layers, or a table of them.
    with_left_out : bool, default True
        Whether the widths without each submission and each chip are fitted, too.

    Raises
    ------
    SpikewattError
        As `read_measured` and `read_networks`.
    """
    networks = layers if isinstance(layers, Mapping) else read_networks(layers)
    rows = read_measured(measured)
    work_of = works(networks, rows)

    model = StackModel(rows, work_of)
    widths = fit_widths(model)
    model.with_widths(widths)
    power = PowerModel(rows)
    power_widths = fit_power_widths(power)
    power.with_widths(power_widths)
    stacks = FittedStacks(model, work_of)
    plain = plain_factor()

    found: dict[str, Any] = {
        "law": LAW,
        "criterion": CRITERION.format(deviation=WIDTH_DEVIATION),
        "assumed": {
            ELEMENT: _ends(ELEMENT_CYCLES),
            "overhead": {
                "interpreter": _overhead(OF_INTERPRETERS),
                "compiled": {core: _overhead(of_compiled(core)) for core in stacks.cores()},
            },
            "usual_coefficients": {"median": USUAL, "log_deviation": USUAL_DEVIATION},
            "usual_widths": asdict(Widths()),
            "usual_widths_of_power": asdict(PowerWidths()),
            "calibration": {
                "relative_error_of_a_row": SIGMA,
                "prior_ratios_to_cycles_per_mac_conv": {
                    key: {"median": median, "log_deviation": deviation}
                    for key, (median, deviation) in PRIOR_RATIOS.items()
                },
            },
        },
        "widths": asdict(widths),
        "widths_of_power": asdict(power_widths),
        "measured": _measured(rows),
        "coefficients": _coefficients(stacks),
        "plain_kernels": plain._asdict(),
        "power": _power(rows, power),
        "power_over_datasheet": power_over_datasheet(power),
        "power_of_any_chip": power_of_any_chip(power),
    }
    if with_left_out:
        found["widths_left_out"] = _widths_left_out(rows, work_of, widths)
    return _rounded(found)


def works(networks: Mapping[str, Sequence[Int8Layer]], rows: pd.DataFrame) -> dict[bool, Work]:
    """Whether dead channels are pruned -> counts of each network that has rows."""
    measured = list(dict.fromkeys(rows["network"]))
    return {
        prunes: {name: work(list(networks[name]), prunes) for name in measured}
        for prunes in (False, True)
    }


def _measured(rows: pd.DataFrame) -> dict[str, dict[str, list[str]]]:
    """Library -> core -> chips."""
    found: dict[str, dict[str, list[str]]] = {}
    for (library, core), group in rows.groupby(["library", "core"]):
        found.setdefault(str(library), {})[str(core)] = sorted(set(group["chip"]))
    return found


def _overhead(known: Mapping[str, Overhead]) -> dict[str, Any]:
    """Key -> ends."""
    return {key: _ends(each[:3]) for key, each in known.items()}


def _coefficients(stacks: FittedStacks) -> dict[str, Any]:
    """Library -> core -> chip ("" for another one) -> key -> value and deviation."""
    return {
        library.name: {
            core: {
                chip: {key: list(stacks.entry(library, core, chip)[key]) for key in FITTED}
                for chip in ("", *stacks.chips_of(core))
            }
            for core in stacks.cores()
        }
        for library in stacks.libraries()
    }


def _power(rows: pd.DataFrame, power: PowerModel) -> dict[str, Any]:
    """``"stm32l4r5 1.8 V"`` -> energy per cycle of a chip at each supply that rows state."""
    known = rows[rows["energy_j"].notna()]
    stated = known[known["supply_v"].notna()]
    found = {}
    for (chip, supply_v), group in stated.groupby(["chip", "supply_v"]):
        of_chip = known[known["chip"] == chip]
        middle, variance = power.known(str(chip), float(supply_v))
        half = NORMAL_90 * sqrt(variance)
        energy = {"value": middle, "low": middle - half, "high": middle + half}
        found[f"{chip} {supply_v:g} V"] = {
            "chip": chip,
            "core": group["core"].iloc[0],
            "clock_hz": float(group["clock_hz"].iloc[0]),
            "supply_voltage_v": float(supply_v),
            "regulator": group["regulator"].iloc[0],
            "energy_per_cycle_j": {end: exp(logarithm) for end, logarithm in energy.items()},
            "rows": len(of_chip),
            "submissions": of_chip["submission"].nunique(),
            "sources": sources_of(of_chip),
        }
    return found


def _widths_left_out(
    rows: pd.DataFrame, work_of: Mapping[bool, Work], start: Widths
) -> dict[str, Any]:
    """Scheme -> group -> widths of cycles and of power that the other rows make most probable."""
    found: dict[str, Any] = {}
    for scheme in (BUILD, BOARD):
        found[scheme] = {}
        for name, own in groups(rows, scheme):
            others = rows[~own]
            found[scheme][name] = {
                "cycles": asdict(fit_widths(StackModel(others, work_of, start))),
                "power": asdict(fit_power_widths(PowerModel(others))),
            }
    return found


def _ends(value: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip(("value", "low", "high"), value, strict=True))


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
