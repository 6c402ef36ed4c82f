"""What a template is filled with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Page:
    """What a template is filled with.

    Parameters
    ----------
    template : str
        Its file.
    title, kind, verdict : str
        Head lines.
    below, warnings : list of str
        Lines under the verdict.
    parts : dict
        Further names of the template.
    charts : dict
        Name -> Vega, with its data inside.
    live : dict
        Name -> Vega that the page fills.
    data : dict
        Further data of the page, for JSON.
    """

    template: str
    title: str
    kind: str
    verdict: str
    below: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    parts: dict[str, Any] = field(default_factory=dict)
    charts: dict[str, dict] = field(default_factory=dict)
    live: dict[str, dict] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
