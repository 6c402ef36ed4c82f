"""rtl_ref: what the core does. SystemVerilog, its golden model and benches, and a twin of ODIN.

>>> from spikewatt.rtl_ref import OdinTwin, TimeReference
>>> TimeReference(neuron=3)
TimeReference(neuron=3)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .handover.hand_over import hand_over as hand_over
    from .odin.events import Bistability as Bistability
    from .odin.events import SingleSynapse as SingleSynapse
    from .odin.events import TimeReference as TimeReference
    from .odin.events import Virtual as Virtual
    from .odin.run import OdinRun as OdinRun
    from .odin.run import run_odin as run_odin
    from .odin.tiny_twin import TinyOdinTwin as TinyOdinTwin
    from .odin.twin import OdinTwin as OdinTwin
    from .odin.twin_run import Accesses as Accesses
    from .odin.twin_run import TwinRun as TwinRun
    from .synthesis.synthesise import synthesise as synthesise
    from .verification.verify import Verification as Verification
    from .verification.verify import verify as verify

# Public name -> module that defines it; loaded on first use.
_HOME = {
    "Accesses": "odin.twin_run",
    "Bistability": "odin.events",
    "OdinRun": "odin.run",
    "OdinTwin": "odin.twin",
    "SingleSynapse": "odin.events",
    "TimeReference": "odin.events",
    "TinyOdinTwin": "odin.tiny_twin",
    "TwinRun": "odin.twin_run",
    "Verification": "verification.verify",
    "Virtual": "odin.events",
    "hand_over": "handover.hand_over",
    "run_odin": "odin.run",
    "synthesise": "synthesis.synthesise",
    "verify": "verification.verify",
}
__all__ = [
    "Accesses",
    "Bistability",
    "OdinRun",
    "OdinTwin",
    "SingleSynapse",
    "TimeReference",
    "TinyOdinTwin",
    "TwinRun",
    "Verification",
    "Virtual",
    "hand_over",
    "run_odin",
    "synthesise",
    "verify",
]


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
