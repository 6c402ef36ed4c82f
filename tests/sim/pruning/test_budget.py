"""Budgets, rollback, saliency and bias compensation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.pruning.activity import activity
from spikewatt.sim.pruning.cut import Cut
from spikewatt.sim.pruning.judge import Judge, nonzero_synapses
from spikewatt.sim.pruning.knobs import Choice, SynapseKnob, knobs_of
from spikewatt.sim.pruning.prune import prune
from spikewatt.sim.pruning.sensitivity import in_order

PIXELS, HIDDEN, CLASSES = 16, 12, 4


def classifier(code: str = "radix", seed: int = 0) -> SpikingNetwork:
    """Hidden neuron k sees a quarter of the pixels well, and the rest a little."""
    random = np.random.default_rng(seed)
    first = random.integers(-4, 5, (PIXELS, HIDDEN))
    last = random.integers(-4, 5, (HIDDEN, CLASSES))
    for k in range(HIDDEN):
        first[k % CLASSES :: CLASSES, k] += 60
        last[k, k % CLASSES] += 60
    start = 0 if code == "rate" else 120
    populations = [
        Population("input", (PIXELS,), "input", 15, 0, 7, 15),
        Population("hidden", (HIDDEN,), "integrate_and_fire", 130, 0, start, 15),
        Population("output", (CLASSES,), "readout", 1, 0, 0),
    ]
    connections = [
        Connection("input", "hidden", "dense", first),
        Connection("hidden", "output", "dense", last),
    ]
    return SpikingNetwork(populations, connections, code, 1 / 15, 1.0, 8)


def samples(count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    """Images whose class is where the pixels are bright."""
    random = np.random.default_rng(1)
    labels = np.arange(count) % CLASSES
    x = random.integers(0, 5, (count, PIXELS))
    for i, k in enumerate(labels):
        x[i, k::CLASSES] += 9
    return x / 15, labels


@pytest.mark.parametrize("code", ["radix", "rate"])
@pytest.mark.parametrize("scope", ["layer", "network"])
def test_the_budget_holds_and_something_is_saved(code, scope):
    network, (x, labels) = classifier(code), samples()
    pruned = prune(network, x, labels, budget_points=2.0, scope=scope)

    trace = simulate(pruned.network, x, "reference")
    assert trace.accuracy(labels)[-1] == pruned.accuracy
    assert pruned.loss_points <= 2.0
    assert pruned.saved > 0.2
    assert pruned.network.hash != network.hash
    assert pruned.network.weight_bits == network.weight_bits

    table = pruned.table()
    assert (table.loss_points[table.kept] <= 2.0).all()
    assert (table.loss_points[~table.kept] > 2.0).all()
    left = pruned.removed()
    assert (left.nonzero_weights < left.nonzero_weights_before).any()


def test_without_labels_the_unpruned_network_is_right():
    network, (x, _) = classifier(), samples()
    pruned = prune(network, x, budget_points=0.0, what="synapses")
    assert pruned.accuracy_before == pruned.accuracy == 1.0
    answers = [simulate(n, x, "reference").predictions() for n in (network, pruned.network)]
    assert np.array_equal(*answers)
    assert pruned.saved > 0


@pytest.mark.parametrize("aim", ["synapses", "neurons"])
def test_what_is_saved_can_be_another_thing(aim):
    network, (x, labels) = classifier(), samples()
    pruned = prune(network, x, labels, budget_points=2.0, what="channels", aim=aim)
    after, before = pruned.network, network
    amounts = {
        "synapses": [nonzero_synapses(n) for n in (after, before)],
        "neurons": [sum(p.size for p in n.populations) for n in (after, before)],
    }
    left, whole = amounts[aim]
    assert pruned.saved == pytest.approx(1 - left / whole)
    assert left < whole


def test_a_round_that_breaks_the_budget_is_tried_smaller():
    network, (x, _) = classifier(seed=2), samples()
    table = prune(network, x, budget_points=1.0).table()
    undone = table.index[~table.kept]
    assert len(undone)
    several = [i for i in undone if "," in table["where"][i]]
    assert several
    for i in several:
        assert table["where"][i].startswith(table["where"][i + 1].split(" ")[0])


def test_a_budget_that_cannot_be_met_says_how_near_it_came():
    # Two classes that only one weight tells apart, and nothing else to prune.
    pixels = Population("input", (2,), "input", 1, 0, 0, 1)
    output = Population("output", (2,), "readout", 1, 0, [0, 1])
    arrow = Connection("input", "output", "dense", [[4, 0], [0, 4]])
    network = SpikingNetwork([pixels, output], [arrow], "radix", 1.0, 1.0, 8)
    x = np.array([[1.0, 0.0], [0.0, 1.0]])
    labels = np.array([0, 1])
    message = r"cannot be met.*got 50\.00 points lost for \d+\.\d% saved; allowed: 0\.3 points"
    with pytest.raises(SpikewattError, match=message):
        prune(network, x, labels, compensate=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget_points": -1}, r"prune\.budget_points: is a number of percentage points; got -1"),
        ({"budget_points": "much"}, "is a number of percentage points"),
        ({"what": "neurones"}, r"prune\.what: must name what is pruned"),
        ({"what": ()}, "names what is pruned; got nothing"),
        ({"score": "luck"}, r"prune\.score: must be a known score"),
        ({"scope": "house"}, r"prune\.scope: must be a known scope"),
        ({"aim": "fame"}, r"prune\.aim: must name what is saved"),
        ({"rounds": 0}, r"prune\.rounds: must be a number of rounds"),
        ({"tuning": "yes"}, r"prune\.tuning: must be a Tuning"),
    ],
)
def test_bad_options_are_one_line(options, message):
    x, labels = samples(4)
    with pytest.raises(SpikewattError, match=message) as caught:
        prune(classifier(), x, labels, **options)
    assert "\n" not in str(caught.value)


def test_only_a_network_is_pruned():
    with pytest.raises(SpikewattError, match="must be a SpikingNetwork; got int"):
        prune(3, np.zeros((1, 2)))  # type: ignore[arg-type]


def test_nothing_that_can_be_pruned_is_said():
    pixels = Population("input", (2,), "input", 1, 0, 0, 1)
    output = Population("output", (2,), "readout", 1, 0, 0)
    arrow = Connection("input", "output", "identity", [4, 4])
    network = SpikingNetwork([pixels, output], [arrow], "radix", 1.0, 1.0, 8)
    with pytest.raises(SpikewattError, match="has something that can be pruned; got nothing"):
        prune(network, np.eye(2), [0, 1])


# Saliency


def test_the_lowest_scores_go_first_and_no_more_than_the_share():
    network, (x, _) = classifier(), samples()
    found = activity(network, x)
    for score in ("magnitude", "magnitude_activity"):
        for knob in knobs_of(network, found, Choice(("synapses",), score)):
            assert isinstance(knob, SynapseKnob)
            ((name, kept),) = knob.cut(0.3).synapses.items()
            scores = knob.scores[name]
            assert (~kept).sum() == int(0.3 * kept.size)
            assert scores[~kept].max() <= scores[kept].min()


def test_activity_counts_what_arrives():
    network, (x, _) = classifier(), samples()
    x = x.copy()
    x[:, 0] = 0  # a pixel that is always dark
    by_activity, _ = knobs_of(
        network, activity(network, x), Choice(("synapses",), "magnitude_activity")
    )
    assert isinstance(by_activity, SynapseKnob)
    assert not by_activity.scores["input->hidden"][0].any()
    by_size, _ = knobs_of(network, activity(network, x), Choice(("synapses",)))
    assert isinstance(by_size, SynapseKnob)
    assert by_size.scores["input->hidden"][0].any()


def test_increments_cost_more_the_more_is_saved():
    network, (x, _) = classifier(), samples()
    found = activity(network, x)
    judge = Judge(network, x)
    order = in_order(judge, knobs_of(network, found), found)
    prices = [each.disturbance / each.saved for each in order]
    assert len(order) > 4
    assert prices == sorted(prices)


# Bias compensation


@pytest.mark.parametrize("code", ["radix", "sync_rate", "signed", "rate"])
def test_the_mean_of_what_is_cut_is_on_the_bias(code):
    network, (x, _) = classifier(code), samples()
    steps = 16 if code == "rate" else None
    found = activity(network, x, steps)
    weights = network.connections[0].weights
    assert weights is not None
    mask = np.abs(weights) > 30
    cut = Cut({"input->hidden": mask})

    lacking = found.values["input"] @ (weights * ~mask)
    field = "bias" if code == "rate" else "initial_potential"
    each = lacking / found.steps if code == "rate" else lacking
    before, after = (
        getattr(n.population("hidden"), field) for n in (network, cut.applied(network, found))
    )
    assert np.abs(after - before - each).max() <= 0.5 + 1e-9
    assert (after != before).any()
    plain = cut.applied(network).population("hidden")
    assert np.array_equal(getattr(plain, field), before)


def test_a_constant_is_compensated_without_loss():
    network, (x, _) = classifier(), samples()
    x = x.copy()
    x[:, 3] = 1.0
    mask = np.ones((PIXELS, HIDDEN), bool)
    mask[3] = False
    cut = Cut({"input->hidden": mask})
    with_bias = cut.applied(network, activity(network, x))
    before, after = (simulate(n, x, "reference") for n in (network, with_bias))
    assert np.array_equal(before.outputs, after.outputs)
    assert nonzero_synapses(with_bias) < nonzero_synapses(network)


def test_a_pruned_network_is_saved_and_read(tmp_path):
    network, (x, labels) = classifier(), samples()
    pruned = prune(network, x, labels, budget_points=2.0).network
    pruned.save(tmp_path / "pruned.spk")
    again = SpikingNetwork.load(tmp_path / "pruned.spk")
    assert again.hash == pruned.hash
    assert replace(again, name="other").hash != pruned.hash
