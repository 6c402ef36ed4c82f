"""simulate: run a SpikingNetwork on inputs with an engine and return the Trace."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from ...errors import SpikewattError, one_of, whole_number
from ...progress import Progress, announce, listens
from ...resources import check_memory, check_writable
from ..network.connection_kinds import Identity
from ..network.spiking_network import SpikingNetwork
from ..trace.layer_summary import summarise
from ..trace.run_settings import RunSettings
from ..trace.trace import Trace
from .counts import Counts, columns_of
from .engines import ENGINES
from .estimate.choose import AUTO, Watch, fastest, foretold
from .estimate.work import Work
from .inputs import Inputs
from .into_file import block_of, into_file
from .losses import probability
from .run_parts import Run, count_bytes
from .schedule import schedule
from .state_width import state_width

LOG = logging.getLogger(__name__)


def simulate(
    network: SpikingNetwork,
    x,
    engine: str = "annarchy",
    steps: int | None = None,
    rasters: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    seed: int = 0,
    state_bits: int | None = None,
    lost_spikes: float = 0.0,
    out=None,
) -> Trace:
    """Run `network` on every sample of `x` and return the counts.

    Parameters
    ----------
    network : SpikingNetwork.
    x : (samples, …) inputs as the Keras model takes them, within the network's input range: an
        array, ``numpy.memmap`` or data set of an HDF5 file; a list of such for several inputs.
    engine : ``annarchy`` (default; C++ simulation, compiled once and cached), ``batched``
        (TensorFlow, whole batches), ``event`` (a kernel in C++ in which spikes drive the work) or
        ``reference`` (numpy); all give equal integers. ``auto`` takes the one with the least
        estimated time, compiling included; the trace says which. See `estimate`.
    steps : int, simulated steps of a streaming code, 1..10000; default 32 (rate), as many as it
        needs to settle (signed). Exact codes have their own.
    rasters : int, record which neuron fired at which step for the first so many samples; default 0.
    workers : int, processes of the ANNarchy engine, threads of the event engine; default one per
        core.
    progress : called with (stage, done, in all); the stages are ``compile`` and ``simulate``.
    seed : int, of Poisson inputs and of lost spikes; a sample's events depend on it and on the
        number of the sample only. Default 0.
    state_bits : int, width of a signed potential; default what the worst case needs. In a narrower
        one the potential of a streaming code saturates after the sum of each step, which the trace
        counts; exact codes do not run in a narrower one.
    lost_spikes : float, 0..1, probability that a spike is lost on its way: nobody hears it, and the
        trace does not count it. Each is drawn by `seed`, sample, population, step and neuron.
        Engines ``batched`` and ``reference``. Default 0.
    out : path of a ``.trace`` file, into which the counts are written while they arrive, so that a
        run of any length needs little memory. It appears when all is whole; the counts of the
        trace that is returned stay in it until they are asked for. Default none, in memory.

    Raises
    ------
    SpikewattError : wrong shape, NaN, values outside of the input range, unknown engine, steps out
        of range or given for an exact code, lost spikes that are no share or in an engine that
        loses none, a trace that memory does not hold (see `out`).
        MissingToolError : ANNarchy and the event engine need a compiler that is not installed.

    >>> from spikewatt import Connection, Population, SpikingNetwork
    >>> pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    >>> classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    >>> arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
    >>> network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    >>> trace = simulate(network, [[0.25, 1.0]], engine="reference", steps=8)
    >>> int(trace.spikes["input"].sum()), trace.outputs[0, -1].tolist()
    (10, [2, 8])
    """
    one_of("simulate.engine", "must name an engine", engine, (*ENGINES, AUTO))
    if not isinstance(network, SpikingNetwork):
        law = "must be a SpikingNetwork"
        raise SpikewattError("simulate.network", law, type(network).__name__)
    plan = schedule(network, steps)
    if workers is not None:
        law = "must be a number of processes"
        workers = whole_number("simulate.workers", law, workers, 1, 1024)

    inputs = Inputs(network, x)
    inputs.check_scale()
    law = "must be a number of samples"
    rasters = whole_number("simulate.rasters", law, rasters, 0, 2**31)
    rasters = min(rasters, inputs.samples)
    seed = whole_number("simulate.seed", "must be a seed", seed, 0, 2**31 - 1)

    lost_spikes = _lost_spikes(engine, lost_spikes)

    # Potentials saturate only where they are narrower than the worst case.
    lossy = lost_spikes > 0
    needed = state_width(network, plan, lossy=lossy)
    width = needed if state_bits is None else state_width(network, plan, state_bits, lossy)
    if width < needed:
        largest = 2 ** (width - 1) - 1
        plan = replace(plan, largest=largest)

    if out is not None:
        _check_place(out)
    if engine == AUTO:
        engine = fastest(network, inputs, plan, seed, workers, rasters, lossy)
    LOG.info("%s: %s samples, %s steps, %s", engine, inputs.samples, plan.steps, network)
    if listens(progress):
        seconds = foretold(engine, network, inputs, plan, seed, workers, rasters)
        announce(progress, seconds, f"{inputs.samples:,} samples in the {engine} engine")
    work = Work(network, plan, inputs.samples, 0.0, 0.0, workers, rasters)
    watch = Watch(engine, work, progress)
    run = Run(
        network,
        inputs,
        ENGINES[engine],
        plan,
        rasters,
        seed,
        workers,
        watch.progress,
        None if lossy else watch.counted,  # draws take time that no estimate knows
        lost_spikes,
    )
    settings = _settings(run, width, needed)

    def trace_of(counts: Counts, data_hash: str) -> Trace:
        return _trace(network, settings, counts, data_hash)

    if out is not None:
        _check_rasters(run)
        trace = into_file(run, out, trace_of)
        watch.ended()
        return trace

    _check_memory(run)
    whole = _Whole()
    data_hash = run.into(whole, inputs.samples)
    watch.ended()
    return trace_of(whole.counts, data_hash)


def _lost_spikes(engine: str, lost_spikes: float) -> float:
    """The probability, which only some engines know; raises SpikewattError."""
    where = "simulate.lost_spikes"
    lost = probability(where, lost_spikes)
    able = [name for name, each in ENGINES.items() if each.loses_spikes]
    if lost > 0 and engine not in (*able, AUTO):
        law = "is drawn in engines that can lose a spike"
        raise SpikewattError(where, law, f"engine {engine!r}", ", ".join([*able, AUTO]))
    return lost


class _Whole:
    """Keeps the counts of all samples in memory."""

    counts: Counts

    def put(self, counts: Counts) -> None:
        """Take them."""
        self.counts = counts


def _trace(network: SpikingNetwork, settings: RunSettings, counts: Counts, data_hash: str) -> Trace:
    return Trace(
        spikes=counts.spikes,
        synaptic_operations=counts.synaptic_operations,
        outputs=counts.outputs,
        layers=summarise(network),
        neurons={p.name: p.size for p in network.populations},
        network_hash=network.hash,
        data_hash=data_hash,
        settings=settings,
        rasters=counts.rasters,
        saturations=counts.saturations,
    )


def trace_bytes(network: SpikingNetwork, samples: int, steps: int | None, rasters: int = 0) -> int:
    """Bytes of the numbers of a trace in memory: counts at each step, and rasters.

    Parameters
    ----------
    network : SpikingNetwork.
    samples, steps, rasters : as of `simulate`.
    """
    length = schedule(network, steps).steps
    neurons = sum(p.size for p in network.populations)
    recorded = min(rasters, samples) * length * neurons
    return samples * count_bytes(network, length) + recorded


def _check_memory(run: Run) -> None:
    """Raise where the trace alone is more than there is."""
    samples, steps = run.inputs.samples, run.plan.steps
    needed = samples * count_bytes(run.network, steps) + _raster_bytes(run)
    what = f"the trace of {samples:,} samples of {steps:,} steps"
    hint = "simulate(out='x.trace'), which writes it while it runs, or fewer samples or steps"
    check_memory("simulate", what, needed, hint)


def _check_rasters(run: Run) -> None:
    """Raise where what has to be in memory, though the counts go into a file, is too much."""
    blocks = 3 * block_of(run) * run.bytes_per_sample
    what = f"a part of the trace, with rasters of {run.rasters:,} samples,"
    check_memory("simulate", what, blocks + _raster_bytes(run), "fewer rasters")


def _raster_bytes(run: Run) -> int:
    neurons = sum(p.size for p in run.network.populations)
    return run.rasters * run.plan.steps * neurons


def _check_place(out) -> None:
    """Raise where no trace can be written, or none be read back."""
    path = Path(out)
    if path.exists() and not path.is_file():
        raise SpikewattError("simulate.out", "must name a file", str(path))
    check_writable(path.absolute().parent)


def _settings(run: Run, width: int, needed: int) -> RunSettings:
    """What the trace says of the run."""
    network = run.network
    resets = {str(p.reset) for p in network.populations}
    into_outputs = [c for p in network.readouts for c in network.incoming(p.name)]
    counts_output_spikes = any(isinstance(c.kind, Identity) for c in into_outputs)
    return RunSettings(
        engine=str(run.engine),
        code=network.code,
        input_code=network.input_code,
        schedule=run.plan,
        weight_bits=network.weight_bits,
        state_bits=width,
        needed_state_bits=needed,
        outputs=columns_of(network),
        resets=tuple(sorted(resets)),
        counts_output_spikes=counts_output_spikes,
        seed=run.seed if network.input_code.drawn or run.lost_spikes else None,
        wakes_in_time=any(p.wakes_within for p in network.populations),
        lost_spikes=run.lost_spikes,
    )
