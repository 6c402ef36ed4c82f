"""Published or measured values beside our predictions: value, prediction, error, and whether the row was fitted.

A row that was fitted, or whose constants come from the same chip, is a law or a residual and no validation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ...energy.cards.load import load_card
from ...energy.devices.neuromorphic_core import power_w
from ...energy.kernels.law import work
from ...energy.kernels.layer_table import read_networks
from ...energy.kernels.library import prior_sensitivity
from ...energy.kernels.measured import read_measured
from ...energy.kernels.power import fit_power
from ...energy.kernels.stack_fit import leave_one_out
from ...energy.pricing.odin import price_odin
from ...rtl_ref import Bistability, OdinTwin, SingleSynapse, TimeReference, Virtual
from ...rtl_ref.odin.run import run_odin

COLUMNS = ("what", "published", "predicted", "unit", "error", "kind", "source")
ODIN = "Frenkel et al., IEEE TBioCAS 13(1), 2019, doi:10.1109/TBCAS.2018.2880425"
LAW = "law: constants of the same chip"
SECOND = "second implementation: RTL simulated"
HELD_OUT = "validation: network left out of the fit"
EXTRAPOLATED = "extrapolation: only AD has fully connected MACs"
ORDER = "order of magnitude"
RATE_IMAGES = 500
TRUENORTH_EVENTS_PER_S = 2**20 * 20 * 128  # a million neurons at 20 Hz, each with 128 synapses


def _row(what: str, published: float, predicted: float, unit: str, kind: str, source: str) -> dict:
    return dict(
        zip(
            COLUMNS,
            (what, published, predicted, unit, predicted / published - 1, kind, source),
            strict=True,
        )
    )


def _odin_power() -> list[dict]:
    """ODIN's published power points, by the card."""
    card, via = load_card("odin"), f"{ODIN}, section IV-A, via secondary transcription"
    return [
        _row(
            "ODIN, power at 37.5 MSOP/s, 75 MHz", 477e-6, power_w(card, 75e6, 37.5e6), "W", LAW, via
        ),
        _row(
            "ODIN, energy per SOP at full rate",
            12.7e-12,
            power_w(card, 75e6, 37.5e6) / 37.5e6,
            "J",
            LAW,
            ODIN,
        ),
        _row(
            "ODIN, power at 0.65 MSOP/s, 1.3 MHz", 35e-6, power_w(card, 1.3e6, 655e3), "W", LAW, via
        ),
    ]


def _odin_cycles() -> list[dict]:
    """Cycles per event of the twin against the simulated RTL: what one more event adds to a stream."""
    twin = OdinTwin(np.zeros((256, 256), np.uint8), 0, 255)
    events = {
        "single synapse": (SingleSynapse(1, 2), 8),
        "time reference, one neuron": (TimeReference(3), 8),
        "time reference, all": (-1, 518),
        "bistability, one": (Bistability(3), 70),
        "bistability, all": (Bistability(), 16390),
        "neuron spike": (7, 518),
        "virtual": (Virtual(3, 1), 8),
    }
    rows = []
    for name, (event, cycles) in events.items():
        added = twin.run([event] * 3).cycles - twin.run([event] * 2).cycles
        rows.append(
            _row(
                f"ODIN, cycles of one more event: {name}",
                cycles,
                added,
                "",
                SECOND,
                "ChFrenkel/ODIN 1781931, simulated",
            )
        )
    return rows


def _microcontrollers() -> list[dict]:
    """Latency and power of the MLPerf Tiny networks, each predicted without its own rows."""
    measured = read_measured()
    work_rows = {name: work(layers) for name, layers in read_networks().items()}
    rows = []
    for row in leave_one_out(measured, work_rows).to_dict("records"):
        kind = EXTRAPOLATED if row["network"] == "AD" else HELD_OUT
        what = f"{row['library']}, {row['core']}, {row['network']}: cycles"
        rows.append(
            _row(
                what,
                row["measured"],
                row["predicted"],
                "",
                kind,
                "MLPerf Tiny, mlcommons/tiny_results",
            )
        )
    for row in fit_power(measured)[1].to_dict("records"):
        what = f"{row['library']}, {row['core']}, {row['network']}: power"
        rows.append(
            _row(
                what,
                row["measured"],
                row["predicted"],
                "W",
                HELD_OUT,
                "MLPerf Tiny, mlcommons/tiny_results",
            )
        )
    return rows


def _others() -> list[dict]:
    """TrueNorth's line: its ends were fitted, the middle was not."""
    card = load_card("rule_truenorth_marginal")
    middle = card["static_power_w"].value + card["energy_per_sop_j"].value * TRUENORTH_EVENTS_PER_S
    source = "Akopyan et al., IEEE TCAD 34(10), 2015, doi:10.1109/TCAD.2015.2474396, Fig. 17, via secondary transcription"
    return [
        _row(
            "TrueNorth, middle of the line 68/71/94 mW",
            71e-3,
            middle,
            "W",
            "validation: the ends were fitted",
            source,
        )
    ]


def _demonstration(dataset: str, data_dir: Path | None) -> list[dict]:
    """ODIN's MNIST demonstration and MorphIC's rank-order to rate ratio, with networks of our own."""
    from ...models.datasets import load_dataset, resized
    from .odin_on_chip import as_rate, run_job

    ranked = run_job(None, dataset, data_dir, 16, None, None, None, 0, None, lambda *_: None)
    images = resized(load_dataset(dataset, data_dir), 16, 16).x_test[:RATE_IMAGES]
    rated = price_odin(run_odin(as_rate(ranked.network), images).counts)
    energy, of_rate = (float(p.frame["energy_j"].sum()) for p in (ranked.prices, rated))
    mean = ranked.run.counts.mean()
    ten_neurons = mean["external_events"] * ranked.network.classes * 12.7e-12
    return [
        _row(
            "ODIN, the same, its ten neurons at 12.7 pJ only",
            15e-9,
            ten_neurons,
            "J",
            f"{ORDER}: no event count was published",
            ODIN,
        ),
        _row(
            "ODIN, MNIST 16x16, 256-10, rank order: accuracy",
            0.845,
            ranked.accuracy,
            "",
            "another training: not on the chip",
            ODIN,
        ),
        _row(
            "ODIN, MNIST 16x16, 256-10, rank order: energy",
            15e-9,
            energy,
            "J",
            f"{ORDER}: no event count was published",
            ODIN,
        ),
        _row(
            "MorphIC, rank order over rate, MNIST energy",
            21.8 / 205,
            energy / of_rate,
            "",
            ORDER,
            "MorphIC, via secondary transcription",
        ),
    ]


def validate(dataset: str | None = None, data_dir: Path | None = None) -> pd.DataFrame:
    """All rows; with `dataset` (``mnist``) ODIN's demonstration is trained and run on the twin too.

    Returns
    -------
    DataFrame with the columns COLUMNS; ``error`` = predicted / published − 1.
    """
    rows = [*_odin_power(), *_odin_cycles(), *_microcontrollers(), *_others()]
    if dataset is not None:
        rows += _demonstration(dataset, data_dir)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summary_lines(table: pd.DataFrame) -> list[str]:
    """Median and worst error of each kind of row, latency and power apart."""
    lines = []
    for name, part in (
        ("cycles", table["what"].str.endswith(": cycles")),
        ("power", table["what"].str.endswith(": power")),
    ):
        errors = table[part & (table["kind"] == HELD_OUT)]["error"].abs()
        lines.append(
            f"{name} of networks left out: median {errors.median():.1%}, worst {errors.max():.1%} ({len(errors)} rows)"
        )
    return [
        *lines,
        prior_sensitivity(),
        "law: reproduces a total from constants of the same chip; it validates nothing.",
    ]
