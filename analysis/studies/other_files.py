"""A rerun's files beside the tables, which some kinds of rows leave, and the committed ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from .comparison import Comparison, Difference, Line, differing, keyed
from .methods.columns import METHOD_COLUMNS, METHODS, ROBUSTNESS, ROBUSTNESS_COLUMNS
from .study import Study
from .study_file import Tolerance

# Files, and what their lines are told by.
OTHER_FILES = {
    "sizes.csv": ("row", "cell", "target", "seed"),
    "modules.csv": ("design", "device", "module"),
    "steps.csv": ("row", "step"),
    "classes.csv": ("row", "cell", "class"),
    METHODS: ("row", "cell", "device"),
    ROBUSTNESS: ("row", "network", "fault", "level"),
}
OTHER_SHARES = {
    "accuracy",
    "settled",
    "precision",
    "recall",
    "f1",
    "accuracy_lost",
    "reran",
    *(name for name in METHOD_COLUMNS if name.endswith(("_saved", "_share"))),
    *(name for name in ROBUSTNESS_COLUMNS if name.startswith("accuracy")),
}
MAY_DIFFER = {"images", "network_hash", "tools", "chosen", "points_lost"}


def read_others(folder: Path) -> dict[str, list[Line]]:
    """Lines of `OTHER_FILES`, of those that are in `folder`."""
    import pandas as pd

    frames = {
        name: pd.read_csv(folder / name).astype(object)
        for name in OTHER_FILES
        if (folder / name).is_file()
    }
    return {
        name: frame.where(frame.notna(), None).to_dict("records") for name, frame in frames.items()
    }


def compare_others(
    study: Study,
    rows: Collection[str],
    own: Mapping[str, list[Line]],
    committed: Mapping[str, list[Line]],
) -> Comparison:
    """As `compare`, of `OTHER_FILES`.

    Parameters
    ----------
    study : Study
    rows : collection of str
        That were run again; lines of others are not looked at.
    own, committed : mapping from file to its lines
        As `read_others` reads them.
    """
    lines, new, other_images = 0, 0, 0
    found: list[Difference] = []
    for name in own.keys() & committed.keys():
        ours, theirs = (
            keyed((each for each in tables[name] if each.get("row") in (None, *rows)), columns)
            for tables, columns in ((own, OTHER_FILES[name]), (committed, OTHER_FILES[name]))
        )
        new += len(ours.keys() - theirs.keys())
        for key, line in theirs.items():
            where = ", ".join(str(part) for part in (name, *key) if part is not None)
            if key not in ours:
                found.append(Difference(where, "line", "there", None, False))
            elif ours[key].get("images") != line.get("images"):
                other_images += 1
            else:
                lines += 1
                found.extend(_of_another(where, ours[key], line, study.file.tolerance))
    return Comparison(lines, new, other_images, tuple(found))


def _of_another(where: str, own: Line, committed: Line, allowed: Tolerance) -> Iterator[Difference]:
    for column in own.keys() - MAY_DIFFER:
        values = (own[column], committed.get(column))
        if any(isinstance(value, str) for value in values):
            if values[0] != values[1]:
                yield Difference(where, column, values[1], values[0], False)
            continue
        is_share = column in OTHER_SHARES
        most = allowed.accuracy_points if is_share else allowed.counts_percent
        yield from differing(where, column, own, committed, most / 100, of_share=not is_share)
