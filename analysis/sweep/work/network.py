"""What a worker does for a network point: train or load, convert, simulate; and what it finds."""

from __future__ import annotations

import functools
import json
import math
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from .... import files
from ....energy.bill import INT8
from ....errors import SpikewattError
from ....models.training import predictions
from ....sim.engines.simulate import simulate
from ....sim.trace.trace import Trace
from ...job import steps
from ...job.config import make_config
from ...job.run_folder import RunFolder
from ...job.spare import spare
from ..network_points import TRAINING, Simulation

ACCURACIES = (
    "accuracy_validation",
    "accuracy",
    "keras_accuracy_validation",
    "keras_accuracy",
)
# What data and a trained network depend on, beside the conversion.
PREPARING = (*TRAINING, "calibration_samples", "test_samples", "input_max")
ONCE = 0  # accuracy of a code with a number of steps of its own stands under this number
LONGEST_REASON = 400


@dataclass(frozen=True)
class NetworkFound:
    """What a simulation found.

    Parameters
    ----------
    accuracies : dict of list
        Simulated steps -> accuracy on validation and on test images; a code with a number of
        steps of its own has one entry, ONCE.
    keras : list
        Accuracy of Keras on validation and on test images.
    int8 : list
        Of the same network in int8; empty where it has no such form.
    reason : str, default ""
        Why there is nothing.
    passing : bool, default False
        Whether the reason may be the machine's, and not the network's: it is tried again.
    trace : bytes, default b""
        The file of the trace of the test images.
    """

    accuracies: dict[int, list[float]] = field(default_factory=dict)
    keras: list[float] = field(default_factory=list)
    int8: list[float] = field(default_factory=list)
    reason: str = ""
    passing: bool = False
    trace: bytes = field(default=b"", repr=False)

    def as_json(self) -> str:
        """Without the trace."""
        found = asdict(self)
        del found["trace"]
        return json.dumps(found)

    @classmethod
    def from_json(cls, text: str, trace: bytes = b"") -> NetworkFound:
        """Inverse of `as_json`; raises ValueError, TypeError or KeyError for another text."""
        values = json.loads(text)
        accuracies = {int(key): list(pair) for key, pair in values["accuracies"].items()}
        keras, int8, reason = list(values["keras"]), list(values["int8"]), str(values["reason"])
        return cls(accuracies, keras, int8, reason, trace=trace)

    def accuracy(self, workload: str, steps: int) -> dict[str, float]:
        """Columns of a workload after so many steps: its accuracies, and those of Keras."""
        own = self.int8 if workload == INT8 else self.accuracies[steps]
        found = (*(own or (math.nan, math.nan)), *self.keras)
        return dict(zip(ACCURACIES, found, strict=True))


def work(simulation: Simulation) -> NetworkFound:
    """Train or load, convert and simulate; a failure is a reason, not an error."""
    try:
        return _work(simulation)
    except SpikewattError as error:
        return NetworkFound(reason=str(error))
    except MemoryError:
        return NetworkFound(reason="needs more memory than there is", passing=True)
    except Exception as error:  # one point that fails must not end the sweep
        said = " ".join(str(error).split())[:LONGEST_REASON]
        return NetworkFound(reason=f"not foreseen: {type(error).__name__}: {said}", passing=True)


def _work(simulation: Simulation) -> NetworkFound:
    config = make_config(simulation.settings, "network point")
    needed = json.dumps({name: simulation.settings[name] for name in PREPARING}, sort_keys=True)
    prepared, keras_validation = _prepared(simulation.training, needed)
    int8 = _int8(simulation.training, needed)
    network = spare(config, prepared, steps.convert(config, prepared)).network

    def run(x: np.ndarray) -> Trace:
        return simulate(
            network,
            x,
            config.engine or "auto",
            config.simulated_steps,
            workers=config.workers,
            seed=config.seed,
        )

    data = prepared.dataset
    seen = run(data.scaled("validation", config.input_max))
    trace = run(prepared.x)
    every = (seen.accuracy(data.y_validation), trace.accuracy(prepared.labels))
    if config.spike_code.bias_each_step:
        accuracies = {t + 1: [float(one[t]) for one in every] for t in range(trace.steps)}
    else:
        accuracies = {ONCE: [float(one[-1]) for one in every]}
    keras = [keras_validation, prepared.ann_accuracy]
    return NetworkFound(accuracies, keras, int8, trace=_as_file(trace))


@functools.lru_cache(maxsize=2)
def _prepared(training: str, settings: str) -> tuple[steps.Prepared, float]:
    """Data and trained network, which is trained once on a machine, whoever asks first."""
    from filelock import FileLock

    config = make_config(json.loads(settings), "network point")
    folder = files.cache_folder("sweep", "trained", training)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        prepared = steps.prepare(config, folder=RunFolder(folder, folder))
    x = prepared.dataset.scaled("validation", config.input_max)
    right = predictions(prepared.model, x) == prepared.dataset.y_validation
    return prepared, float(right.mean())


@functools.lru_cache(maxsize=2)
def _int8(training: str, settings: str) -> list[float]:
    """Accuracy of the int8 network on validation and on test images; empty where there is none."""
    prepared, _ = _prepared(training, settings)
    config = make_config(json.loads(settings), "network point")
    try:
        network = prepared.int8
    except SpikewattError:
        return []
    data = prepared.dataset
    x = data.scaled("validation", config.input_max)
    seen = network.predictions(x) == data.y_validation
    unseen = network.predictions(prepared.x) == prepared.labels
    return [float(seen.mean()), float(unseen.mean())]


def _as_file(trace: Trace) -> bytes:
    """The bytes of its file, wherever this runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.trace"
        trace.save(path)
        return path.read_bytes()


class KeptNetworks:
    """What was simulated before, by key, in the cache of this machine."""

    def __init__(self) -> None:
        self.folder = files.cache_folder("sweep", "networks")

    def get(self, key: str) -> NetworkFound | None:
        """What was found, with its trace; None where it is not known."""
        try:
            text = self._facts(key).read_text("utf-8")
            return NetworkFound.from_json(text, self._trace(key).read_bytes())
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def has(self, key: str) -> bool:
        """Whether it is known."""
        return self._facts(key).is_file() and self._trace(key).is_file()

    def put(self, key: str, found: NetworkFound) -> None:
        """Keep it; a cache that cannot be written keeps nothing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            files.write(self._trace(key), found.trace)
            files.write(self._facts(key), found.as_json())
        except (OSError, SpikewattError):
            return

    def _facts(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def _trace(self, key: str) -> Path:
        return self.folder / f"{key}.trace"


def trace_of(found: NetworkFound) -> Trace:
    """The trace that a worker sent, in memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.trace"
        files.write(path, found.trace)
        return Trace.load(path).in_memory()
