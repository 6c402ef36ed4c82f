"""k-bit networks: Zou's rule by hand, spikes of either sign, and what was committed."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from spikewatt.analysis.studies.k_bit.figures import (
    Curve,
    Side,
    operations_figure,
    sparsity_figure,
    speed_figure,
)
from spikewatt.analysis.studies.k_bit.row import KBitRow
from spikewatt.analysis.studies.k_bit.rule import zou_ann_operations, zou_operations
from spikewatt.analysis.studies.k_bit.run import STEPS, read_steps, run_k_bit_row, write_steps
from spikewatt.analysis.studies.k_bit.steps import SUMMED, added, counted, per_image
from spikewatt.analysis.studies.places import Places
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes
from spikewatt.errors import SpikewattError
from spikewatt.models.studied.load import load_studied
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ...helpers.pictures import beyond_the_page, overlaps, text_boxes

PUBLISHED_BEST = 1_356_000  # operations of k = 0 after three steps, at 99.20 %


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is a table of a study"),
        ("row,step\nk1,1\n", "has the columns of this table; got row, step; allowed: row, step"),
    ],
)
def test_steps_that_are_no_such_table_are_refused_before_anything_runs(tmp_path, text, said):
    (tmp_path / "steps.csv").write_text(text)
    study = read_study("zou_2023")
    with pytest.raises(SpikewattError, match=f"steps.csv: {said}"):
        run_k_bit_row(study.name, study.row("k0"), Places(tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()


def test_steps_of_other_rows_stay_as_they_are(tmp_path):
    before = (read_study("zou_2023").folder / STEPS).read_text()
    (tmp_path / STEPS).write_text(before)
    lines = [line for line in read_steps(tmp_path) if line["row"] == "k0"]
    write_steps(tmp_path, "k0", lines)
    assert (tmp_path / STEPS).read_text() == before


# Zou's rule on a network that is small enough for a pencil: 4x4 pixels, a 2x2 convolution, another
# one, two classes.


@pytest.fixture(scope="module")
def small():
    random = np.random.default_rng(5)
    two = Geometry((2, 2), (1, 1), ((0, 0), (0, 0)))

    def firing(name, shape, threshold):
        return Population(name, shape, "integrate_and_fire", threshold, 0, threshold // 2, levels=3)

    return SpikingNetwork(
        [
            Population("pixels", (4, 4, 1), "input", 255, 0, 0, levels=255),
            firing("first", (3, 3, 1), 700),
            firing("second", (2, 2, 1), 5),
            Population("classes", (2,), "readout", 1, 0, 0),
        ],
        [
            Connection("pixels", "first", "conv2d", random.integers(-3, 9, (2, 2, 1, 1)), two),
            Connection("first", "second", "conv2d", np.reshape([6, -2, -2, 4], (2, 2, 1, 1)), two),
            Connection("second", "classes", "dense", random.integers(-9, 9, (4, 2))),
        ],
        "signed",
        1.0,
        1.0,
        8,
        input_code="analog",
    )


def test_zous_rule_is_a_count_by_hand(small):
    x = np.random.default_rng(1).integers(0, 256, (30, 4, 4, 1)).astype(float)
    trace = simulate(small, x, "reference", 12, rasters=30)

    # A corner of 3x3 is seen by one position of 2x2, an edge by two, the middle by four.
    reached = np.array([1, 2, 1, 2, 4, 2, 1, 2, 1])
    by_hand = np.abs(trace.rasters["first"].astype(int)) @ reached
    by_hand += 2 * np.abs(trace.rasters["second"].astype(int)).sum(axis=2)
    assert np.array_equal(zou_operations(trace), by_hand)
    assert by_hand.sum() > 100
    assert (trace.rasters["second"] == -1).any()

    assert zou_ann_operations(trace) == 3 * (4 * 4 + 4 * 2)  # without the nine windows of pixels


# Spikes of either sign


def test_spikes_that_are_left_are_those_of_the_exact_code(mlp, digits):
    """Law: positive minus negative spikes are the values of radix, and all outputs agree."""
    calibration, x = digits.scaled("train")[:300], digits.scaled("test")[:40]
    labels = digits.y_test[:40]
    signed = convert(mlp, calibration, "signed", steps=7, input_code="analog")
    exact = simulate(
        convert(mlp, calibration, "radix", steps=3, input_code="bitplane"),
        x,
        "reference",
        rasters=40,
    )
    found = counted(simulate(signed, x, "reference", rasters=40), exact.outputs[:, -1], labels)

    hidden = [name for name in exact.rasters if name.startswith("hidden")]
    values = [exact.rasters[name].sum(axis=(0, 2)) for name in hidden]
    worth = sum((np.trim_zeros(value, "f")[:3] * [4, 2, 1]).sum() for value in values)
    assert found["positive_spikes"][-1] - found["negative_spikes"][-1] == worth > 0
    assert found["settled"][-1] == 40
    assert found["right"][-1] == (exact.predictions() == labels).sum()
    assert np.all(np.diff(found["settled"]) >= 0)
    assert np.all(np.diff(found["operations"]) >= 0)


def test_parts_add_up(mlp, digits):
    x, labels = digits.scaled("test")[:24], digits.y_test[:24]
    network = convert(mlp, digits.scaled("train")[:300], "signed", steps=3, input_code="analog")
    trace = simulate(network, x, "reference", rasters=24)
    answers = trace.outputs[:, -1]

    def part(start, stop):
        some = simulate(network, x[start:stop], "reference", rasters=stop - start)
        return counted(some, answers[start:stop], labels[start:stop])

    whole, parts = counted(trace, answers, labels), added([part(0, 10), part(10, 24)])
    assert parts["images"] == whole["images"] == 24
    for name in SUMMED:
        assert parts[name] == whole[name]
    assert per_image(parts)[-1]["settled"] == 1.0


# What was committed


@pytest.fixture(scope="module")
def study():
    return read_study("zou_2023")


@pytest.fixture(scope="module")
def steps(study):
    return read_steps(study.folder)


def rows_of(study):
    return [row for row in study.rows if isinstance(row, KBitRow)]


def test_every_k_that_was_published_has_a_row(study):
    assert {row.k for row in rows_of(study) if row.theirs} == {0, 1, 2}


def test_the_aims_are_reached(study):
    found = outcomes(study)
    assert len(found) >= 5
    assert [str(each) for outcome in found for each in outcome.shortfalls] == []


def test_more_is_right_for_fewer_operations_than_published(study):
    lines = [line for line in study.committed().lines if line["code"] in ("signed", "radix")]
    better = [
        line
        for line in lines
        if line["accuracy"] >= 0.993
        and line["synaptic_operations_without_first_layer"] < PUBLISHED_BEST
        and line["images"] == 10_000
    ]
    assert {line["code"] for line in better} == {"signed", "radix"}


def test_the_answer_settles_to_the_exact_one_on_every_image(study, steps):
    for row in rows_of(study):
        last = [line for line in steps if line["row"] == row.row][-1]
        assert (last["images"], last["settled"]) == (10_000, 1.0)
        assert last["neurons"] == 18_900


def test_operations_of_the_ann_are_those_of_the_network_by_zous_rule(study, steps):
    """The column of ``steps.csv`` beside a trace of the network."""
    row = study.row("k0_binary")
    model = load_studied(row.network)
    x = np.random.default_rng(3).integers(0, 256, (4, 28, 28, 1)).astype(float)
    options = {"input_levels": 255, "input_max": row.input_max}
    network = convert(model, x, **(options | row.signed.convert))
    trace = simulate(network, x[:1], "event")
    assert {line["ann_operations"] for line in steps} == {zou_ann_operations(trace)}


def test_both_files_say_the_same(study, steps):
    """Law: accuracy and operations of a duration are those of that step."""
    compared = 0
    for row in rows_of(study):
        by_step = {line["step"]: line for line in steps if line["row"] == row.row}
        for line in study.committed().of_row(row.row):
            if line["cell"] != row.signed.cell:
                continue
            step = by_step[line["steps"]]
            assert step["accuracy"] == pytest.approx(line["accuracy"], abs=1e-9)
            operations = line["synaptic_operations_without_first_layer"]
            assert step["operations_per_image"] == pytest.approx(operations)
            spikes = step["positive_spikes_per_image"] + step["negative_spikes_per_image"]
            assert spikes == pytest.approx(line["spikes_per_image"])
            compared += 1
    assert compared > 10


def test_a_row_needs_both_codes(study):
    row = rows_of(study)[0].model_dump()
    with pytest.raises(ValidationError, match="a cell of an exact code"):
        KBitRow.model_validate({**row, "cells": row["cells"][:1]})
    with pytest.raises(ValidationError, match="one cell of code signed"):
        KBitRow.model_validate({**row, "cells": row["cells"][1:]})


# Pictures


def test_texts_of_the_pictures_lie_apart_and_on_the_page(study):
    curves = [
        Curve(label, [50.0, 98.5, 99.2], 30_000.0, 5_000.0, 6.5e6, 1.2e6)
        for label in ("k=0", "k=0 sparse", "k=0 sparser", "k=0 binary", "k=1", "k=2")
    ]
    sides = (Side("theirs", curves[:3], 99.28), Side("ours", curves, 99.53))
    for fig in (speed_figure(sides), sparsity_figure(sides, 18_900), operations_figure(sides, 7e6)):
        boxes = text_boxes(fig)
        assert not overlaps(boxes)
        assert not beyond_the_page(fig, boxes)


@pytest.mark.slow
def test_a_row_runs_again_end_to_end(study, tmp_path):
    """Within the tolerance of the README: every count equal."""
    run_study("zou_2023", ["k0_sparse"], output=tmp_path)
    ours = read_steps(tmp_path)
    committed = [line for line in read_steps(study.folder) if line["row"] == "k0_sparse"]
    assert len(ours) == len(committed) > 5
    for line, other in zip(ours, committed, strict=True):
        assert line == pytest.approx(other)
