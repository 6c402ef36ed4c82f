"""Accuracy against faults: the sweep, its table and its picture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from spikewatt.analysis.design.interval import wilson
from spikewatt.analysis.report.figures.style import save
from spikewatt.analysis.robustness.curves import robustness
from spikewatt.analysis.robustness.picture import curves_figure
from spikewatt.analysis.robustness.table import shown, summary
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.faults.kinds import FAULTS
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ...helpers.pictures import beyond_the_page, overlaps, text_boxes

STEPS = 12
IMAGES = 30


@pytest.fixture(scope="module")
def digits_test(digits):
    return digits.scaled("test")[:IMAGES], digits.y_test[:IMAGES]


@pytest.fixture(scope="module")
def found(mlp_network, digits_test):
    faults = {
        "lost_spikes": (0.5, 0.0, 1.0),
        "silent_neurons": (0.0, 0.3),
        "flipped_weight_bits": (0.0, 0.02),
    }
    x, y = digits_test
    return robustness(mlp_network, x, y, faults, steps=STEPS, engine="reference")


def runs_of(accuracies, network="a", fault="lost_spikes", level=0.1, images=200):
    rows = [
        (network, fault, level, seed, images, round(accuracy * images), accuracy)
        for seed, accuracy in enumerate(accuracies)
    ]
    names = ["network", "fault", "level", "seed", "images", "correct", "accuracy"]
    return pd.DataFrame(rows, columns=names)


def test_a_row_per_network_fault_level_and_seed(found):
    assert len(found.runs) == 3 * (3 + 2 + 2)
    assert not found.runs.duplicated(["network", "fault", "level", "seed"]).any()
    assert (found.runs["correct"] == found.runs["accuracy"] * IMAGES).all()
    assert list(found.table.query("fault == 'lost_spikes'")["level"]) == [0.0, 0.5, 1.0]


def test_a_run_is_that_of_simulate(found, mlp_network, digits_test):
    x, y = digits_test
    trace = simulate(mlp_network, x, "reference", STEPS, seed=1, lost_spikes=0.5)
    alone = float(trace.accuracy(y)[-1])
    row = found.runs.query("fault == 'lost_spikes' and level == 0.5 and seed == 1")
    assert row["accuracy"].item() == alone

    fault = FAULTS["silent_neurons"].apply(mlp_network, x, 0.3, 2)
    alone = float(simulate(fault.network, x, "reference", STEPS).accuracy(y)[-1])
    row = found.runs.query("fault == 'silent_neurons' and level == 0.3 and seed == 2")
    assert row["accuracy"].item() == alone


def test_without_faults_all_curves_begin_alike_and_all_spikes_lost_is_a_guess(found):
    sound = found.runs.query("level == 0")["accuracy"]
    assert sound.nunique() == 1
    assert sound.iloc[0] > 0.9
    silent = found.runs.query("fault == 'lost_spikes' and level == 1")["accuracy"]
    assert silent.nunique() == 1
    assert silent.iloc[0] < 0.3


def test_images_and_seeds_are_those_asked_for(mlp_network, digits_test):
    x, y = digits_test
    given = {"faults": "lost_spikes", "seeds": [4, 9], "steps": STEPS, "engine": "batched"}
    few = robustness(mlp_network, x, y, images=20, **given)
    assert set(few.runs["seed"]) == {4, 9}
    assert set(few.runs["images"]) == {20}
    again = robustness(mlp_network, x[:20], y[:20], **given)
    pd.testing.assert_frame_equal(few.runs, again.runs)


def test_events_are_drawn_by_each_seed():
    """Of a network without faults there is one answer, but under drawn events one for each seed."""
    grey = Population("input", (4,), "input", 16, 0, 0)
    most_events = Population("output", (4,), "readout", 1, 0, 0)
    arrow = Connection("input", "output", "dense", np.eye(4))
    network = SpikingNetwork(
        (grey, most_events), (arrow,), "rate", 1 / 16, 1.0, 8, input_code="poisson"
    )
    x = np.full((40, 4), 0.5)
    y = simulate(network, x, "reference", 3, seed=0).predictions()
    found = robustness(network, x, y, {"lost_spikes": 0}, steps=3, engine="reference")
    first, *others = found.runs["accuracy"]
    assert first == 1
    assert max(others) < 1
    assert others == [
        float(simulate(network, x, "reference", 3, seed=seed).accuracy(y)[-1]) for seed in (1, 2)
    ]


def test_an_engine_that_loses_no_spikes_is_replaced_where_they_are_lost(mlp_network, digits_test):
    given = {"faults": ["lost_spikes", "silent_neurons"], "seeds": [0], "steps": STEPS}
    one = robustness(mlp_network, *digits_test, engine="event", **given)
    other = robustness(mlp_network, *digits_test, engine="reference", **given)
    pd.testing.assert_frame_equal(one.runs, other.runs)


# Table


def test_intervals_are_students_over_seeds_and_wilsons_over_images():
    """Published: t of two degrees of freedom is 4.303 at 95 %."""
    runs = pd.concat([runs_of([0.9, 0.9, 0.9], level=0.0), runs_of([0.80, 0.82, 0.87])])
    sound, row = summary(runs).to_dict("records")
    assert row["accuracy"] == pytest.approx(0.83)
    assert (row["accuracy_lowest"], row["accuracy_highest"]) == (0.80, 0.87)
    half = 4.3027 * np.std([0.80, 0.82, 0.87], ddof=1) / np.sqrt(3)
    ends = row["accuracy_seeds_low"], row["accuracy_seeds_high"]
    assert ends == pytest.approx((0.83 - half, 0.83 + half), abs=1e-5)
    assert (row["accuracy_images_low"], row["accuracy_images_high"]) == wilson(166, 200)
    assert row["points_lost"] == pytest.approx(7.0)
    assert sound["points_lost"] == 0
    assert sound["accuracy_seeds_low"] == pytest.approx(0.9)


def test_one_seed_has_no_interval_and_no_level_0_no_loss():
    (row,) = summary(runs_of([0.8])).to_dict("records")
    assert np.isnan([row["accuracy_seeds_low"], row["accuracy_seeds_high"]]).all()
    assert np.isnan(row["points_lost"])
    (cells,) = shown(summary(runs_of([0.8])), "").cells()
    assert cells["lost (points)"] == ""
    assert cells["accuracy (%)"] == "80.00"
    assert cells["level (%)"] == "10"


# Picture


def many(networks: int) -> pd.DataFrame:
    """A summary of so many networks with every fault."""
    runs = [
        runs_of([0.99 - level - 0.01 * n, 0.97 - level], f"pruned by {n} %, K = 4", name, level)
        for n in range(networks)
        for name, fault in FAULTS.items()
        for level in fault.levels
    ]
    return summary(pd.concat(runs, ignore_index=True))


@pytest.mark.parametrize("networks", [1, 9])
def test_a_panel_per_fault_and_a_line_per_network(networks, tmp_path):
    table = many(networks)
    fig = curves_figure(table)
    boxes = text_boxes(fig)
    assert not overlaps(boxes)
    assert not beyond_the_page(fig, boxes)

    panels = [ax for ax in fig.axes if ax.get_visible()]
    assert [ax.get_title() for ax in panels] == [fault.title for fault in FAULTS.values()]
    for ax in panels:
        assert len(ax.lines) == networks
        styles = {(line.get_color(), line.get_linestyle()) for line in ax.lines}
        assert len(styles) == networks
        assert np.asarray(ax.lines[0].get_ydata())[0] == pytest.approx(98)
    (legend,) = fig.legends
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts == [*table["network"].unique(), "lowest to highest of 2 seeds"]
    assert save(fig, tmp_path, "robustness").stat().st_size > 10_000


def test_levels_that_networks_do_not_share_stand_on_one_axis():
    runs = pd.concat(
        [runs_of([0.9], "a", level=0.0), runs_of([0.8], "a"), runs_of([0.7], "b", level=0.2)]
    )
    (ax,) = curves_figure(summary(runs)).axes
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "10", "20"]
    first, second = ax.lines
    assert list(first.get_xdata()) == list(ax.get_xticks()[:2])
    assert list(second.get_xdata()) == [ax.get_xticks()[2]]


def test_images_may_be_lists(mlp_network, digits_test):
    """A list of images is no list of inputs."""
    x, y = (part[:20] for part in digits_test)
    for fault in ("input_noise", "lost_spikes"):
        arrays, lists = (
            robustness(mlp_network, *given, {fault: [0.1]}, seeds=[0], images=10, steps=STEPS).runs
            for given in ((x, y), (x.tolist(), y.tolist()))
        )
        assert lists.equals(arrays)


# Refusals


@pytest.mark.parametrize(
    ("changes", "law"),
    [
        ({"labels": None}, "robustness.labels: needs the class of each image.*got none"),
        ({"labels": [0, 1]}, "robustness.labels: one label per sample"),
        (
            {"labels": np.full(IMAGES, 10)},
            "robustness.labels: labels are integers below the 10 outputs",
        ),
        (
            {"faults": "rain"},
            "robustness.faults: must be a known fault; got 'rain'; allowed: firing",
        ),
        ({"faults": []}, "robustness.faults: names a fault at least; got none; allowed: input_n"),
        ({"faults": {"lost_spikes": []}}, "has a level of lost_spikes at least"),
        ({"faults": 3}, "robustness.faults: must be a known fault; got 3"),
        ({"faults": {"lost_spikes": "many"}}, "lost_spikes.level: must be a share; got 'many'"),
        ({"faults": {"lost_spikes": [0.1, 1.2]}}, r"lost_spikes.level: must be a share; got 1.2"),
        ({"seeds": []}, "robustness.seeds: are different seeds, one at least; got none"),
        ({"seeds": [1, 1]}, "robustness.seeds: are different seeds, one at least; got 1, 1"),
        ({"seeds": [-1]}, "robustness.seeds: are different seeds.*got -1"),
        ({"images": 0}, "robustness.images: must be a number of images; got 0"),
        ({"network": {}}, "robustness.network: is a SpikingNetwork, or several.*got none"),
        ({"network": "my.spk"}, "robustness.network: is a SpikingNetwork, or several.*got str"),
        ({"engine": "fast"}, "simulate.engine: must name an engine; got 'fast'"),
    ],
)
def test_bad_input_is_one_line(changes, law, mlp_network, digits_test):
    x, y = digits_test
    given = {"network": mlp_network, "x": x, "labels": y, "faults": "silent_neurons"} | changes
    with pytest.raises(SpikewattError, match=law) as error:
        robustness(**given, steps=STEPS)
    assert "\n" not in str(error.value)
