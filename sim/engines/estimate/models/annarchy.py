"""What a run costs in the ANNarchy engine: compiling once, spikes, steps of all neurons."""

from __future__ import annotations

import importlib.util

from .....errors import MissingToolError
from ...annarchy.build import check_toolchain
from ...annarchy.code import is_compiled
from ...annarchy.layout import Layout
from ..calibration import beside_an_addition
from ..model import CostModel
from ..work import Work

WORKER_BYTES = 130e6  # Python, ANNarchy and its simulator
NEURON_BYTES = 200  # parameters and state
PLACE_BYTES = 20  # of a neuron in each connection: weights are shared

# Until a run was measured here: what things take beside an addition of numpy, as seen on a machine
# with two cores. The first runs replace them.
TIMES_AN_ADDITION = {
    "start": 6e9,
    "compile": 5e10,
    "operations": 0.4,
    "spikes": 60.0,
    "neuron steps, streaming": 6.0,
    "neuron steps, retracting": 25.0,
    "neuron steps, exact": 15.0,
    "neuron steps, doubling": 50.0,
    "samples": 3e5,
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
        """Start processes; compile, where nothing like it was compiled before."""
        features = {"start": 1.0}
        if self.compiles(work):
            features["compile"] = 1.0
        return features

    def running(self, work):
        """Each spike along its synapses; each neuron at each step."""
        share = work.samples / max(1, min(work.threads, work.samples))
        layout = Layout(work.network, work.plan)  # with the neurons that only pass spikes on
        return {
            "operations": work.operations * share,
            "spikes": work.spikes * share,
            f"neuron steps, {_equations(work)}": layout.steps * layout.size * share,
            "samples": share,
        }

    def compiles(self, work):
        """Whether no simulator of this network's equations lies in the cache."""
        return not is_compiled(Layout(work.network, work.plan))

    def memory_bytes(self, work):
        """Every process holds the weights, and a place per neuron and connection."""
        network = work.network
        weights = sum(c.weights.size for c in network.connections if c.weights is not None)
        places = sum(network.population(c.pre).size for c in network.connections)
        each = 8 * weights + PLACE_BYTES * places + NEURON_BYTES * work.neurons
        return work.threads * (WORKER_BYTES + each)

    def calibration(self):
        """No run, which would be compiled for a minute: estimates beside a yardstick."""
        if importlib.util.find_spec("ANNarchy") is None:
            return
        yield from beside_an_addition(TIMES_AN_ADDITION)


def _equations(work: Work) -> str:
    """Which neurons are updated: those of each have more to do than those of the last."""
    code = work.network.code
    if work.streaming:
        return "retracting" if code.negative_spikes else "streaming"
    return "doubling" if code.doubles else "exact"
