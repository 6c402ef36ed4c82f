"""From runs to a tidy table: mean over seeds, and how far it may be from the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..design.interval import wilson
from ..report.findings import Column, Table
from ..report.numbers import in_percent, percent_range

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """A row per network, fault and level, in the order in which they were run.

    Two things are uncertain. With m the mean accuracy of n seeds and s their standard deviation,
    that over faults is m ± t s / √n, t of Student's distribution (95 %; missing of one seed), cut
    at 0 and 1. That over images is Wilson's interval of m on the images of one seed: seeds share
    the images.

    Parameters
    ----------
    runs : DataFrame
        network, fault, level, seed, images, accuracy.

    Returns
    -------
    DataFrame
        network, fault, level, seeds, images, accuracy; accuracy_lowest and accuracy_highest of a
        seed; accuracy_seeds_low and accuracy_seeds_high; accuracy_images_low and
        accuracy_images_high; points_lost, of per cent, below level 0 (missing without one).
    """
    import pandas as pd

    rows = []
    groups = runs.groupby(["network", "fault", "level"], sort=False)
    for (network, fault, level), group in groups:
        accuracies, images = group["accuracy"].to_numpy(), int(group["images"].min())
        mean = float(accuracies.mean())
        low, high = _of_seeds(accuracies)
        right = round(mean * images)
        images_low, images_high = wilson(right, images)
        rows.append(
            {
                "network": network,
                "fault": fault,
                "level": level,
                "seeds": len(accuracies),
                "images": images,
                "accuracy": mean,
                "accuracy_lowest": float(accuracies.min()),
                "accuracy_highest": float(accuracies.max()),
                "accuracy_seeds_low": low,
                "accuracy_seeds_high": high,
                "accuracy_images_low": images_low,
                "accuracy_images_high": images_high,
            }
        )
    found = pd.DataFrame(rows)
    sound = found[found["level"] == 0].set_index(["network", "fault"])["accuracy"]
    before = [sound.get(key, np.nan) for key in zip(found["network"], found["fault"], strict=True)]
    found["points_lost"] = 100 * (np.array(before, float) - found["accuracy"])
    return found


def _of_seeds(accuracies: np.ndarray) -> tuple[float, float]:
    """The interval of their mean."""
    from scipy.stats import t as student

    n, mean = len(accuracies), float(accuracies.mean())
    if n < 2:
        return np.nan, np.nan
    times = float(student.ppf((1 + CONFIDENCE) / 2, n - 1))
    half = times * float(accuracies.std(ddof=1)) / np.sqrt(n)
    return max(0.0, mean - half), min(1.0, mean + half)


def shown(table: pd.DataFrame, title: str) -> Table:
    """What a reader sees of a summary."""
    columns = (
        Column("network", ("network",)),
        Column("fault", ("fault",)),
        Column("level (%)", ("level",), lambda level: f"{100 * level:g}", number=True),
        Column("accuracy (%)", ("accuracy",), in_percent, number=True),
        Column("lost (points)", ("points_lost",), lambda lost: f"{lost:.2f}", number=True),
        Column(
            "seeds (%)",
            ("accuracy_lowest", "accuracy_highest"),
            percent_range,
            leave_out=2,
        ),
        Column(
            "images, 95 % (%)",
            ("accuracy_images_low", "accuracy_images_high"),
            percent_range,
            leave_out=1,
        ),
    )
    return Table("rows", title, table, columns)
