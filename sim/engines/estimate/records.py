"""What runs took on this machine: a few records per engine, kept in the cache, and fitted.

A record says how much of each thing a run did (its features), and how many seconds that took. The
seconds of one unit of each feature are fitted to the records by their relative errors: a run ten
times as long weighs no more. Records belong to a processor and to the source of the engine; when
either changes they are taken anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .... import files
from ....errors import SpikewattError
from ....resources import processor

Features = Mapping[str, float]
MOST = 40  # records of an engine that are kept; the latest
FAR = 0.4  # error of a logarithm from which on a record is an outlier, and weighs less
RANGE = 12.0  # of a logarithm, around where it begins: all but nothing, and far too much


@dataclass(frozen=True)
class Record:
    """One run, or one part of it.

    Parameters
    ----------
    features : name -> amount, above 0.
    seconds : float, what it took.
    once : bool, whether it was a run made to calibrate; those are never dropped.
    weight : float, above 0, beside other records; default 1.
    """

    features: dict[str, float]
    seconds: float
    once: bool = False
    weight: float = 1.0


def folder() -> Path:
    """Where records are kept."""
    return files.cache_folder("estimates")


class Records:
    """The records of one engine on this machine.

    Parameters
    ----------
    engine : str, its name.
    source : files whose change makes them worthless.
    """

    def __init__(self, engine: str, source: Iterable[Path]):
        parts = [processor(), str(len(os.sched_getaffinity(0)))]
        parts += [path.read_text("utf-8") for path in sorted(source)]
        key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
        self.path = folder() / f"{engine}-{key}.json"

    def read(self) -> list[Record]:
        """All of them; none where there is no file, or one that is not whole."""
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            entries = json.loads(self.path.read_text("utf-8"))
            return [_checked(entry) for entry in entries]
        return []

    def add(self, *new: Record) -> None:
        """Keep more; a cache that cannot be written keeps nothing."""
        if not new:
            return
        known = [*self.read(), *new]
        first = [record for record in known if record.once]
        later = [record for record in known if not record.once]
        kept = [*first[-MOST:], *later[-MOST:]]
        text = json.dumps([vars(record) for record in kept])
        with contextlib.suppress(OSError, SpikewattError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            files.write(self.path, text)


def _checked(entry: dict) -> Record:
    features = {str(name): float(amount) for name, amount in entry["features"].items()}
    seconds = float(entry["seconds"])
    if not (seconds > 0 and all(amount > 0 for amount in features.values())):
        raise ValueError("no record")
    return Record(features, seconds, bool(entry["once"]), float(entry["weight"]))


def fitted(records: Iterable[Record]) -> dict[str, float]:
    """Seconds of one unit of each feature, all above 0.

    Minimises Σ w ρ(log(predicted / seconds)) over their logarithms, first with ρ(e) = e², then,
    from there, with ρ(e) = log(1 + (e / FAR)²), for which an outlier weighs little.

    >>> found = fitted([Record({"a": 1}, 2), Record({"a": 1, "b": 10}, 7)])
    >>> round(found["a"], 3), round(found["b"], 3)
    (2.0, 0.5)
    """
    from scipy.optimize import least_squares

    found = list(records)
    names = sorted({name for record in found for name in record.features})
    if not names:
        return {}

    table = np.array([[r.features.get(name, 0.0) / r.seconds for name in names] for r in found])
    root = np.sqrt([record.weight for record in found])
    # Where a feature would take all the time of the records that have it, shared among them.
    begin = [np.median(column[column > 0]) for column in table.T]
    logs = -np.log(np.array(begin) * len(names))

    def error(logs: np.ndarray) -> np.ndarray:
        return root * np.log(table @ np.exp(logs))

    def slope(logs: np.ndarray) -> np.ndarray:
        parts = table * np.exp(logs)
        return root[:, None] * parts / parts.sum(axis=1, keepdims=True)

    bounds = logs - RANGE, logs + RANGE
    for loss in ("linear", "cauchy"):
        logs = least_squares(error, logs, slope, bounds, loss=loss, f_scale=FAR).x
    return dict(zip(names, np.exp(logs).tolist(), strict=True))


def predicted(units: Features, features: Features) -> float:
    """Seconds of `features`; not a number where one of them was never measured."""
    if any(name not in units for name in features):
        return math.nan
    return sum(units[name] * amount for name, amount in features.items())
