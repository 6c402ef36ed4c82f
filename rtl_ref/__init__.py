"""rtl_ref: what the core does. SystemVerilog, its golden model and benches, and a twin of ODIN."""

from .odin_twin import Accesses, Bistability, OdinTwin, SingleSynapse, TimeReference, TwinRun, Virtual

__all__ = ["Accesses", "Bistability", "OdinTwin", "SingleSynapse", "TimeReference", "TwinRun", "Virtual"]
