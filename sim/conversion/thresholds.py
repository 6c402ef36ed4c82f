"""Conversion methods by name: how a threshold is chosen, what a neuron starts with, and how it resets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, one_of
from ..network.codes import CODES
from ..network.neurons import RESETS

CLIP_CANDIDATES = np.linspace(0.15, 1.0, 60)
CLIP_VALUES = 200_000  # activations per layer that a clip is chosen on
RATE_CLIP_LEVELS = (
    32  # steps for which the clip of a streaming rate is tuned; the optimum is flat around it
)
RULES = (
    "least_error",
    "percentile",
    "largest_weight_or_activation",
    "worst_case",
    "largest_drive",
    "trained",
)


@dataclass(frozen=True)
class Method:
    """One way to choose λ, the value at which a neuron fires at every step.

    Parameters
    ----------
    name : as in `METHODS`, or your own.
    rule : ``least_error`` λ of least squared error of the quantised activation; ``percentile`` of the activations above zero;
        ``largest_weight_or_activation`` the larger of the two; ``worst_case`` what a neuron gets when all inputs with positive weight
        fire; ``largest_drive`` the largest weighted sum of one step, layer by layer in spikes; ``trained`` the clip of QCFS or
        KBitReLU layers.
    percentile : of the rule ``percentile``, 0..100.
    half_start : whether a neuron starts at half its threshold (rounds to the nearest) or at 0 (rounds down).
    reset : ``subtract`` the threshold or to ``zero``.
    codes : that the method is defined for.
    source : where it was described.

    A layer that was trained with a clip of its own (QCFS, KBitReLU) keeps it under ``least_error`` too.
    """

    name: str
    rule: str = "least_error"
    percentile: float = 100.0
    half_start: bool = True
    reset: str = "subtract"
    codes: tuple[str, ...] = tuple(CODES)
    source: str = ""

    def __post_init__(self):
        one_of("Method.rule", "must be a known rule", self.rule, RULES)
        one_of("Method.reset", "must be a known reset", self.reset, RESETS)
        if not isinstance(self.percentile, int | float) or not 0 < self.percentile <= 100:
            raise SpikewattError(
                "Method.percentile", "is a percentage", self.percentile, "above 0, up to 100"
            )


DIEHL = "Diehl et al., IJCNN 2015, doi:10.1109/IJCNN.2015.7280696"
ML_GENN = "Turner et al., Neuromorph. Comput. Eng. 2, 024002 (2022), doi:10.1088/2634-4386/ac5ac5"
METHODS = {
    m.name: m
    for m in (
        Method("least_error", source="Li et al., ICML 2021 (the search), Bu et al., ICLR 2022 (the half threshold)"),
        Method("diehl_model", "worst_case", half_start=False, reset="zero", codes=("rate",), source=DIEHL),
        Method("diehl_data", "largest_weight_or_activation", half_start=False, reset="zero", codes=("rate",), source=DIEHL),
        Method("robust", "percentile", 99.9, half_start=False, codes=("rate",),
               source="Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682"),
        Method("spike_norm", "largest_drive", half_start=False, reset="zero", codes=("rate",),
               source="Sengupta et al., Front. Neurosci. 13:95 (2019), doi:10.3389/fnins.2019.00095"),
        Method("ml_genn_data", "largest_weight_or_activation", half_start=False, reset="zero", codes=("rate",), source=ML_GENN),
        Method("few_spike", "percentile", 100.0, half_start=False, codes=("radix",),
               source=f"Stöckl & Maass, Nat. Mach. Intell. 3, 230 (2021), doi:10.1038/s42256-021-00311-4; {ML_GENN}"),
        Method("median", "trained", codes=("signed", "radix", "sync_rate"),
               source="Zou et al., Adv. Intell. Syst. (2023): median quantisation, negative spikes"),
        Method("qcfs", "trained", source="Bu et al., ICLR 2022: quantisation clip-floor-shift"),
    )
}  # fmt: skip


def clip_of(method: Method, activations: np.ndarray, levels: int, maximum: float | None) -> float:
    """λ of a layer from its `activations` on the calibration data; 1 where all are silent, for any clip will do.

    Parameters
    ----------
    levels : that the layer transmits; 0 under a streaming rate. maximum : cap of the activation such as ReLU6's.
    """
    values = activations[activations > 0].astype(np.float64)
    if not len(values):
        return 1.0
    largest = min(values.max(), maximum or np.inf)
    if method.rule == "percentile":
        return float(min(np.percentile(values, method.percentile), largest))
    if method.rule != "least_error":
        return float(largest)
    if len(values) > CLIP_VALUES:
        values = np.random.default_rng(0).choice(values, CLIP_VALUES, replace=False)
    candidates, levels = CLIP_CANDIDATES * largest, levels or RATE_CLIP_LEVELS
    errors = [
        np.mean((np.clip(np.round(values / c * levels), 0, levels) * c / levels - values) ** 2)
        for c in candidates
    ]
    return float(candidates[int(np.argmin(errors))])
