"""Published: numbers of papers and of texts about them come out of the rule functions."""

from __future__ import annotations

import pytest
from spikewatt.analysis.literature import yan
from spikewatt.analysis.literature.bit_budget import bit_budget
from spikewatt.analysis.literature.davidson_furber import MOST_SPIKES
from spikewatt.analysis.literature.dram_fetch import highest_rate
from spikewatt.analysis.literature.lemaire import access_j
from spikewatt.analysis.literature.rules import rules
from spikewatt.analysis.literature.synops import effective_operations
from spikewatt.analysis.literature.yan import Twins, mean_active
from spikewatt.sim.counts.counts import Counts

# ------------------------------------------------------------------ one line each


def test_davidson_furber_2021():
    """doi:10.3389/fnins.2021.651141: fewer than 12E / 7E, "1.72", spikes transmit an output."""
    assert abs(MOST_SPIKES - 1.72) < 0.01


@pytest.mark.parametrize(
    ("operations", "verdict"), [(14, "wins"), (16, "open"), (137, "open"), (139, "loses")]
)
def test_dampfhoffer_2023_abstract(operations, verdict):
    """doi:10.1109/TETCI.2022.3214509: between 0.15 and 1.38 spikes per synapse per inference.

    Of 100 neurons with one synapse each.
    """
    layers = [
        {"name": "a", "neurons": 100, "fan_out": 1, "spikes": operations},
        {"name": "b", "neurons": 1, "fan_out": 0, "spikes": 0},
    ]
    for layer in layers:
        layer["synaptic_operations"] = layer["spikes"] * layer["fan_out"]
    assert rules(Counts(layers, steps=4))["dampfhoffer"].verdict == verdict


@pytest.mark.parametrize(("steps", "bits", "percent"), [(5, 3, 7.5), (10, 4, 5.0)])
def test_spyx_dram_fetch(steps, bits, percent):
    """Its sensitivity note: about bits / (8 T)."""
    assert 100 * highest_rate(steps, bits) == pytest.approx(percent)


def test_lemaire_2022_memories():
    """arXiv:2210.13107, from Horowitz 2014: 10, 20, 100 pJ at 8 kB, 32 kB, 1 MB."""
    sizes = (8192, 32768, 1048576)
    assert [access_j(size) for size in sizes] == pytest.approx([10e-12, 20e-12, 100e-12])
    assert access_j(20480) == pytest.approx(15e-12)


def test_shen_2024_budgets_of_four_steps_and_of_four_bits_are_equal():
    """doi:10.48550/arXiv.2311.10802: steps and bits of an activation are alike."""
    assert bit_budget(2, 1, steps=4) == bit_budget(2, 4)


def test_n_dns_metrics_board_of_nsnet2():
    """doi:10.1088/2634-4386/ace737 and its repository: 136.13 M operations/s, 2.72 M per answer.

    NsNet2 has 2.681 M weights, used 50 times a second, and 4,161 neurons: layers of 400, 600, 600,
    161, and two of 400 gated units, which are three neurons each (recalled, not verified).
    """
    neurons = 400 + 2 * 3 * 400 + 600 + 600 + 161
    per_second = effective_operations(2.681e6 * 50, neurons * 50)
    assert per_second / 1e6 == pytest.approx(136.13, abs=0.005)
    assert per_second * 20e-3 / 1e6 == pytest.approx(2.72, abs=0.005)


# ------------------------------------------------------------------ Yan 2024


@pytest.mark.parametrize("steps", [1, 3, 5, 8, 15])
def test_yan_2024_compute_only_average_case(steps):
    """In the middle of its bounds T s < k (1 − γ) needs k >= (1 + T) / 2; k >= 1 and k >= T at
    their ends."""
    rate = 0.05
    assert steps * rate / mean_active(rate, steps) == pytest.approx((1 + steps) / 2)


@pytest.mark.parametrize(("steps", "zeros", "verdict"), [(3, 0.0, "wins"), (3, 0.8, "loses")])
def test_yan_2024_compute_only_by_zeros(steps, zeros, verdict):
    """Half a spike per synapse against k (1 − γ) of 2 and 0.4."""
    found = rules(half_a_spike(steps), zeros=zeros)["yan_compute"]
    assert found.threshold.low == pytest.approx(2 * (1 - zeros))
    assert found.verdict == verdict


@pytest.mark.parametrize("steps", [3, 7, 15])
def test_yan_2024_dense_limit(steps):
    """Where all is moved at each step the ratio is T / b: 1.500, 2.333, 3.750 (SST-2: 1.500, 2.338,
    3.762; Llama-2 7B at T = 15: 3.793). The full equation tends to it as movement outweighs all."""
    measured = {3: 1.500, 7: 2.338, 15: 3.762}[steps]
    found = rules(half_a_spike(steps))["yan_dense_limit"].has.low
    assert found == pytest.approx(measured, rel=0.004)
    far = Twins(steps, steps.bit_length(), hops=1e6)
    assert far.ratio(1.0, 1.0) == pytest.approx(found, rel=1e-5)


def half_a_spike(steps: int) -> Counts:
    """Counts with half a spike per synapse."""
    layers = [
        {"name": "a", "neurons": 4, "fan_out": 2, "spikes": 2, "synaptic_operations": 4},
        {"name": "b", "neurons": 2, "fan_out": 0, "spikes": 0, "synaptic_operations": 0},
    ]
    return Counts(layers, steps=steps)


# T, bits of activations, bits of weights -> break-even spike rate in %, one hop, N = 4096.
BREAK_EVENS = {(5, 3, 4): 5.7, (2, 2, 4): 10.4, (2, 2, 8): 12.3, (3, 2, 8): 8.2}


@pytest.mark.parametrize("case", BREAK_EVENS)
def test_yan_2024_break_even_rates(case):
    """The energy of a weight was fitted to how the first moves with it (`SENSITIVITIES`), not to
    these; the others are predictions, the first nearly so."""
    assert 100 * Twins(*case).break_even_rate() == pytest.approx(BREAK_EVENS[case], abs=0.05)


def test_yan_2024_break_even_at_one_step_is_not_reproduced():
    """0.297 is reported for T = 1 and 8-bit weights; the same equation gives 0.169."""
    assert Twins(1, 1, 8).break_even_rate() == pytest.approx(0.169, abs=0.001)


SENSITIVITIES = {
    ("WEIGHT_PER_BIT_J", 0.5): 5.39,  # fitted to this and the next
    ("WEIGHT_PER_BIT_J", 1.5): 6.08,
    ("DENSE_PER_BIT_J", 0.5): 3.41,
    ("SPARSE_PER_BIT_J", 0.5): 10.80,
}


@pytest.mark.parametrize("case", SENSITIVITIES)
def test_yan_2024_sensitivity_of_the_break_even(case, monkeypatch):
    """One constant at a time by half: 3.41 % to 10.80 %, by weights 5.39 % to 6.08 %; the zeros
    stay."""
    constant, factor = case
    active = mean_active(Twins(5, 3).break_even_rate(), 5)
    monkeypatch.setattr(yan, constant, factor * getattr(yan, constant))
    found = 100 * Twins(5, 3).break_even_rate(active)
    assert found == pytest.approx(SENSITIVITIES[case], abs=0.03)


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_yan_2024_arithmetic_hardly_moves_the_break_even(factor, monkeypatch):
    """At most 0.05 percentage points."""
    before = Twins(5, 3).break_even_rate()
    monkeypatch.setattr(yan, "ACCUMULATE_J", factor * yan.ACCUMULATE_J)
    assert abs(100 * (Twins(5, 3).break_even_rate() - before)) < 0.055


@pytest.mark.parametrize(("weight_bits", "rate"), [(4, 0.12), (8, 0.17)])
def test_yan_2024_where_dense_movement_costs_less(weight_bits, rate):
    """Between 0.12 and 0.17, by the width of weights."""
    assert Twins(5, 3, weight_bits).dense_from == pytest.approx(rate, abs=0.01)


TABLE = {3: 0.987, 4: 1.026, 5: 1.406, 6: 1.824, 7: 2.243, 8: 1.966}
# The text about the paper gives the rates of the first and the last row alone.
RATES = {3: 0.0549, 8: 0.0852}
HOPS = 0.64


def vgg16(steps: int) -> Twins:
    """VGG-16 on 32 x 32 pixels, whose windows share weights; 4-bit weights as of the 5.7 %."""
    macs, weights, side, before = 0, 0, 32, 3
    for channels in (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512):
        if not channels:
            side //= 2
            continue
        weights += 9 * before * channels
        macs += 9 * before * channels * side**2
        before = channels
    assert (round(macs / 1e6), round(weights / 1e6, 1)) == (313, 14.7)
    return Twins(steps, steps.bit_length(), hops=HOPS, reuse=macs / weights)


@pytest.mark.parametrize("steps", RATES)
def test_yan_2024_table_of_vgg16_on_cifar10(steps):
    """E_SNN / E_QNN at T = 3 and 8: 0.971 for 0.987, 1.986 for 1.966, within 2 %.

    A weaker check than it looks: 21 uses of each weight make its energy vanish, hops cancel but for
    arithmetic, and the ratio is nearly 12 T s / b, which tests two constants of movement alone.

    Missing, and not in any text at hand: the zeros of the QNN (here the mean of their bounds), the
    energy of its multiplications (here b accumulates), the width of its weights.
    """
    assert vgg16(steps).ratio(RATES[steps]) == pytest.approx(TABLE[steps], rel=0.02)


def test_yan_2024_table_of_vgg16_on_cifar10_between_its_ends():
    """Golden, not published: how far we miss T = 4..7, whose spike rates are missing.

    Those that the table implies rise from the first to the last; rates on a straight line, which is
    ours, give ratios 4.0 % to 6.6 % below the table's.
    """
    implied = {steps: implied_rate(steps) for steps in TABLE}
    assert sorted(implied.values()) == list(implied.values())
    assert implied[3] == pytest.approx(RATES[3], rel=0.02)
    assert implied[8] == pytest.approx(RATES[8], rel=0.02)
    assert [round(100 * implied[steps], 1) for steps in (4, 5, 6, 7)] == [6.5, 7.2, 7.8, 8.3]

    off = []
    for steps in (4, 5, 6, 7):
        rate = RATES[3] + (RATES[8] - RATES[3]) * (steps - 3) / 5
        off.append(vgg16(steps).ratio(rate) / TABLE[steps] - 1)
    assert -0.07 < min(off) < max(off) < -0.035


def implied_rate(steps: int) -> float:
    """The spike rate at which our ratio is that of the table."""
    low, high = 0.0, 0.12
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if vgg16(steps).ratio(middle) < TABLE[steps] else (low, middle)
    return low


def test_yan_2024_cheaper_events_are_not_reproduced():
    """With events as cheap as activations 0.594 to 0.872 are reported of 12 VGG-16; ours is 0.1:
    what the paper traced holds terms that neither the summary nor this equation has.
    """
    ratios = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yan, "SPARSE_PER_BIT_J", yan.DENSE_PER_BIT_J)
        ratios = [vgg16(steps).ratio(rate) for steps, rate in RATES.items()]
    assert ratios == pytest.approx([0.11, 0.22], abs=0.02)
