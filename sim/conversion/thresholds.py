"""Conversion methods by name: the threshold, where a neuron starts, how it resets."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import SpikewattError, one_of
from ..network.codes import CODES
from ..network.neurons import RESETS
from .clip_rules import RULES, ClipRule


@dataclass(frozen=True)
class Method:
    """One way to choose λ, the value at which a neuron fires at every step.

    A layer that was trained with a clip of its own (QCFS, KBitReLU) keeps it under ``least_error``
    too.

    Parameters
    ----------
    name : str
        As in `METHODS`, or your own.
    rule : str, default ``least_error``
        ``least_error``: λ of least squared error of the quantised activation; ``percentile`` of the
        activations above zero; ``largest_weight_or_activation``: the larger of the two;
        ``worst_case``: what a neuron gets when all inputs with positive weight fire;
        ``largest_drive``: the largest weighted sum of one step, layer by layer in spikes;
        ``trained``: the clip of QCFS or KBitReLU layers.
    percentile : float, default 100
        Of the rule ``percentile``, above 0, up to 100.
    half_start : bool, default True
        A neuron starts at half its threshold, which rounds to the nearest, or at 0: rounds down.
    reset : str, default ``subtract``
        ``subtract`` the threshold, or to ``zero``.
    codes : tuple of str, default all
        That the method is defined for.
    source : str, default none
        Where it was described.

    Raises
    ------
    SpikewattError : an unknown rule or reset, or a percentile out of range.

    Examples
    --------
    >>> Method("mine", "percentile", 99.0, half_start=False).percentile
    99.0
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
        one_of(
            "Method.reset",
            "must be a known reset",
            self.reset,
            RESETS,
        )
        number = isinstance(self.percentile, int | float)

        if not number or not 0 < self.percentile <= 100:
            law = "is a percentage"
            allowed = "above 0, up to 100"
            raise SpikewattError("Method.percentile", law, self.percentile, allowed)

    @property
    def clip_rule(self) -> ClipRule:
        """The rule, looked up."""
        return RULES[self.rule]


RATE = ("rate",)
DIEHL = "Diehl et al., IJCNN 2015, doi:10.1109/IJCNN.2015.7280696"
RUECKAUER = "Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682"
SENGUPTA = "Sengupta et al., Front. Neurosci. 13:95 (2019), doi:10.3389/fnins.2019.00095"
ML_GENN = "Turner et al., Neuromorph. Comput. Eng. 2, 024002 (2022), doi:10.1088/2634-4386/ac5ac5"
STOECKL = "Stöckl & Maass, Nat. Mach. Intell. 3, 230 (2021), doi:10.1038/s42256-021-00311-4"
LI_AND_BU = "Li et al., ICML 2021 (the search), Bu et al., ICLR 2022 (the half threshold)"
ZOU = "Zou et al., Adv. Intell. Syst. (2023): median quantisation, negative spikes"
BU = "Bu et al., ICLR 2022: quantisation clip-floor-shift"


def _to_zero(name: str, rule: str, source: str) -> Method:
    """A method of the first years: a neuron starts at 0 and is reset to 0."""
    return Method(
        name,
        rule,
        half_start=False,
        reset="zero",
        codes=RATE,
        source=source,
    )


_ALL = (
    Method("least_error", source=LI_AND_BU),
    _to_zero("diehl_model", "worst_case", DIEHL),
    _to_zero("diehl_data", "largest_weight_or_activation", DIEHL),
    Method(
        "robust",
        "percentile",
        99.9,
        half_start=False,
        codes=RATE,
        source=RUECKAUER,
    ),
    _to_zero("spike_norm", "largest_drive", SENGUPTA),
    _to_zero("ml_genn_data", "largest_weight_or_activation", ML_GENN),
    Method(
        "few_spike",
        "percentile",
        half_start=False,
        codes=("radix",),
        source=f"{STOECKL}; {ML_GENN}",
    ),
    Method(
        "median",
        "trained",
        codes=("signed", "radix", "sync_rate"),
        source=ZOU,
    ),
    Method("qcfs", "trained", source=BU),
)
METHODS = {method.name: method for method in _ALL}
"""Name -> method."""
