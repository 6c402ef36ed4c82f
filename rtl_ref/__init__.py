"""rtl_ref: what the core does. SystemVerilog, its golden model and benches, and a twin of ODIN."""

from .odin.events import Bistability, SingleSynapse, TimeReference, Virtual
from .odin.twin import Accesses, OdinTwin, TwinRun

__all__ = [
    "Accesses",
    "Bistability",
    "OdinTwin",
    "SingleSynapse",
    "TimeReference",
    "TwinRun",
    "Virtual",
]
