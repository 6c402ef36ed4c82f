"""Faults of the rules that no input can show, and why."""

from __future__ import annotations

from .fault import Fault

# File, text with the fault in it as one line, why nothing can show it.
EQUIVALENT: tuple[tuple[str, str, str], ...] = ()


def is_equivalent(fault: Fault) -> bool:
    """Whether a fault is known to change nothing that can be seen."""
    return reason(fault) != ""


def reason(fault: Fault) -> str:
    """Why a fault changes nothing that can be seen; "" if it does, as far as is known."""
    for file, name, why in EQUIVALENT:
        if file == fault.file and name == fault.name:
            return why
    return ""
