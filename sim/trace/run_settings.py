"""RunSettings: how a trace came to be."""

from __future__ import annotations

from dataclasses import dataclass

from ..engines.schedule import Schedule, Window
from ..network.codes import Code, code_named
from ..network.input_codes import InputCode, input_code_named


@dataclass(frozen=True)
class RunSettings:
    """What ran, how long, in how many bits.

    Parameters
    ----------
    engine : str, name of the engine.
    code : Code or its name.
    input_code : InputCode or its name.
    schedule : Schedule, the window of every population but the read-outs.
    weight_bits : int, width of a signed weight.
    state_bits : int, width of a signed potential.
    needed_state_bits : int, width that the worst case needs.
    outputs : read-out -> its columns of `Trace.outputs`.
    resets : names of the resets of the network's populations.
    counts_output_spikes : bool, whether the outputs are counts of spikes of the last layer.
    seed : int, of Poisson inputs and lost spikes; None where nothing was drawn.
    wakes_in_time : bool, whether some neurons stay silent unless they fire early.
    lost_spikes : float, probability that a spike was lost on its way.
    """

    engine: str
    code: Code
    input_code: InputCode
    schedule: Schedule
    weight_bits: int
    state_bits: int
    needed_state_bits: int
    outputs: dict[str, slice]
    resets: tuple[str, ...] = ("subtract",)
    counts_output_spikes: bool = False
    seed: int | None = None
    wakes_in_time: bool = False
    lost_spikes: float = 0.0

    def __post_init__(self):
        code = code_named("RunSettings.code", self.code)
        input_code = input_code_named("RunSettings.input_code", self.input_code)
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "input_code", input_code)
        object.__setattr__(self, "resets", tuple(self.resets))

    @property
    def steps(self) -> int:
        """Simulated steps, from first input to last output."""
        return self.schedule.steps

    @property
    def can_saturate(self) -> bool:
        """Whether potentials are narrower than the worst case."""
        return self.state_bits < self.needed_state_bits

    def active_steps(self, population: str) -> int:
        """Steps at which the neurons of `population` are visited: those of its window.

        A read-out's at every step.
        """
        window = self.schedule.windows.get(population)
        if window is None:
            return self.steps
        return window.length

    def as_json(self) -> dict:
        """JSON form, read back by `from_json`."""
        windows = {}
        for name, window in self.schedule.windows.items():
            windows[name] = [window.start, window.stop, list(window.gains)]
        outputs = {name: [part.start, part.stop] for name, part in self.outputs.items()}
        drawn: dict = {} if self.seed is None else {"seed": self.seed}
        if self.lost_spikes:
            drawn["lost_spikes"] = self.lost_spikes
        gated = {"wakes_in_time": True} if self.wakes_in_time else {}

        return {
            "engine": self.engine,
            "code": str(self.code),
            "input_code": str(self.input_code),
            "steps": self.steps,
            "windows": windows,
            "weight_bits": self.weight_bits,
            **drawn,
            **gated,
            "counts_output_spikes": self.counts_output_spikes,
            "resets": list(self.resets),
            "state_bits": self.state_bits,
            "needed_state_bits": self.needed_state_bits,
            "outputs": outputs,
        }

    @classmethod
    def from_json(cls, values: dict) -> RunSettings:
        """Inverse of `as_json`; traces of version 4 do not say what spikes were worth."""
        values = dict(values)
        code = code_named("RunSettings.code", values["code"])

        windows = {}
        for name, (start, stop, *gains) in values.pop("windows").items():
            windows[name] = Window(start, stop, tuple(*gains))

        largest = 0
        if values["state_bits"] < values["needed_state_bits"]:
            largest = 2 ** (values["state_bits"] - 1) - 1
        schedule = Schedule(
            windows,
            values.pop("steps"),
            code.streaming,
            largest,
        )

        outputs = {}
        for name, (first, after) in values.pop("outputs").items():
            outputs[name] = slice(first, after)
        return cls(**values, schedule=schedule, outputs=outputs)
