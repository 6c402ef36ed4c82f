"""What counts were made with."""

from __future__ import annotations

from importlib.metadata import version

OPTIMISE = "-O2"  # of what is built to be counted


def versions() -> dict[str, str]:
    """Compiler, its level, and emulator: columns of every table of counts."""
    return {
        "compiler": f"zig {version('ziglang')}",
        "optimise": OPTIMISE,
        "emulator": f"unicorn {version('unicorn')}",
    }
