"""Coefficients of one device fitted to the cycles that its owner measured.

Four networks are few: the ratios of the coefficients have weak priors, declared here and in the
output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from ...errors import SpikewattError, one_of
from .law import ELEMENT, FITTED
from .overhead import overhead_cycles

# Value, low, high. Assumed: load, add, store. At most 1.5 % of the cycles of any network here.
ELEMENT_CYCLES = (6.0, 3.0, 12.0)
SIGMA = 0.05  # relative error of the model that one network's residual is weighed with
# Ratio to cycles_per_mac_conv -> (median, standard deviation of its logarithm). Assumed. An output
# that is requantised, given a bias, saturated twice and stored, with its loop's set-up, counts
# about as much as 30 MACs by Arm's timing rules.
PRIOR_RATIOS = {"cycles_per_mac_dense": (1.0, 0.5), "cycles_per_output": (30.0, 0.3)}
# Logarithms of the coefficients -> logarithms of the two ratios, numerators as in PRIOR_RATIOS.
TO_RATIOS = np.array([[1.0, -1.0, 0.0], [0.0, -1.0, 1.0]])

Work = Mapping[str, Mapping[str, float]]
Priors = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class StackFit:
    """Coefficients of one stack, and how far they can be trusted.

    Parameters
    ----------
    coefficients : dict of float
        Cycles per event; the keys are FITTED, ELEMENT and those of the overhead.
    residuals : dict of float
        Network -> predicted / measured - 1.
    condition_number : float
        Of d log(cycles) / d log(coefficient), rows divided by SIGMA, with the rows of the prior
        ratios (divided by their standard deviations).
    condition_number_data : float
        Without them, inf if too few networks.
    networks : tuple of str
    prior_share : dict of float
        Key -> share (0..1) of what is known of its ratio to cycles_per_mac_conv that came from
        the prior: variance after the fit / variance of the prior.
    from_prior : tuple of str
        The keys above one half.
    log_deviation : dict of float
        Coefficient -> standard deviation of its logarithm.
    weakest : tuple of str
        Coefficients that the networks alone identify least.
    """

    coefficients: dict[str, float]
    residuals: dict[str, float]
    condition_number: float
    condition_number_data: float
    networks: tuple[str, ...]
    prior_share: dict[str, float]
    from_prior: tuple[str, ...]
    log_deviation: dict[str, float]
    weakest: tuple[str, ...]


def fit_stack(
    work_rows: Work,
    cycles: Mapping[str, float],
    overhead: Mapping[str, float],
    prior_ratios: Priors = PRIOR_RATIOS,
) -> StackFit:
    """Coefficients that predict the cycles best, by the law of `law.predict`.

    Minimises Σ (log(predicted / measured) / SIGMA)² + Σ (log(ratio / prior) / deviation)² over
    the logarithms of the coefficients.

    Parameters
    ----------
    work_rows : mapping
        Network -> counts as of `law.work`.
    cycles : mapping of float
        Network -> measured cycles per inference, above 0; its networks are the ones used.
    overhead : mapping of float
        Cycles of a layer and of an inference, which the fit takes as known.
    prior_ratios : mapping, default PRIOR_RATIOS
        The same keys.

    Raises
    ------
    SpikewattError
        No networks, a network without counts or without MACs, cycles not above 0.
    """
    from scipy.optimize import least_squares

    _check(work_rows, cycles)
    measured = np.array(list(cycles.values()), float)
    counts = _columns(work_rows, cycles, ("mac_dense", "mac_conv", "outputs"))
    elements = _columns(work_rows, cycles, ("elements",))[:, 0]
    called = np.array([overhead_cycles(work_rows[name], overhead) for name in cycles])
    fixed = ELEMENT_CYCLES[0] * elements + called

    priors = [prior_ratios[key] for key in PRIOR_RATIOS]
    ratios = np.array([log(median) for median, _ in priors])
    deviations = np.array([deviation for _, deviation in priors])

    def residuals(logarithms: np.ndarray) -> np.ndarray:
        predicted = counts @ np.exp(logarithms) + fixed
        of_networks = np.log(predicted / measured) / SIGMA
        of_ratios = (TO_RATIOS @ logarithms - ratios) / deviations
        return np.r_[of_networks, of_ratios]

    # Start at the prior ratios, scaled to the measured cycles.
    start = np.array([ratios[0], 0.0, ratios[1]])
    too_low = measured / (counts @ np.exp(start))
    start += np.mean(np.log(too_low))
    solution = least_squares(
        residuals,
        start,
        xtol=1e-14,
        ftol=1e-14,
        gtol=1e-14,
    )

    values = np.exp(solution.x)
    predicted = counts @ values + fixed
    errors = predicted / measured - 1
    sensitivity = counts * values / predicted[:, None] / SIGMA
    return _with_trust(
        values,
        dict(zip(cycles, errors.tolist(), strict=True)),
        sensitivity,
        deviations,
        overhead,
    )


def _check(work_rows: Work, cycles: Mapping[str, float]) -> None:
    """Raise where a fit would have nothing to go by."""
    if not cycles:
        raise SpikewattError("cycles", "must have at least one network", "none")
    for name, value in cycles.items():
        one_of("cycles", "must be of networks with known layers", name, work_rows)
        if not (value > 0 and np.isfinite(value)):
            raise SpikewattError(f"cycles: {name}", "must be above 0", value)
        if not work_rows[name]["outputs"] > 0:
            raise SpikewattError(
                f"layers: {name}", "must have outputs of dense or convolution layers", "none"
            )


def _columns(work_rows: Work, networks: Mapping[str, float], keys: tuple[str, ...]) -> np.ndarray:
    """(networks, keys) counts."""
    return np.array([[work_rows[name][key] for key in keys] for name in networks], float)


def _with_trust(
    values: np.ndarray,
    residuals: dict[str, float],
    sensitivity: np.ndarray,
    deviations: np.ndarray,
    overhead: Mapping[str, float],
) -> StackFit:
    """The fit, with what the data and what the priors tell of it.

    `sensitivity` is (networks, coefficients), d log(cycles) / d log(coefficient) / SIGMA.
    """
    both = np.r_[sensitivity, TO_RATIOS / deviations[:, None]]
    covariance = np.linalg.inv(both.T @ both)
    variances = np.diag(TO_RATIOS @ covariance @ TO_RATIOS.T)
    share = _named(PRIOR_RATIOS, variances / deviations**2)

    # The direction in which the data say least.
    _, _, directions = np.linalg.svd(sensitivity)
    least_known = _named(FITTED, np.abs(directions[-1]))
    return StackFit(
        coefficients={
            **_named(FITTED, values),
            ELEMENT: ELEMENT_CYCLES[0],
            **overhead,
        },
        residuals=residuals,
        condition_number=_condition(both),
        condition_number_data=_condition(sensitivity),
        networks=tuple(residuals),
        prior_share=share,
        from_prior=_above_one_half(share),
        log_deviation=_named(FITTED, np.sqrt(np.diag(covariance))),
        weakest=_above_one_half(least_known),
    )


def _named(keys: Iterable[str], values: np.ndarray) -> dict[str, float]:
    return dict(zip(keys, values.tolist(), strict=True))


def _above_one_half(parts: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(key for key, part in parts.items() if part > 0.5)


def _condition(jacobian: np.ndarray) -> float:
    """Ratio of the largest to the smallest singular value; inf with fewer rows than columns."""
    singular = np.linalg.svd(jacobian, compute_uv=False)
    if len(jacobian) < jacobian.shape[1] or singular[-1] <= 0:
        return float("inf")
    return float(singular[0] / singular[-1])
