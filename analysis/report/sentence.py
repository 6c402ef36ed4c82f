"""The verdict in a sentence: who uses less energy, by how much, and how accurate both are."""

from __future__ import annotations

from collections.abc import Mapping

from ...energy.bill import INT8, INT8_WORKLOADS, SPIKING, ZERO_SKIPPING
from ...energy.devices.registry import device_kind
from ...energy.pricing.prices import Prices
from ...energy.pricing.uncertainty import Estimate, Side, ratio, verdict_of
from ..design.deciding import deciding
from ..design.points import Point
from ..design.verdict import Verdict
from .numbers import percent, with_prefix

NOT_COMPARED = "Accuracies are not known here and not compared."


def verdict_sentence(verdict: Verdict) -> str:
    """The verdict at equal accuracy.

    A winner is called only where both sides have a point within the tolerance, and where one uses
    less energy over the whole range of the ratio.

    Parameters
    ----------
    verdict : Verdict
        Of `verdicts_of`.

    Returns
    -------
    str
        Who uses less energy in one sentence, then how right both are, and what is left out.
    """
    return " ".join(verdict_parts(verdict))


def verdict_parts(verdict: Verdict) -> list[str]:
    """The same in parts: who uses less energy in one sentence, and what is to be said besides."""
    if verdict.ratio is None:
        return [_refusal(verdict), *_left_out(verdict)]
    spiking, int8 = verdict.spiking, verdict.int8
    assert spiking is not None
    assert int8 is not None

    when = often(verdict.period_s)
    as_spikes = f"spikes {_place(spiking)}"
    as_int8 = f"int8 on {int8.bill.device}"
    if verdict.winner == INT8:
        said = f"Use {as_int8}: {less_energy(verdict.ratio)} than {as_spikes}, {when}."
    elif verdict.winner == SPIKING:
        said = f"Use {as_spikes}: {less_energy(inverse(verdict.ratio))} than {as_int8}, {when}."
    else:
        said = (
            f"Undecided: {as_spikes} take {_factor(verdict.ratio)} the energy of {as_int8}, {when}."
        )
    return [said, _accuracies(verdict, spiking, int8), *_in_software(verdict), *_left_out(verdict)]


def _accuracies(verdict: Verdict, spiking: Point, int8: Point) -> str:
    """How right both sides are, with how many spikes."""
    return (
        f"Accuracy: int8 {_accuracy(int8)}, spikes {_accuracy(spiking)} ({_network(spiking)}), "
        f"Keras {percent(verdict.keras_accuracy)}."
    )


def _left_out(verdict: Verdict) -> list[str]:
    """Which devices are no part of the answer."""
    late = [device for device in verdict.refused if device in verdict.too_slow]
    others = [device for device in verdict.refused if device not in verdict.too_slow]
    said = []
    if others:
        said.append(f"It does not run on {' or '.join(others)}.")
    if late:
        said.append(f"It takes longer than the period on {' and '.join(late)}.")
    return said


def _in_software(verdict: Verdict) -> list[str]:
    """What spikes in software do, where they take less than those of a core."""
    software, found = verdict.software, verdict.software_ratio
    if software is None or found is None:
        return []
    said = (
        f"Spikes in software on {software.bill.device} ({_network(software)}, "
        f"{_accuracy(software)}) take {_factor(found)} the energy of int8."
    )
    return [said]


def _refusal(verdict: Verdict) -> str:
    """Why no winner is called, and what comes nearest."""
    said = f"No winner within {points_of(verdict.tolerance)} of Keras"
    said += f" ({percent(verdict.keras_accuracy)}): "
    sides = [
        _side(verdict.spiking, verdict.spiking_within, "the spiking network", verdict.tolerance),
        _side(verdict.int8, verdict.int8_within, "int8", verdict.tolerance),
    ]
    return f"{said}{'; '.join(sides)}."


def _side(point: Point | None, within: bool, name: str, tolerance: float) -> str:
    """What one side has to offer."""
    if point is None:
        return f"no device that was named executes {name}"
    where = _design(point) if point.network is not None else f"on {point.bill.device}"
    if point.unconfirmed:
        return f"{name} ({where}) is not confirmed on test images"
    if point.loss != point.loss:
        return f"{name} has no accuracy"

    accuracy = f"{_accuracy(point)}, {with_prefix(point.energy_j, 'J')}"
    if within:
        return f"{name} keeps within ({where}: {accuracy})"
    nearest = "" if any(point.chosen) or point.network is None else " that comes nearest"
    return f"{name}{nearest} ({where}: {accuracy}) loses {_lost(point, tolerance)}"


def _lost(point: Point, tolerance: float) -> str:
    """How many points it loses, on test images; else on those that say that it loses too many."""
    if point.loss > tolerance:
        return f"{points_of(point.loss)} on test images"
    return f"{points_of(point.loss_validation)} on validation images"


def energy_sentence(prices: Prices) -> str:
    """Which side of a price uses less energy; it knows no accuracies, and says so.

    The cheapest of each workload of devices that have a range; spikes of cores, where one was
    priced, and with their host, where they were priced with one. "" where only one workload was.

    Parameters
    ----------
    prices : Prices
    """
    said = _compared(prices)
    return f"{said} {NOT_COMPARED}" if said else ""


def _compared(prices: Prices) -> str:
    """The energies of both sides; "" where only one workload was priced."""
    on_cores = {bill.device for bill in prices.bills if device_kind(bill.card).places_neurons}
    spiking = _cheapest(prices, SPIKING, among=on_cores) or _cheapest(prices, SPIKING)
    int8 = _cheapest(prices, *INT8_WORKLOADS)
    if spiking is None or int8 is None:
        return ""

    found = ratio(spiking, int8)
    when = often(prices.period_s)
    outcome = verdict_of(found)
    software = "" if spiking[0].device in on_cores else "in software "
    one = f"spikes {software}on {spiking[0].device}"
    skipping = " that skips zeros" if int8[1] == ZERO_SKIPPING else ""
    other = f"int8{skipping} on {int8[0].device}"
    if outcome == "wins":
        said = f"{one} take {less_energy(inverse(found))} than {other}, {when}."
    elif outcome == "loses":
        said = f"{other} takes {less_energy(found)} than {one}, {when}."
    else:
        said = f"undecided: {one} take {_factor(found)} the energy of {other}, {when}."
    return f"{said[0].upper()}{said[1:]}"


def run_sentence(
    prices: Prices, keras_accuracy: float, snn_accuracy: float, beyond: Mapping[str, float]
) -> str:
    """Which side of a run uses less energy, where no best points were searched for.

    Parameters
    ----------
    prices : Prices
    keras_accuracy, snn_accuracy : float
        Shares of the same test images.
    beyond : mapping from str to float
        Workload -> points of percent by which it is less accurate than Keras, where that is too
        many: then no winner is called. Without a search no int8 network was executed.

    Returns
    -------
    str
        Two sentences; "" where one workload alone was priced and keeps within the tolerance.
    """
    accuracies = f"spikes {percent(snn_accuracy)}, Keras {percent(keras_accuracy)}"
    if loss := beyond.get(SPIKING):
        lost = f"{points_of(loss)} less accurate than Keras"
        return f"No winner: spikes are {lost}, and energies not compared. Accuracy: {accuracies}."
    said = _compared(prices)
    return f"{said} Accuracy: {accuracies}; int8 was not executed." if said else ""


def _cheapest(prices: Prices, *workloads: str, among: set[str] | None = None) -> Side | None:
    """The device that uses the least, of those that can decide, and of `among` if that is given."""
    names = deciding(prices.bills)
    if among is not None:
        names &= among
    able = [
        (bill, workload)
        for workload in workloads
        for bill in prices.bills
        if bill.device in names and workload in bill.workloads
    ]
    return min(able, key=lambda side: float(side[0].total(side[1])), default=None)


# ------------------------------------------------------------------ words


def often(period_s: float | None) -> str:
    """How often there is an inference.

    >>> often(1), often(0.1), often(None)
    ('at one inference a second', 'at one inference every 100 ms', 'for one inference')
    """
    if period_s is None:
        return "for one inference"
    if period_s == 1:
        return "at one inference a second"
    return f"at one inference every {with_prefix(period_s, 's')}"


def less_energy(found: Estimate) -> str:
    """By how many times less energy, with the range.

    >>> less_energy(Estimate(11.7, 5.2, 31))
    '11.7 times less energy (5.2 to 31)'
    """
    return f"{number(found.value)} times less energy ({number(found.low)} to {number(found.high)})"


def inverse(found: Estimate) -> Estimate:
    """The ratio the other way round.

    >>> inverse(Estimate(0.5, 0.25, 1.0))
    Estimate(value=2.0, low=1.0, high=4.0)
    """
    return Estimate(1 / found.value, 1 / found.high, 1 / found.low)


def points_of(loss: float) -> str:
    """A loss in words.

    >>> points_of(0.5), points_of(1), points_of(-0.28)
    ('0.5 points', '1 point', '-0.28 points')
    """
    rounded = round(loss, 2) + 0.0
    return f"{rounded:g} {'point' if rounded == 1 else 'points'}"


def number(value: float) -> str:
    """Two or three digits, never as a power of ten.

    >>> number(11.68), number(3.0), number(1.04), number(0.0315), number(312.4)
    ('11.7', '3.0', '1.04', '0.032', '312')
    """
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}" if value >= 10 or 0.9 < value < 1.1 else f"{value:#.2g}"


def _factor(found: Estimate) -> str:
    """A ratio with its range, as a factor."""
    return f"{number(found.value)} times ({number(found.low)} to {number(found.high)})"


def _accuracy(point: Point) -> str:
    return "?" if point.test is None else percent(point.test.accuracy)


def _place(point: Point) -> str:
    """Where spikes run."""
    software = "" if point.on_a_core else "in software "
    return f"{software}on {point.bill.device}"


def _design(point: Point) -> str:
    """A spiking design in a few words."""
    return f"{_network(point)}, {_place(point).removeprefix('on ')}"


def _network(point: Point) -> str:
    """Code, steps and options."""
    assert point.network is not None
    steps = point.network.steps
    words = [str(point.network.config.spike_code), f"{steps} step{'' if steps == 1 else 's'}"]
    return ", ".join([*words, point.options] if point.options else words)
