"""Tables of what fits: what a network takes up on each device, and which laws it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from .findings import Column, Findings, Table
from .numbers import three_digits
from .units import BINARY_BYTES, PLAIN

if TYPE_CHECKING:
    from ...energy.devices.fit import Fit, Fits

FOR_A_READER = "rows"


def fit_findings(found: Sequence[Fits]) -> Findings:
    """What fits of one or more networks: sizes per device, broken laws, and what was assumed.

    Parameters
    ----------
    found : sequence of Fits
        One per network, at least one.
    """
    several = len(found) > 1
    title = "What they take up" if several else f"{found[0].network}: what it takes up"
    frame = _stacked(found, [each.frame for each in found])
    rows = Table(FOR_A_READER, title, frame, _columns(several), _of_cores_alone(frame))
    misfits = Table(
        "misfits", "Laws that are broken", _stacked(found, [each.misfits for each in found])
    )

    lines = [_line(each, several, line) for each in found for line in _refusals(each)]
    notes = [_line(each, several, note) for each in found for note in each.notes]
    return Findings((rows, misfits), notes=tuple(dict.fromkeys([*lines, *notes])))


def _stacked(found: Sequence[Fits], frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The frames of all networks as one, whose first column is the network."""
    parts = [frame.assign(network=each.network) for each, frame in zip(found, frames, strict=True)]
    full = [part for part in parts if len(part)] or parts[:1]
    # Of no network a column may hold a number: concatenating says so in a warning.
    rows = [row for part in full for row in part.to_dict("records")]
    names = ["network", *(name for name in full[0].columns if name != "network")]
    return pd.DataFrame(rows, columns=names)


def _columns(several: bool) -> list[Column]:
    network = [Column("network", ("network",))] if several else []
    memory = ("used_bytes", "memory_bytes")
    return [
        *network,
        Column("device", ("device",)),
        Column("workload", ("workload",)),
        Column("fits", ("fits",)),
        Column("cores", ("cores",), "{:,.0f}".format, number=True),
        Column("mm²", ("mm2",), unit=PLAIN, leave_out=1),
        Column("memory", memory, unit=BINARY_BYTES, between=" of ", leave_out=2),
        Column(
            "flash",
            ("flash_bytes", "flash_there_bytes"),
            unit=BINARY_BYTES,
            between=" of ",
            leave_out=3,
        ),
        Column(
            "RAM",
            ("ram_bytes", "ram_there_bytes"),
            unit=BINARY_BYTES,
            between=" of ",
            leave_out=3,
        ),
    ]


def _of_cores_alone(frame: pd.DataFrame) -> pd.DataFrame:
    """The same without a memory of microcontrollers, which have flash and RAM."""
    return frame.assign(used_bytes=frame["used_bytes"].where(frame["flash_bytes"].isna()))


def _refusals(found: Fits) -> list[str]:
    """One line per device and workload that does not fit, with what would."""
    return [_refusal(fit) for fit in found.fits if fit.misfits]


def _refusal(fit: Fit) -> str:
    more = len(fit.misfits) - 1
    others = f" ({more} more)" if more else ""
    verb = "does not fit" if fit.fits == "no" else "may not fit"
    return f"{fit.device}: {fit.workload} {verb}: {fit.why_not}{others}{_instead(fit)}"


def _instead(fit: Fit) -> str:
    """The nearest geometry with its size, and why there is none on so few cores."""
    why_none = f"; {fit.why_none}" if fit.why_none else ""
    if fit.nearest is None or fit.nearest_footprint is None:
        return why_none
    size = fit.nearest_footprint
    plural = "" if size.cores == 1 else "s"
    area = "" if size.area_m2 is None else f", {three_digits(size.area_m2.value * 1e6)} mm²"
    return f"{why_none}; nearest: {fit.nearest} on {size.cores:,} core{plural}{area}"


def _line(found: Fits, several: bool, text: str) -> str:
    return f"{found.network}: {text}" if several else text
