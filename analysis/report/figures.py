"""Pictures of a run, redrawn from the files in its folder: one function per picture, PNG and SVG, the numbers in a CSV beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from ...energy.bill import IDLE_COMPONENTS
from ...errors import FileFormatError, SpikewattError
from ...sim.trace.trace import Trace
from .tables import layer_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe-Ito colours, which colour-blind readers can tell apart; one fixed colour per energy component.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
    "#999999",
)
COMPONENT_COLOURS = {
    "synaptic operations": BLUE,
    "neuron updates": ORANGE,
    "clock": GREEN,
    "leakage": RED,
    "between inferences": GREY,
    "spike handling": SKY,
    "step overhead": PURPLE,
    "multiply-accumulates": YELLOW,
    "outputs": "#444444",
    "pooling": "#8C564B",
    "state reset": "#BCBD22",
    "input load": "#7F3C8D",
    "read-out": "#17BECF",
}
SMALLEST_SHARE = 0.005  # components below this share of every bar are drawn together


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _clean(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)


def _whole(ax: Axes) -> None:
    """Ticks at whole numbers of steps or epochs."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_samples(
    fig: Figure, images: np.ndarray, labels: np.ndarray, predicted: np.ndarray
) -> None:
    """A grid of test images, each with its label and the class that the spiking network gave."""
    columns = min(10, len(images))
    rows = -(-len(images) // columns)
    axes = np.atleast_1d(np.asarray(fig.subplots(rows, columns))).reshape(-1)
    for ax in axes:
        ax.axis("off")
    for ax, image, label, guess in zip(axes, images, labels, predicted, strict=False):
        shown = (
            image if image.shape[-1] == 3 else image[..., 0]
        )  # of other numbers of channels, the first
        ax.imshow(
            shown,
            cmap=None if image.shape[-1] == 3 else "gray_r",
            vmin=0,
            vmax=1,
            interpolation="nearest",
        )
        right = label == guess
        ax.set_title(
            f"{guess}" if right else f"{guess}, is {label}",
            color="black" if right else RED,
            fontsize=10,
        )
    fig.suptitle("Test images and the class that the spiking network gives", fontsize=11)


def draw_training(axes: tuple[Axes, Axes], history: pd.DataFrame) -> None:
    """Accuracy and loss per epoch, on training and validation data."""
    for ax, key, label in zip(
        axes, ("accuracy", "loss"), ("accuracy (%)", "cross-entropy loss (nats)"), strict=True
    ):
        scale = 100 if key == "accuracy" else 1
        marker = "o" if len(history) < 3 else None
        ax.plot(history["epoch"], history[key] * scale, color=BLUE, label="training", marker=marker)
        ax.plot(
            history["epoch"],
            history[f"val_{key}"] * scale,
            color=ORANGE,
            linestyle="--",
            label="validation",
            marker=marker,
        )
        _whole(ax)
        ax.set_xlabel("epoch")
        ax.set_ylabel(label)
        ax.legend(frameon=False)
        _clean(ax)


def draw_sops(ax: Axes, table: pd.DataFrame) -> None:
    """Synaptic operations per inference that reach each layer, on all synapses and on those of weight != 0, beside the ANN's MACs."""
    table = table[table["sops_synapses"] > 0]
    at = np.arange(len(table))
    for i, (key, label, colour) in enumerate(
        (
            ("sops_synapses", "SOPs, all synapses", BLUE),
            ("sops_nonzero", "SOPs, weight ≠ 0", SKY),
            ("macs", "MACs of the ANN", ORANGE),
        )
    ):
        bars = ax.bar(at + (i - 1) * 0.27, table[key], 0.25, label=label, color=colour)
        if len(table) <= 3:
            ax.bar_label(bars, [f"{count:,.0f}" for count in table[key]], fontsize=7, padding=2)
    ax.set_yscale("log")
    ax.set_xticks(at, table["layer"], rotation=30 if len(table) > 4 else 0)
    ax.set_ylabel("operations per inference")
    ax.set_xlabel("layer that receives them")
    ax.set_ylim(1, ax.get_ylim()[1] * 4)  # one operation: the foot of a bar means something
    ax.legend(frameon=False, ncols=3, loc="upper center", fontsize=9)
    _clean(ax)


def draw_firing_rate(ax: Axes, table: pd.DataFrame) -> None:
    """Share of neurons that fire in a step, per layer; the rest is sparsity."""
    table = table.dropna(subset=["firing_rate"])
    bars = ax.bar(table["layer"], table["firing_rate"] * 100, color=BLUE, width=0.6)
    ax.bar_label(
        bars,
        [
            f"{rate * 100:.1f} %\nsparsity {sparsity * 100:.1f} %"
            for rate, sparsity in zip(table["firing_rate"], table["sparsity"], strict=True)
        ],
        fontsize=8,
        padding=2,
    )
    ax.set_ylim(0, max(table["firing_rate"].max() * 130, 1))
    ax.set_ylabel("firing rate (% of neurons per step)")
    ax.set_xlabel("layer")
    ax.tick_params(axis="x", rotation=30 if len(table) > 4 else 0)
    _clean(ax)


def draw_accuracy(ax: Axes, table: pd.DataFrame) -> None:
    """Accuracy of the spiking network after each step, and of the Keras network."""
    ax.plot(
        table["step"], table["snn_accuracy"] * 100, color=BLUE, marker=".", label="spiking network"
    )
    ax.axhline(
        table["ann_accuracy"].iloc[0] * 100, color=ORANGE, linestyle="--", label="Keras network"
    )
    ax.set_xlabel("steps")
    ax.set_ylabel("accuracy on the test images (%)")
    _whole(ax)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    _clean(ax)


def draw_energy(axes: tuple[Axes, Axes], prices: pd.DataFrame, sums: pd.DataFrame) -> None:
    """Left: energy per inference with its range, per device and workload (`sums`, see totals). Right: what it goes to."""
    computing = prices[~prices["component"].isin(IDLE_COMPONENTS)]
    keys = list(dict.fromkeys(zip(computing["device"], computing["workload"], strict=True)))
    at = np.arange(len(keys))[::-1]
    sums = (
        sums.set_index(["device", "workload"])[["energy_j", "energy_low_j", "energy_high_j"]].loc[
            keys
        ]
        * 1e6
    )
    middle, low, high = (
        sums[key].to_numpy() for key in ("energy_j", "energy_low_j", "energy_high_j")
    )
    axes[0].errorbar(
        middle,
        at,
        xerr=[middle - low, high - middle],
        fmt="o",
        color=BLUE,
        ecolor=SKY,
        elinewidth=3,
        capsize=4,
    )
    axes[0].set_xscale("log")
    axes[0].set_yticks(at, [f"{device}\n{workload}" for device, workload in keys])
    axes[0].set_xlabel("energy per inference (µJ), 5 % to 95 %")
    axes[0].grid(axis="x", color="0.9")
    axes[0].set_axisbelow(True)
    axes[0].set_ylim(-0.6, len(keys) - 0.4)

    shares = (
        computing.pivot_table(
            index=["device", "workload"], columns="component", values="energy_j", aggfunc="sum"
        )
        .loc[keys]
        .fillna(0.0)
    )
    shares = shares.div(shares.sum(axis=1), axis=0) * 100
    drawn = [
        c for c in COMPONENT_COLOURS if c in shares and shares[c].max() >= SMALLEST_SHARE * 100
    ]
    left = np.zeros(len(keys))
    for component in drawn:
        axes[1].barh(
            at,
            shares[component],
            left=left,
            color=COMPONENT_COLOURS[component],
            label=component,
            height=0.6,
        )
        left += shares[component].to_numpy()
    if (rest := 100 - left).max() > 0.01:
        axes[1].barh(at, rest, left=left, color="#DDDDDD", label="everything else", height=0.6)
    axes[1].set_yticks(at, [""] * len(keys))
    axes[1].set_xlim(0, 100)
    axes[1].set_ylim(-0.6, len(keys) - 0.4)
    axes[1].set_xlabel("share of the energy (%)")
    axes[1].legend(
        frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8
    )
    for ax in axes:
        _clean(ax)


def raster_table(trace: Trace, sample: int) -> pd.DataFrame:
    """(population, neuron, step) of every spike of one sample."""
    parts = []
    for population, raster in trace.rasters.items():
        step, neuron = np.nonzero(raster[sample])
        parts.append(pd.DataFrame({"population": population, "neuron": neuron, "step": step + 1}))
    return pd.concat(parts, ignore_index=True)


def draw_raster(
    axes: list[Axes], spikes: pd.DataFrame, neurons: dict[str, int], steps: int
) -> None:
    """Which neuron fired at which step, one panel per population."""
    for ax, (population, size), colour in zip(
        axes, neurons.items(), (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY) * 5, strict=False
    ):
        mine = spikes[spikes["population"] == population]
        ax.scatter(
            mine["step"],
            mine["neuron"],
            s=max(2.0, min(14.0, 900 / size)),
            marker="|",
            color=colour,
            linewidths=1.2,
        )
        ax.set_ylim(-1, size)
        ax.set_xlim(0.5, steps + 0.5)
        ax.set_ylabel(f"{population}\nneuron")
        _clean(ax)
    _whole(axes[-1])
    axes[-1].set_xlabel("step")


def draw_diagnosis(axes: tuple[Axes, Axes, Axes], table: pd.DataFrame) -> None:
    """Per layer: agreement with Keras, accuracy of Keras from there on, and what is clipped, dead or saturated."""
    at = np.arange(len(table))
    bars = axes[0].barh(at, table["agreement"].clip(lower=0) * 100, color=BLUE, height=0.6)
    axes[0].bar_label(
        bars, [f"{share * 100:.1f}" for share in table["agreement"]], fontsize=8, padding=2
    )
    axes[0].set_xlim(0, 118)
    axes[0].set_xlabel("agreement with Keras (%)")
    accuracy = table["accuracy_from_here"] * 100
    axes[1].plot(accuracy, at, "o", color=ORANGE)
    for x, y in zip(accuracy, at, strict=True):
        text = "branches lead around it" if np.isnan(x) else f" {x:.1f}"
        axes[1].annotate(text, (0.02, y) if np.isnan(x) else (x, y), fontsize=8, va="center", xytext=(4, 0), textcoords="offset points",
                         xycoords=axes[1].get_yaxis_transform() if np.isnan(x) else "data")  # fmt: skip
    whole = table["keras_accuracy"].iloc[0] * 100
    if accuracy.notna().any():
        axes[1].axvline(whole, color=GREY, linestyle="--", label=f"Keras alone, {whole:.1f}")
        axes[1].legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
        lowest, highest = min(accuracy.min(), whole), max(accuracy.max(), whole)
        span = max(highest - lowest, 4.0)
        axes[1].set_xlim(highest - 1.3 * span, highest + 0.5 * span)
    axes[1].set_xlabel("accuracy if Keras goes on from here (%)")
    for i, (key, label, colour) in enumerate(
        (
            ("clipped_share", "clipped", RED),
            ("dead_share", "dead", GREY),
            ("saturated_share", "at the largest value", PURPLE),
        )
    ):
        axes[2].barh(
            at + (i - 1) * 0.25, table[key].fillna(0) * 100, 0.23, color=colour, label=label
        )
    axes[2].set_xlim(
        0,
        max(
            float(
                np.nanmax(
                    [table[k].max() for k in ("clipped_share", "dead_share", "saturated_share")]
                )
            )
            * 115,
            1.0,
        ),
    )
    axes[2].set_xlabel("share of active values, neurons, values (%)")
    axes[2].legend(
        frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3
    )
    axes[0].set_yticks(at, table["layer"])
    axes[0].invert_yaxis()
    for ax in axes:
        _clean(ax)


def save_diagnosis(table: pd.DataFrame, folder: Path) -> Path:
    """The picture of a diagnosis as PNG and SVG in `folder`; returns the PNG."""
    fig = _figure(11, 1.6 + 0.4 * len(table))
    fig.set_layout_engine("constrained", wspace=0.06)
    draw_diagnosis(tuple(fig.subplots(1, 3, sharey=True, width_ratios=(1, 1, 1.2))), table)
    for suffix in ("svg", "png"):
        fig.savefig(folder / f"diagnosis.{suffix}", dpi=130)
    return folder / "diagnosis.png"


def plot_run(folder: str | Path) -> list[Path]:
    """Draw every picture of the run in `folder` as PNG and SVG; returns the PNGs.

    Raises
    ------
    SpikewattError : the folder is not one of a run.
    """
    folder = Path(folder)
    for needed in ("trace.h5", "energy.csv", "accuracy_against_steps.csv", "samples.npz"):
        if not (folder / needed).is_file():
            raise SpikewattError(
                str(folder),
                "must be the folder of a run",
                f"no {needed} in it",
                "a folder that `spikewatt run` left",
            )
    try:
        return _plot(folder)
    except (KeyError, ValueError, OSError, IndexError, BadZipFile) as error:
        if isinstance(error, SpikewattError):
            raise
        raise FileFormatError(
            str(folder), "must hold the whole files of a run", f"{type(error).__name__}: {error}"
        ) from error


def _plot(folder: Path) -> list[Path]:
    """The pictures of a folder that holds the files of a run."""
    trace = Trace.load(folder / "trace.h5")
    table = layer_table(trace)
    written = []

    def save(fig: Figure, name: str) -> None:
        fig.savefig(folder / f"{name}.png", dpi=130)
        fig.savefig(folder / f"{name}.svg")
        written.append(folder / f"{name}.png")

    with np.load(folder / "samples.npz", allow_pickle=False) as shown:
        fig = _figure(9, 1.15 * -(-len(shown["labels"]) // 10) + 0.5)
        draw_samples(fig, shown["images"], shown["labels"], shown["predictions"])
    save(fig, "samples")
    if (folder / "training.csv").is_file():
        fig = _figure(9, 3.4)
        draw_training(tuple(fig.subplots(1, 2)), pd.read_csv(folder / "training.csv"))
        save(fig, "training")
    for name, draw, frame in (
        ("sops_per_layer", draw_sops, table),
        ("firing_rate", draw_firing_rate, table),
        (
            "accuracy_against_steps",
            draw_accuracy,
            pd.read_csv(folder / "accuracy_against_steps.csv"),
        ),
    ):
        fig = _figure(6.5, 4)
        draw(fig.subplots(), frame)
        save(fig, name)
    prices = pd.read_csv(folder / "energy.csv")
    if len(prices):
        fig = _figure(10.5, 1.6 + 0.55 * len(prices.groupby(["device", "workload"])))
        draw_energy(
            tuple(fig.subplots(1, 2, width_ratios=(1, 1.1))),
            prices,
            pd.read_csv(folder / "energy_totals.csv"),
        )
        save(fig, "energy")
    if (folder / "diagnosis.csv").is_file():
        written.append(save_diagnosis(pd.read_csv(folder / "diagnosis.csv"), folder))
    if trace.rasters:
        spikes = raster_table(trace, 0)
        spikes.to_csv(folder / "raster.csv", index=False)
        drawn = {name: trace.neurons[name] for name in trace.rasters}
        fig = _figure(7, 1.2 + 1.7 * len(drawn))
        draw_raster(
            list(fig.subplots(len(drawn), 1, sharex=True, squeeze=False)[:, 0]),
            spikes,
            drawn,
            trace.steps,
        )
        fig.suptitle("Spikes of the first test image", fontsize=11)
        save(fig, "raster")
    return written
