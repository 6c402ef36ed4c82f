"""The part of the verb `devices` that writes a card for a chip that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import SpikewattError

NEW = "new"
NOT_HERE = (
    "A chip that is not here: by its core, --device cortex-m4:clock_mhz=100,ua_per_mhz=116,"
    f"supply_v=3.3, or by a card of your own, spikewatt devices {NEW} mine.yaml --core cortex-m4 …",
)
CORE_HELP = "With new: cortex-m0+, cortex-m4, cortex-m33, cortex-m7 or cortex-m85."
CLOCK_HELP = "With new: clock while it computes."
CURRENT_HELP = "With new: run current of the data sheet."
SUPPLY_HELP = "With new: supply of that current."
FLASH_HELP = "With new: KiB of flash."
RAM_HELP = "With new: KiB of RAM."
SLEEP_HELP = "With new: current of the deepest sleep that keeps the RAM."
WAKE_HELP = "With new: microseconds from that sleep until it computes."
REGULATOR_HELP = "With new: ldo or dcdc; by default ldo."
LIBRARY_HELP = "With new: int8 kernel library; by default that of the core."
NAME_HELP = "With new: name of the device; by default that of the file."
SOURCE_HELP = "With new: where the figures come from, such as 'DS10314, table 23'."


def new_card(path: Path | None, core: str | None, given: dict[str, Any]) -> str:
    """Write the card; what to do with it.

    Parameters
    ----------
    path : Path, or None where none was given
    core : str, or None where none was given
    given : dict
        Options of the verb by name; None where they were not given.
    """
    from ..energy.cards.any_chip.figures import SHORT
    from ..energy.cards.any_chip.new_card import write_new_card

    example = f"spikewatt devices {NEW} mine.yaml --core cortex-m4 --clock-mhz 100"
    if path is None:
        raise SpikewattError(f"devices {NEW}", "must name the file to write", "none", hint=example)
    if core is None:
        raise SpikewattError(f"devices {NEW} --core", "must be given", "none", SHORT, example)

    own = {key: given[key] for key in ("name", "source")}
    figures = {key: value for key, value in given.items() if key not in own and value is not None}
    card = write_new_card(path, core, figures, **own)
    return (
        f"{path}: {card.title}.\nReplace what says assumed, look at all of it with "
        f"`spikewatt devices {path}`, and price with `--device {path}`."
    )


def only_with_new(given: dict[str, Any]) -> None:
    """Raise SpikewattError for an option that nothing would ask for."""
    for name, value in given.items():
        if value is not None:
            flag = "FILE" if name == "path" else f"--{name.replace('_', '-')}"
            hint = f"spikewatt devices {NEW} mine.yaml …"
            raise SpikewattError(f"devices {flag}", f"goes with {NEW}", str(value), hint=hint)
