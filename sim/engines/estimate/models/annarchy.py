"""What a run costs in the ANNarchy engine: compiling, loading synapses, steps of all neurons."""

from __future__ import annotations

import importlib.util

from .....errors import MissingToolError
from .....files import cache_folder
from ...annarchy.build import check_toolchain
from ...annarchy.layout import Layout
from ...annarchy.parameters import size_class
from ..calibration import beside_an_addition
from ..model import CostModel

WORKER_BYTES = 350e6  # Python, ANNarchy and its simulator
SYNAPSE_BYTES = 190  # lists of Python while they are loaded, then ANNarchy's own

# Until a run was measured here: what things take beside an addition of numpy, as seen on a machine
# with two cores. The first runs replace them.
TIMES_AN_ADDITION = {
    "start": 6e9,
    "compile": 7e10,
    "loaded synapses": 3000.0,
    "operations": 17.0,
    "updates": 80.0,
}


class AnnarchyCost(CostModel):
    """One process per core, each with the whole network."""

    engine = "annarchy"
    folder = "annarchy"
    compile_stage = True

    def missing(self):
        """A compiler, or the package."""
        try:
            check_toolchain()
        except MissingToolError as error:
            return str(error.got)
        return ""

    def ready(self, work):
        """Start processes, compile for a size that is new, load the synapses."""
        features = {"start": 1.0, "loaded synapses": float(work.synapses)}
        if self.compiles(work):
            features["compile"] = 1.0
        return features

    def running(self, work):
        """Each spike along its synapses; each neuron at each step."""
        processes = max(1, min(work.threads, work.samples))
        share = work.samples / processes
        return {
            "operations": work.operations * share,
            "updates": work.steps * work.neurons * share,
        }

    def compiles(self, work):
        """Whether no simulator of this size lies in the cache."""
        layout = Layout(work.network, work.plan)
        neurons = size_class(layout.size, 1024)
        observers = size_class(layout.observers, 32)
        there = cache_folder("annarchy").glob(f"{neurons}-{observers}-*.sha256")
        return next(there, None) is None

    def memory_bytes(self, work):
        """Every process holds all synapses."""
        return work.threads * (WORKER_BYTES + SYNAPSE_BYTES * work.synapses)

    def calibration(self):
        """No run, which would be compiled for a minute: estimates beside a yardstick."""
        if importlib.util.find_spec("ANNarchy") is None:
            return
        yield from beside_an_addition(TIMES_AN_ADDITION)
