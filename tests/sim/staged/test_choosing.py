"""What is chosen on validation samples: thresholds, exits, planes, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.analysis.robustness.curves import robustness
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.gating.planes import has_planes, sent_planes, with_planes
from spikewatt.sim.pruning.prune import prune
from spikewatt.sim.staged.choosing.allocate import allocate
from spikewatt.sim.staged.choosing.exits import choose_exit
from spikewatt.sim.staged.choosing.monitors import choose_monitor
from spikewatt.sim.staged.choosing.shifted import shifted
from spikewatt.sim.staged.choosing.stages import choose_stages, choose_threshold
from spikewatt.sim.staged.dynamic_trace import undivided
from spikewatt.sim.staged.exited import exited, run_early_exit
from spikewatt.sim.staged.monitor import Monitor
from spikewatt.sim.staged.monitored import run_monitored
from spikewatt.sim.staged.run import run_staged

from ...helpers.random_networks import random_input, random_network
from ...helpers.staged import radix_network, two_readouts_network

SAMPLES = 60
SEED = 12


@pytest.fixture(scope="module")
def network():
    found = radix_network(SEED)
    assert max(sent_planes(p) for p in found.populations if has_planes(p)) > 2
    return found


@pytest.fixture(scope="module")
def x(network):
    return random_input(network, SAMPLES, SEED)


@pytest.fixture(scope="module")
def labels(network, x):
    """Answers of the network, some of them changed: it is not always right."""
    right = simulate(network, x, "event").predictions()
    right[::10] = (right[::10] + 1) % 4
    return right


# Law


def test_a_choice_is_what_the_run_gives(network, x, labels):
    choice = choose_stages([1, 2], network, x, labels, budget_points=10)
    run = run_staged(choice.staged, x)
    assert choice.accuracy == run.accuracy(labels)
    assert choice.cost == pytest.approx(run.mean_operations())
    assert choice.shares == pytest.approx(run.shares)
    assert choice.alone == simulate(network, x, "event").mean_operations()
    assert choice.reference == simulate(network, x, "event").accuracy(labels)[-1]
    assert choice.lost_points <= 10 + 1e-9
    assert 0 < choice.saved < 1


def test_no_cheaper_threshold_keeps_the_budget(network, x, labels):
    choice = choose_threshold((with_planes(network, 1), network), x, labels, budget_points=5)
    for threshold in np.linspace(0, 1, 60):
        run = run_staged(choice.staged.with_threshold(threshold), x)
        if run.accuracy(labels) >= choice.reference - 0.05 - 1e-12:
            assert run.mean_operations() >= choice.cost - 1e-9


def test_a_larger_budget_costs_no_more(network, x, labels):
    costs = [
        choose_stages([1], network, x, labels, budget_points=budget).cost for budget in (2, 10, 100)
    ]
    assert costs == sorted(costs, reverse=True)


def test_without_labels_the_last_stage_is_right(network, x):
    choice = choose_stages([1], network, x, budget_points=5)
    run = run_staged(choice.staged, x)
    agreement = (run.predictions() == simulate(network, x, "event").predictions()).mean()
    assert choice.reference == 1
    assert choice.accuracy == agreement >= 0.95 - 1e-12


def test_planes_can_be_the_limit(network, x, labels):
    full = run_staged(choose_stages([1], network, x, budget_points=100).staged.with_threshold(1), x)
    last = full.planes[-1]
    choice = choose_stages([1], network, x, labels, budget_points=100, most_planes=0.8)
    run = run_staged(choice.staged, x)
    assert run.mean_planes() <= 0.8 * last
    by_planes = choose_stages([1], network, x, labels, budget_points=100, cost="planes")
    assert by_planes.cost == pytest.approx(run_staged(by_planes.staged, x).mean_planes())


def test_three_stages_have_one_threshold(network, x, labels):
    stages = (with_planes(network, 1), with_planes(network, 2), network)
    choice = choose_threshold(stages, x, labels, budget_points=20)
    run = run_staged(choice.staged, x)
    assert choice.accuracy == run.accuracy(labels)
    assert choice.cost == pytest.approx(run.mean_operations())


def test_planes_are_taken_away_within_the_budget(network, x, labels):
    found = allocate(network, x, labels, budget_points=10)
    trace = simulate(found.network, x, "event")
    assert found.accuracy == trace.accuracy(labels)[-1] >= found.reference - 0.1 - 1e-12
    assert found.operations == trace.mean_operations() < found.operations_before
    before = {p.name: sent_planes(p) for p in network.populations if has_planes(p)}
    gone = sum(before.values()) - sum(found.planes.values())
    assert gone == len(found.taken) > 0
    assert with_planes(network, found.planes).hash == found.network.hash
    assert [t.operations for t in found.taken] == sorted(
        (t.operations for t in found.taken), reverse=True
    )
    kept = allocate(network, x, labels, budget_points=100, least=2)
    assert min(min(2, n) for n in before.values()) <= min(kept.planes.values())


def test_an_exit_is_what_the_run_gives():
    network = random_network(7)
    x = random_input(network, SAMPLES, 7)
    trace = simulate(network, x, "event", 24)
    choice = choose_exit(trace, budget_points=10)
    run = exited(trace, choice.rule)
    assert choice.mean_steps == run.mean_steps() < choice.steps == 24
    assert choice.accuracy == (run.predictions() == trace.predictions()).mean() >= 0.9 - 1e-12


def test_a_monitor_is_chosen_that_saves(network, x, labels):
    options = {"planes": [(1, 2), (1, 3), (2, 3)], "budget_points": 50, "window": 10, "decay": 0.2}
    choice = choose_monitor(network, x, labels, **options)
    assert choice.operations < choice.operations_before
    assert choice.accuracy >= choice.reference - 0.5


def test_images_move_and_turn():
    image = np.zeros((40, 5, 6, 1))
    image[:, 2, 1] = 1
    moved = shifted(image, 1, mirror=True, seed=3)
    assert moved.shape == image.shape
    assert (moved.sum(axis=(1, 2, 3)) == 1).all()
    rows, columns = np.nonzero(moved[..., 0])[1:]
    assert set(rows) == {1, 2, 3}
    assert set(columns) == {0, 1, 2, 3, 4, 5}  # about 1, and mirrored about 4
    assert np.array_equal(shifted(image, 0), image)
    assert np.array_equal(shifted(image, 1, seed=3), shifted(image, 1, seed=3))


# Errors


def test_budgets_that_cannot_be_met_say_how_near_they_came(network, x, labels):
    words = r"choose_stages.budget_points: can be met .* at best .* points lost, .* too many"
    with pytest.raises(SpikewattError, match=words):
        choose_stages([1], network, x, labels, budget_points=0, reference=1.0)
    words = "choose_threshold.budget_points: can be met .* got no threshold costs less"
    with pytest.raises(SpikewattError, match=words):
        choose_threshold((network, network), x, labels)
    words = r"stages that cost less than the last alone and 1% of the planes"
    with pytest.raises(SpikewattError, match=words):
        choose_stages([1], network, x, labels, most_planes=0.01)
    words = r"allocate.budget_points: lets a plane be taken away; got the least costs .* too many"
    with pytest.raises(SpikewattError, match=words):
        allocate(network, x, labels, budget_points=0, reference=1.0)


def test_a_monitor_that_costs_too_much_says_how_near_it_came():
    network = radix_network(56)
    x = random_input(network, SAMPLES, 56)
    right = simulate(network, x, "event").predictions()
    assert (simulate(with_planes(network, 1), x, "event").predictions() != right).mean() > 0.2
    words = "choose_monitor.budget_points: can be met by a monitor that saves .* points lost"
    with pytest.raises(SpikewattError, match=words):
        choose_monitor(network, x, right, planes=[(1, 1)], budget_points=0, window=5)


def test_an_exit_that_costs_too_much_says_how_near_it_came():
    network = random_network(7)
    x = random_input(network, SAMPLES, 7)
    trace = simulate(network, x, "event", 6)
    words = "choose_exit.budget_points: can be met in fewer than all steps; got at best .* lost"
    with pytest.raises(SpikewattError, match=words):
        choose_exit(trace, (trace.predictions() + 1) % 4, budget_points=0, reference=1.0)


@pytest.mark.parametrize("budget", [-1, 101, "much", True])
def test_budgets_that_are_none(network, x, budget):
    for refused in (
        lambda: choose_stages([1], network, x, budget_points=budget),
        lambda: allocate(network, x, budget_points=budget),
    ):
        with pytest.raises(SpikewattError, match="budget_points: is a number of percentage points"):
            refused()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"first": []}, "first: are networks, or numbers of planes"),
        ({"cost": "joules"}, "cost: must name a cost"),
        ({"most_planes": 0}, "most_planes: is a share of the planes of the last stage"),
        ({"reference": 1.2}, "reference: is an accuracy"),
        ({"labels": [9] * SAMPLES}, "labels are integers below the 4 outputs"),
    ],
)
def test_other_choices_that_are_none(network, x, options, words):
    given = {"first": [1], **options}
    with pytest.raises(SpikewattError, match=words):
        choose_stages(given.pop("first"), network, x, **given)


def test_codes_without_bits_and_things_without_pixels():
    network = random_network(3, code="sync_rate")
    law = "allocate: is for a code that sends the bits of a value; got code sync_rate"
    with pytest.raises(SpikewattError, match=law):
        allocate(network, random_input(network, 3, 3))
    with pytest.raises(SpikewattError, match="shifted.x: are images"):
        shifted(np.zeros((3, 64)), 1)
    with pytest.raises(SpikewattError, match="shifted.pixels: is a number of pixels"):
        shifted(np.zeros((3, 8, 8, 1)), 9)


def test_numbers_of_planes_may_be_any_sequence(network, x, labels):
    options = {"budget_points": 100}
    one, two = (
        choose_stages(first, network, x, labels, **options)
        for first in (range(1, 3), [np.int64(1), np.int64(2)])
    )
    assert one.staged.hash == two.staged.hash


@pytest.mark.parametrize("planes", [[], [3], [(1, 2, 3)], "12"])
def test_monitors_are_tried_between_two_numbers(network, x, labels, planes):
    with pytest.raises(SpikewattError, match=r"choose_monitor.planes: are pairs \(low, high\)"):
        choose_monitor(network, x, labels, planes=planes)


def test_without_labels_a_monitor_keeps_the_answers_of_the_network(network, x):
    right = simulate(network, x, "event").predictions()
    options = {"planes": [(1, 2)], "budget_points": 100, "window": 5}
    by_answers, by_labels = (choose_monitor(network, x, y, **options) for y in (None, right))
    assert by_answers == by_labels
    assert by_answers.lost_points == pytest.approx(100 * (1 - by_answers.accuracy))


def test_a_rule_is_one():
    network = random_network(7)
    x = random_input(network, 2, 7)
    with pytest.raises(SpikewattError, match="EarlyExit.rule: must be an EarlyExit; got float"):
        run_early_exit(network, x, 0.3)


def test_two_read_outs_have_no_answer_together():
    """Their outputs stand side by side in a trace: the largest of all is nobody's answer."""
    network = two_readouts_network()
    x = random_input(network, 6, 3)
    law = "has one read-out, which decides; got first, second"
    monitor = Monitor(1, 2, {"hidden": (0.0, 0.5)})
    for refused in (
        lambda: allocate(network, x),
        lambda: choose_monitor(network, x, planes=[(1, 2)]),
        lambda: choose_stages([1], network, x),
        lambda: prune(network, x),
        lambda: robustness(network, x, [0] * 6, "lost_spikes"),
        lambda: run_monitored(network, x, monitor).predictions(),
        lambda: undivided(simulate(network, x, "event")).predictions(),
    ):
        with pytest.raises(SpikewattError, match=law):
            refused()
    assert run_monitored(network, x, monitor).mean_operations() > 0
