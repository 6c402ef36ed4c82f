"""Every engine on the same network: the only place where tests list engines."""

from __future__ import annotations

from spikewatt.sim.engines.engines import ENGINES
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.trace.trace import Trace

from .assert_equal import assert_equal

DEFINITION = "reference"
OTHERS = tuple(name for name in ENGINES if name != DEFINITION)
IN_PROCESS = tuple(name for name in OTHERS if name != "annarchy")
IN_PROCESSES = tuple(name for name in OTHERS if name not in IN_PROCESS)


def on_all_engines(
    network: SpikingNetwork, x, steps: int | None = None, engines=OTHERS, **options
) -> Trace:
    """The reference's trace of `x`; every other engine gives the same, so that all pairs agree.

    Parameters
    ----------
    network, x, steps : as of `simulate`.
    engines : default all; `IN_PROCESSES` are those that start processes for each run, and
        `IN_PROCESS` those that do not.
    options : of `simulate`; ANNarchy and the event engine have one worker.
    """
    trace = simulate(network, x, DEFINITION, steps, **options)
    for engine in engines:
        again = simulate(network, x, engine, steps, workers=1, **options)
        assert assert_equal(trace, again) > 0, engine
    return trace
