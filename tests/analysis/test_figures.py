"""Laws of pictures: texts lie apart and on the page, files are small, refusals are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from spikewatt.analysis.report.figures.activity import MOST_NEURONS, raster_figure
from spikewatt.analysis.report.figures.energy import energy_figure
from spikewatt.analysis.report.figures.learning import accuracy_figure, training_figure
from spikewatt.analysis.report.figures.points import points_figure
from spikewatt.analysis.report.figures.run import figures_of
from spikewatt.analysis.report.figures.style import FILLS, TOGETHER, drawn
from spikewatt.energy.bill import IDLE_COMPONENTS
from spikewatt.energy.pricing.price import price

from ..helpers.deep_run import INPUTS, LAYERS, deep_network, deep_trace, write_run
from ..helpers.pictures import beyond_the_page, beyond_their_axes, overlaps, text_boxes

LONG = "odin_style:neurons_per_core=128,axons_per_core=4096,voltage_v=0.8"
DEVICES = ("odin_style", LONG, "odin", "tinyodin", "stm32l4r5", "nrf54l15")
MOST_SVG_BYTES = 400_000
HELD = ("samples", "training", "sops_per_layer", "firing_rate", "accuracy_against_steps",
        "energy", "diagnosis", "raster")  # fmt: skip


@pytest.fixture(scope="module")
def deep():
    """A trace of thirty layers, and its price: some devices hold it, others do not."""
    trace = deep_trace(deep_network())
    prices = price(trace, *DEVICES, host="nrf54l15", skip_unfit=True, max_cores=None)
    assert set(prices.does_not_fit) >= {"odin_style", "odin"}
    return trace, prices


@pytest.fixture(scope="module")
def figures(deep, tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("deep") / "run", *deep, epochs=1)
    return dict(figures_of(folder))


@pytest.fixture(scope="module")
def boxes(figures):
    """The texts of each figure, with their boxes."""
    return {name: text_boxes(fig) for name, fig in figures.items()}


@pytest.mark.parametrize("name", HELD)
def test_texts_of_thirty_layers_lie_beside_each_other_and_on_the_page(name, figures, boxes):
    assert not overlaps(boxes[name])
    assert not beyond_the_page(figures[name], boxes[name])


@pytest.mark.parametrize("name", ["sops_per_layer", "firing_rate", "diagnosis", "energy"])
def test_values_stay_within_their_panel(name, figures, boxes):
    assert boxes[name]
    assert not beyond_their_axes(figures[name])


@pytest.mark.parametrize("name", ["sops_per_layer", "firing_rate", "diagnosis", "raster"])
def test_every_layer_has_its_name(name, boxes, deep):
    shown = " ".join(text for text, _ in boxes[name])
    layers = [layer for layer in deep[0].neurons if layer.startswith("block")]
    assert len(layers) == LAYERS - 1
    assert all(layer in shown for layer in layers)


def test_an_svg_of_thirty_layers_is_small_and_holds_its_raster_as_a_picture(figures):
    for name in ("raster", "sops_per_layer"):
        svg = drawn(figures[name], "svg")
        assert len(svg) < MOST_SVG_BYTES
        assert (b"data:image/png" in svg) == (name == "raster")


def test_a_raster_shows_a_sample_of_thousands_of_neurons_and_says_so():
    spikes = pd.DataFrame({"neuron": np.arange(INPUTS), "step": 1}).assign(population="input")
    fig = raster_figure(spikes, {"input": INPUTS}, 4)
    (marks,) = fig.axes[0].collections
    assert len(marks.get_offsets()) == MOST_NEURONS
    texts = " ".join(text for text, _ in text_boxes(fig))
    assert f"{MOST_NEURONS} neurons, evenly spaced" in texts
    assert f"{MOST_NEURONS} of {INPUTS:,} neurons" in texts


# ------------------------------------------------------------------ energy


def test_refused_devices_have_a_row_that_says_why(boxes, deep):
    texts = [text.replace("\n", " ") for text, _ in boxes["energy"]]
    refused = [text for text in texts if text.startswith("does not fit: ")]
    assert len(refused) == len(deep[1].does_not_fit) >= 3
    assert any("a neuron has at most 256 inputs" in text for text in refused)
    assert "odin" in texts
    assert all("allowed" not in text for text in refused)


def test_a_geometry_that_a_refusal_named_is_marked(boxes):
    names = [text.replace("\n", "") for text, _ in boxes["energy"]]
    assert any("(in place of odin_style)" in " ".join(name.split()) for name in names)


def test_where_no_device_can_the_picture_says_only_that(deep):
    none = deep[1].frame.head(0)
    fig = energy_figure(none, none, {"odin": "device 'odin': a law; got 3; allowed: 2"})
    found = text_boxes(fig)
    assert "does not fit: a law; got 3" in [text for text, _ in found]
    assert not overlaps(found)


def test_every_component_of_a_price_has_its_fill(trace):
    everything = ("odin_style", "reference_core", "stm32l4r5", "nrf54l15")
    found = price(trace, *everything, host="nrf54l15", period_s=1.0).frame
    components = set(found[found["energy_j"] > 0]["component"])
    assert components - set(IDLE_COMPONENTS) <= {*FILLS, *TOGETHER}
    assert set(TOGETHER.values()) <= set(FILLS)
    looks = [(fill.colour, fill.hatch) for fill in FILLS.values()]
    assert len(set(looks)) == len(looks)


def test_a_point_of_energy_stands_at_its_value_and_has_it_written(deep, figures):
    totals = deep[1].totals(idle=False)
    left = figures["energy"].axes[0]
    drawn_at = [line.get_xdata()[0] for line in left.containers[0].lines[:1]]
    ratio = totals["energy_j"].iloc[0] / drawn_at[0]
    assert ratio in (pytest.approx(1e-6), pytest.approx(1e-3), pytest.approx(1e-9))


# ------------------------------------------------------------------ points


def made_up_points() -> pd.DataFrame:
    """A search on many devices with long names: two points on each as spikes, one as int8."""
    cores = [f"odin_style:neurons_per_core={2**i},axons_per_core=1024" for i in range(4, 10)]
    devices = [f"{core}{host}" for core in cores for host in ("", "+nrf54l15")]
    rows = []
    for i, (device, side) in enumerate(
        [*((device, "snn") for device in devices for _ in range(2)), ("nrf54l15", "int8_ann")]
    ):
        accuracy = 0.95 - 0.001 * i
        rows.append(
            {
                "device": device,
                "side": side,
                "code": "sync_rate",
                "steps": 7.0 + i % 2,
                "options": "analog input",
                "accuracy": accuracy,
                "accuracy_low": accuracy - 0.02,
                "accuracy_high": accuracy + 0.02,
                "keras_accuracy": 0.96,
                "samples": 10_000,
                "energy_j": 3e-6 * 1.2**i,
                "on_front": i == 0,
                "asked": i == 1,
                "chosen": i % 2 == 0,
                "chosen_at": "1" if i % 2 == 0 else "",
                "decides": True,
            }
        )
    return pd.DataFrame(rows)


def test_points_of_many_devices_with_long_names_are_told_apart():
    fig = points_figure(made_up_points(), (0.5, 1.0))
    found = text_boxes(fig)
    assert not overlaps(found)
    assert not beyond_the_page(fig, found)

    texts = [text for text, _ in found]
    assert any("[6] odin_style:neurons_per_core=512,axons_per_core=1024" in text for text in texts)
    lines = fig.axes[0].get_legend_handles_labels()
    looks = {
        (line.get_marker(), line.get_color())
        for line, label in zip(*lines, strict=True)
        if label.startswith("spikes on")
    }
    assert len(looks) == 12


def test_lines_and_fronts_are_those_of_the_most_test_images():
    """The first thousand images are easier: Keras gets more of them right, and so do points."""
    frame = made_up_points()
    frame.loc[0, ["samples", "keras_accuracy", "accuracy"]] = [1000, 0.98, 0.97]
    drawn = points_figure(frame, (0.5,)).axes[0].get_lines()
    filled = [line for line in drawn if len(line.get_ydata())]
    level = {line.get_label(): float(np.ravel(line.get_ydata())[0]) for line in filled}
    assert level["Keras"] == pytest.approx(96)
    assert level["Keras less 0.5 points"] == pytest.approx(95.5)
    fronts = [line for line in drawn if line.get_drawstyle() == "steps-post" and line.get_lw() < 1]
    assert fronts
    assert all(97 not in np.round(np.asarray(line.get_ydata(), float), 9) for line in fronts)


# ------------------------------------------------------------------ learning


@pytest.mark.parametrize("epochs", [1, 2, 3, 8, 100])
def test_ticks_of_epochs_are_whole_and_none_lies_beyond(epochs):
    epoch = np.arange(1, epochs + 1)
    keys = ("accuracy", "loss", "val_accuracy", "val_loss")
    history = pd.DataFrame({"epoch": epoch, **{key: 1 / epoch for key in keys}})
    fig = training_figure(history)
    found = text_boxes(fig)
    for ax in fig.axes:
        low, high = ax.get_xlim()
        ticks = [tick for tick in ax.get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == round(tick) for tick in ticks)
    assert not overlaps(found)


def test_an_accuracy_has_its_interval_and_earlier_tables_none(boxes):
    texts = " ".join(text for text, _ in boxes["accuracy_against_steps"])
    assert "95.0 % (92.2 to 96.8)" in texts  # Wilson: 342 of 360

    earlier = pd.DataFrame({"step": [1, 2], "snn_accuracy": [0.5, 0.9], "ann_accuracy": 0.95})
    texts = " ".join(text for text, _ in text_boxes(accuracy_figure(earlier)))
    assert "at the end 90.0 %" in texts
    assert " to " not in texts
