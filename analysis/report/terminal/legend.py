"""A mark for each long name of a device, explained once below the tables that use it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# A card with options: odin_style:neurons_per_core=512,voltage_v=0.8, cortex-m0+:clock_mhz=64
OPTIONS = re.compile(r"([\w./-]+\+?):((?:\w+=[^,+\s)]+)(?:,\w+=[^,+\s)]+)*)")
LONGEST = 24  # characters that a name with options may have, and stays


@dataclass
class Legend:
    """Names with options, in the order in which tables used them.

    Examples
    --------
    >>> legend = Legend()
    >>> legend.short("odin_style:neurons_per_core=512,voltage_v=0.8+nrf54l15 snn")
    'odin_style[1]+nrf54l15 snn'
    >>> legend.short("odin_style+cortex-m0+:clock_mhz=133,ua_per_mhz=160")
    'odin_style+cortex-m0+[2]'
    >>> legend.lines()[0]
    '[1] odin_style:neurons_per_core=512,voltage_v=0.8'
    """

    names: list[str] = field(default_factory=list)

    def short(self, text: str) -> str:
        """`text` with marks in the place of options."""
        return OPTIONS.sub(self._mark, text)

    def lines(self, texts: list[str] | None = None) -> list[str]:
        """What the marks mean; of those in `texts` alone, where they are given."""
        shown = []
        for i, name in enumerate(self.names):
            mark = f"[{i + 1}]"
            if texts is None or any(mark in text for text in texts):
                shown.append(f"{mark} {name}")
        return shown

    def _mark(self, found: re.Match[str]) -> str:
        name = found.group()
        if len(name) <= LONGEST:
            return name
        if name not in self.names:
            self.names.append(name)
        return f"{found.group(1)}[{self.names.index(name) + 1}]"
