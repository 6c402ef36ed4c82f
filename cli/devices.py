"""The part of the verb `devices` that writes a card for a chip that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import SpikewattError

NEW = "new"
MICROCONTROLLER = "microcontroller"
NOT_HERE = (
    "A chip that is not here: by its core, --device cortex-m4:clock_mhz=100,ua_per_mhz=116,"
    f"supply_v=3.3, or by a card of your own, spikewatt devices {NEW} mine.yaml --core cortex-m4 …",
    "A neuromorphic chip of your own: a card to fill in, spikewatt devices "
    f"{NEW} mine.yaml --kind neuromorphic_core --timing tick, and docs/how_to/chip.md.",
)
KIND_HELP = (
    "With new: microcontroller (default: a card that is ready, by --core and --clock-mhz), or "
    "neuromorphic_core, rule, battery or port: a template with every key, to fill in."
)
TIMING_HELP = (
    "With new --kind neuromorphic_core: clocked (default; a step takes clock cycles), tick (each "
    "lasts as long, in real time) or barrier (a step ends when all cores are done)."
)
LIKE_HELP = (
    "With new --kind neuromorphic_core: a card whose values stand, as assumed, where you know none "
    "of your own."
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


def new_card(path: Path | None, kind: str | None, given: dict[str, Any]) -> str:
    """Write a card, or a template of one; what to do with it.

    Parameters
    ----------
    path : Path, or None where none was given
    kind : str, or None where none was given
    given : dict
        Options of the verb by name; None where they were not given.
    """
    example = f"spikewatt devices {NEW} mine.yaml --core cortex-m4 --clock-mhz 100"
    if path is None:
        raise SpikewattError(f"devices {NEW}", "must name the file to write", "none", hint=example)
    said = {key: value for key, value in given.items() if value is not None}
    if kind in (None, MICROCONTROLLER):
        return _microcontroller(path, said, example)
    return _template(path, kind, said)


def _microcontroller(path: Path, said: dict[str, Any], example: str) -> str:
    from ..energy.cards.any_chip.figures import SHORT
    from ..energy.cards.any_chip.new_card import write_new_card

    for key in ("timing", "like"):
        _only_of(key, said, "neuromorphic_core")
    if "core" not in said:
        raise SpikewattError(f"devices {NEW} --core", "must be given", "none", SHORT, example)
    own = {key: said.pop(key, None) for key in ("name", "source")}
    card = write_new_card(path, said.pop("core"), said, **own)
    return (
        f"{path}: {card.title}.\nReplace what says assumed, look at all of it with "
        f"`spikewatt devices {path}`, and price with `--device {path}`."
    )


def _template(path: Path, kind: str, said: dict[str, Any]) -> str:
    from ..energy.cards.files.draft import FILL_IN
    from ..energy.cards.files.template import write_template

    own = {key: said.pop(key, None) for key in ("name", "source", "timing", "like")}
    for key in said:
        _only_of(key, said, MICROCONTROLLER)
    places = write_template(path, kind, **own)
    return (
        f"{path}: {places} places to fill in, each says {FILL_IN}.\nWhat is left of them, and what "
        f"is wrong, is told by `spikewatt devices {path}`; price with `--device {path}`."
    )


def _only_of(key: str, said: dict[str, Any], kind: str) -> None:
    """Raise SpikewattError for an option of another kind of card."""
    if key in said:
        where = f"devices {NEW} --{key.replace('_', '-')}"
        raise SpikewattError(where, f"goes with --kind {kind}", str(said[key]))


def only_with_new(given: dict[str, Any]) -> None:
    """Raise SpikewattError for an option that nothing would ask for."""
    for name, value in given.items():
        if value is not None:
            flag = "FILE" if name == "path" else f"--{name.replace('_', '-')}"
            hint = f"spikewatt devices {NEW} mine.yaml …"
            raise SpikewattError(f"devices {flag}", f"goes with {NEW}", str(value), hint=hint)
