"""Published or measured values beside our predictions, with the error, and what was fitted.

A row that was fitted, or whose constants come from the same chip, is a law or a residual, and no
validation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ...energy.cards.load import load_card
from ...energy.devices.neuromorphic_core import power_w
from ...energy.pricing.odin import price_odin
from ...rtl_ref import Bistability, OdinTwin, SingleSynapse, TimeReference, Virtual
from ...rtl_ref.odin.run import run_odin
from .left_out import LATENCY, left_out_rows, missed, summary
from .silicon import silicon_rows
from .silicon_row import SILICON

CELLS = ("what", "published", "predicted", "unit", "error", "kind", "source")
COLUMNS = (*CELLS, "low", "high", "scheme", "quantity", "apart", "boundary", "worth", "inside")

# Sources.
ODIN = "Frenkel et al., IEEE TBioCAS 13(1), 2019, doi:10.1109/TBCAS.2018.2880425"
ODIN_IV_A = f"{ODIN}, section IV-A, via secondary transcription"
ODIN_RTL = "ChFrenkel/ODIN 1781931, simulated"
TRUENORTH = (
    "Akopyan et al., IEEE TCAD 34(10), 2015, doi:10.1109/TCAD.2015.2474396, Fig. 17, via "
    "secondary transcription"
)
MLPERF_TINY = "MLPerf Tiny, mlcommons/tiny_results"
MORPHIC = "MorphIC, via secondary transcription"

# What a row is worth.
LAW = "law: constants of the same chip"
SECOND = "second implementation: RTL simulated"
HELD_OUT = "validation: left out by"
APART = "apart"
ENDS_FITTED = "validation: the ends were fitted"
ORDER = "order of magnitude"
NO_COUNT = f"{ORDER}: no event count was published"
OTHER_TRAINING = "another training: not on the chip"

ENERGY_PER_SOP_J = 12.7e-12  # of ODIN at full rate, published
DEMONSTRATION_J = 15e-9  # of ODIN's MNIST demonstration, published
MORPHIC_RATIO = 21.8 / 205  # energy in rank order over energy in rate, published
RATE_IMAGES = 500
SIDE = 16  # pixels square, for 256 axons
TRUENORTH_EVENTS_PER_S = 2**20 * 20 * 128  # a million neurons at 20 Hz, each with 128 synapses


def _row(what: str, published: float, predicted: float, unit: str, kind: str, source: str) -> dict:
    error = predicted / published - 1
    cells = (what, published, predicted, unit, error, kind, source)
    return dict(zip(CELLS, cells, strict=True))


def _odin_power() -> list[dict]:
    """ODIN's published power points, by the card."""
    card = load_card("odin")
    fast = power_w(card, 75e6, 37.5e6)
    slow = power_w(card, 1.3e6, 655e3)
    per_sop = fast / 37.5e6
    at = "ODIN, power at"
    full_rate = "ODIN, energy per SOP at full rate"
    return [
        _row(
            f"{at} 37.5 MSOP/s, 75 MHz",
            477e-6,
            fast,
            "W",
            LAW,
            ODIN_IV_A,
        ),
        _row(
            full_rate,
            ENERGY_PER_SOP_J,
            per_sop,
            "J",
            LAW,
            ODIN,
        ),
        _row(
            f"{at} 0.65 MSOP/s, 1.3 MHz",
            35e-6,
            slow,
            "W",
            LAW,
            ODIN_IV_A,
        ),
    ]


def _odin_cycles() -> list[dict]:
    """Cycles of the twin against the simulated RTL: what one more event adds to a stream."""
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
        three, two = twin.run([event] * 3), twin.run([event] * 2)
        what = f"ODIN, cycles of one more event: {name}"
        rows.append(
            _row(
                what,
                cycles,
                three.cycles - two.cycles,
                "",
                SECOND,
                ODIN_RTL,
            )
        )

    return rows


def _microcontrollers() -> list[dict]:
    """Latency and energy of the MLPerf Tiny networks, each predicted without its own rows."""
    rows = []
    for row in left_out_rows().to_dict("records"):
        stack = f"{row['library']}, {row['chip']}, {row['network']}"
        kind = f"{APART}: {row['apart']}" if row["apart"] else f"{HELD_OUT} {row['scheme']}"
        found = _row(
            f"{stack}: {row['quantity']}, {row['scheme']} left out",
            row["measured"],
            row["predicted"],
            "s" if row["quantity"] == LATENCY else "J",
            kind,
            MLPERF_TINY,
        )
        rows.append(found | {"low": row["low"], "high": row["high"], **_keys(row)})
    return rows


def _keys(row: dict) -> dict:
    """What `left_out_summary` groups by."""
    return {key: row[key] for key in ("scheme", "quantity", "apart")}


def _truenorth() -> list[dict]:
    """TrueNorth's line: its ends were fitted, the middle was not."""
    card = load_card("rule_truenorth_marginal")
    per_second = card["energy_per_sop_j"].value * TRUENORTH_EVENTS_PER_S
    middle = card["static_power_w"].value + per_second
    what = "TrueNorth, middle of the line 68/71/94 mW"
    return [
        _row(
            what,
            71e-3,
            middle,
            "W",
            ENDS_FITTED,
            TRUENORTH,
        )
    ]


def _silicon() -> list[dict]:
    """Spiking networks measured on real chips; see `silicon`."""
    rows = []
    for row in silicon_rows():
        found = _row(row.what, row.measured, row.predicted, row.unit, SILICON, row.source)
        keys = ("low", "high", "quantity", "boundary", "worth", "inside")
        more = {key: getattr(row, key) for key in keys}
        rows.append(found | more)
    return rows


def of_silicon(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of `validate` that were measured on neuromorphic chips."""
    return table[table["boundary"].notna()]


def _demonstration(dataset: str, data_dir: Path | None) -> list[dict]:
    """ODIN's MNIST demonstration and MorphIC's ratio of codes, with networks of our own."""
    from ...models.datasets import load_dataset, resized
    from .odin_on_chip import as_rate, run_job

    ranked = run_job(None, dataset, data_dir, side=SIDE)
    images = resized(load_dataset(dataset, data_dir), SIDE, SIDE).x_test[:RATE_IMAGES]
    rated = price_odin(run_odin(as_rate(ranked.network), images).counts)

    energy = float(ranked.prices.frame["energy_j"].sum())
    of_rate = float(rated.frame["energy_j"].sum())
    operations = ranked.run.counts.mean()["external_events"] * ranked.network.classes
    ten_neurons = operations * ENERGY_PER_SOP_J

    ten = "ODIN, the same, its ten neurons at 12.7 pJ only"
    demo = "ODIN, MNIST 16x16, 256-10, rank order:"
    morphic = "MorphIC, rank order over rate, MNIST energy"
    return [
        _row(
            ten,
            DEMONSTRATION_J,
            ten_neurons,
            "J",
            NO_COUNT,
            ODIN,
        ),
        _row(
            f"{demo} accuracy",
            0.845,
            ranked.accuracy,
            "",
            OTHER_TRAINING,
            ODIN,
        ),
        _row(
            f"{demo} energy",
            DEMONSTRATION_J,
            energy,
            "J",
            NO_COUNT,
            ODIN,
        ),
        _row(
            morphic,
            MORPHIC_RATIO,
            energy / of_rate,
            "",
            ORDER,
            MORPHIC,
        ),
    ]


def validate(dataset: str | None = None, data_dir: Path | None = None) -> pd.DataFrame:
    """Every published or measured value that we predict.

    Parameters
    ----------
    dataset : str, default None
        ``mnist``, to train ODIN's demonstration and run it on the twin too (minutes).
    data_dir : Path, default None
        Folder with ``<dataset>.npz``.

    Returns
    -------
    DataFrame
        The columns COLUMNS; ``error`` = predicted / published − 1; ``kind`` says what a row is
        worth; rows of microcontrollers have a range, and say what was left out; rows of
        neuromorphic chips (``silicon``) have a range, a boundary, a worth, and whether they lie
        inside.

    Examples
    --------
    >>> table = validate()
    >>> sorted(set(table[table["kind"] == SECOND]["error"]))  # the twin of ODIN and its RTL
    [0.0]
    """
    rows = [
        *_odin_power(),
        *_odin_cycles(),
        *_microcontrollers(),
        *_truenorth(),
        *_silicon(),
    ]
    if dataset is not None:
        rows += _demonstration(dataset, data_dir)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def left_out_summary(table: pd.DataFrame) -> pd.DataFrame:
    """How well predictions of measured rows hold that were left out; see `left_out.summary`."""
    rows = table[table["scheme"].notna()]
    return summary(rows.rename(columns={"published": "measured"}))


def summary_lines(summed: pd.DataFrame) -> list[str]:
    """What the words of the table mean, and what is missed.

    Parameters
    ----------
    summed : DataFrame
        As of `left_out_summary`.
    """
    lines = [
        "build left out: all rows of one submission, other software on its board known; board left "
        "out: all rows of a chip, others with its core known, power by its data sheet's current "
        "and what other chips need beyond theirs, or by what data sheets of other chips differ by. "
        "Coefficients, powers and the widths of ranges are fitted without them.",
        "chosen once, in sight of all rows: which versions prune dead channels, the regulator of "
        "each board, the law of an LDO's supply, usual coefficients and widths, and the overhead "
        "of layers and inferences.",
        "law: reproduces a total from constants of the same chip; it validates nothing.",
    ]
    if misses := missed(summed):
        lines.append(f"asked and missed: {'; '.join(misses)}.")
    return lines
