"""The picture of single inferences and their tail."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.analysis.report.figures.style import drawn
from spikewatt.analysis.report.figures.tails import tails_figure
from spikewatt.energy.staged.distribution import Spread

from ..helpers.pictures import beyond_the_page, overlaps, text_boxes


def spread(scale: float, tail: float) -> Spread:
    """Most inferences alike, and some that take much more."""
    energy_j = scale * np.concatenate([np.linspace(0.9, 1.1, 95), np.full(5, tail)])
    weights = np.full(100, 0.01)
    return Spread("a", energy_j, 10 * energy_j, weights, energy_j.mean(), 10 * energy_j.mean())


@pytest.fixture(scope="module")
def fig():
    runs = {"K = 6 for all": spread(1e-3, 1.2), "2, then 6 planes": spread(4e-4, 4.0)}
    return tails_figure(runs)


def test_a_line_for_each_run_down_to_the_tail(fig):
    assert len(fig.axes) == 2
    for ax in fig.axes:
        lines = [line for line in ax.lines if len(line.get_xdata()) > 2]
        assert len(lines) == 2
        for line in lines:
            above = np.asarray(line.get_ydata())
            assert above[0] == 1
            assert (np.diff(above) <= 0).all()
            assert above[-1] == pytest.approx(0.01)  # the least share that was priced
        assert ax.get_yscale() == "log"
    labels = [text.get_text() for text in fig.axes[0].get_legend().get_texts()]
    assert labels[0] == "K = 6 for all, mean 1,010 µJ"
    assert fig.axes[1].get_xlabel() == "time of an inference (ms)"


def test_texts_lie_beside_each_other_and_on_the_page(fig):
    boxes = text_boxes(fig)
    assert not overlaps(boxes)
    assert not beyond_the_page(fig, boxes)
    assert 0 < len(drawn(fig, "svg")) < 100_000
