"""MLPerf Tiny: inputs that are not the benchmark's, agreement with Keras, and what was found."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from spikewatt.analysis.studies.benchmark.answers import ClassAnswer, ReconstructionAnswer
from spikewatt.analysis.studies.benchmark.boards import measured_rows
from spikewatt.analysis.studies.benchmark.inputs.enlarged import enlarged
from spikewatt.analysis.studies.benchmark.inputs.log_mel import NOISE_DB, SyntheticLogMel
from spikewatt.analysis.studies.benchmark.inputs.registry import SOURCES
from spikewatt.analysis.studies.benchmark.inputs.source import TEST, TRAIN
from spikewatt.analysis.studies.benchmark.inputs.words import SyntheticMfcc, mfcc
from spikewatt.analysis.studies.judgement import ROUNDING
from spikewatt.analysis.studies.kinds.benchmark import BenchmarkRow
from spikewatt.analysis.studies.row import INT8, KERAS
from spikewatt.analysis.studies.run import run_study
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes
from spikewatt.errors import SpikewattError

STUDY = "banbury_2021"
BENCHMARKS = {"AD", "IC", "KWS", "VWW"}
RADIX = {"cell": "one", "convert": {"code": "radix"}}
# mlcommons/tiny, int8 input of kws_ref_model: scale 0.5847, zero 83.
LOWEST_MFCC, HIGHEST_MFCC = (-128 - 83) * 0.5847, (127 - 83) * 0.5847


@pytest.fixture(scope="module")
def study():
    return read_study(STUDY)


def autoencoder(width: int = 6, bottleneck: int = 2):
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((width,)),
            layers.Dense(bottleneck),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.Dense(width),
        ]
    )


# ------------------------------------------------------------------ inputs


def test_silence_is_the_lowest_coefficient_that_the_benchmark_quantises():
    """Published: the int8 input of the benchmark's model begins at silence."""
    silence = mfcc(np.zeros((1, 49, 257)))
    assert silence[0, 0, 0] == pytest.approx(LOWEST_MFCC, abs=0.5847)
    assert np.abs(silence[..., 1:]).max() < 1e-9


def test_a_louder_sound_moves_the_first_coefficient_alone():
    """Law: log(a x) = log a + log x, which a cosine transform puts into its constant."""
    sound = np.random.default_rng(0).uniform(10, 20, (1, 49, 257))
    difference = mfcc(10 * sound) - mfcc(sound)
    assert difference[..., 0] == pytest.approx(2 * 40 * np.log(10) / np.sqrt(80), rel=1e-4)
    assert np.abs(difference[..., 1:]).max() < 1e-4


def test_words_are_as_the_network_takes_them_and_their_seed_decides():
    source = SyntheticMfcc()
    first, again = (source.draw(None, TEST, 20, 0, None).x for _ in range(2))
    other, calibration = (
        source.draw(None, TEST, 20, 1, None).x,
        source.draw(None, TRAIN, 20, 0, None).x,
    )
    assert first.shape == (20, 49, 10, 1)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, calibration)
    assert first.min() > LOWEST_MFCC
    assert first.max() < 1.2 * HIGHEST_MFCC


def test_log_mel_spectra_are_decoded_codes_with_noise():
    """Law: of a decoder that gives zeros only the noise is left."""
    model = autoencoder()
    model.layers[-1].set_weights([np.zeros((2, 6)), np.zeros(6)])
    x = SyntheticLogMel().draw(model, TEST, 5000, 0, None).x
    assert x.std() == pytest.approx(NOISE_DB, rel=0.05)

    model.layers[-1].set_weights([np.ones((2, 6)), np.zeros(6)])
    model.layers[1].set_weights([np.zeros(2), np.full(2, 3.0), np.zeros(2), np.ones(2)])
    assert SyntheticLogMel().draw(model, TEST, 5000, 0, None).x.mean() == pytest.approx(6, abs=0.1)


def test_a_network_without_a_bottleneck_is_refused(mlp):
    with pytest.raises(SpikewattError, match="narrowest dense layer"):
        SyntheticLogMel().draw(mlp, TEST, 1, 0, None)


def test_enlarging_keeps_the_picture():
    """Law: the middle of each three is the pixel itself, and a constant stays one."""
    images = np.random.default_rng(0).uniform(0, 255, (2, 5, 4, 3))
    large = enlarged(images)
    assert large.shape == (2, 15, 12, 3)
    assert np.array_equal(large[:, 1::3, 1::3], images)
    assert np.allclose(enlarged(np.full((1, 4, 4, 1), 7.0)), 7.0)


def test_every_source_has_a_name_and_some_have_labels():
    assert all(source.name == name for name, source in SOURCES.items())
    assert [name for name, source in SOURCES.items() if source.labelled] == ["cifar10"]


# ------------------------------------------------------------------ agreement


def test_agreement_of_classes_is_told_for_the_rarer_apart():
    keras = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8]])
    always_the_first = np.array([[1.0, 0.0]] * 4) * 5
    measures = ClassAnswer().measures(keras, always_the_first, np.zeros((4, 1)))
    assert measures["agreement"] == measures["usual"] == 0.75
    assert measures["agreement_elsewhere"] == 0


def test_equal_logits_correlate_by_one_whatever_is_added_to_them():
    logits = np.random.default_rng(0).normal(0, 2, (50, 4))
    powers = np.exp(logits)
    keras = powers / powers.sum(axis=1, keepdims=True)
    measures = ClassAnswer().measures(keras, 3 * logits + 7, np.zeros((50, 1)))
    assert measures["output_correlation"] == pytest.approx(1)
    assert measures["agreement"] == 1


def test_scores_are_mean_squared_errors_with_an_alarm_in_twenty():
    random = np.random.default_rng(0)
    x, keras = random.normal(0, 1, (200, 8)), np.zeros((200, 8))
    measures = ReconstructionAnswer().measures(keras, keras, x)
    assert measures["usual"] == pytest.approx(0.95)
    assert measures["score_correlation"] == pytest.approx(1)
    assert measures["score_error"] == 0

    worse = ReconstructionAnswer().measures(keras, x - 2 * x, x)  # twice the error, squared
    assert worse["score_error"] == pytest.approx(3)


# ------------------------------------------------------------------ boards and rows


@pytest.mark.parametrize("benchmark", sorted(BENCHMARKS))
def test_measured_boards_have_energy_and_the_least_comes_first(benchmark):
    rows = measured_rows(benchmark)
    energies = [row["energy_j"] for row in rows]
    assert len(rows) > 5
    assert energies == sorted(energies)
    assert {row["chip"] for row in rows} == {"stm32l4r5", "stm32u575", "stm32h7a3"}


def test_the_study_has_the_four_networks(study):
    assert {row.benchmark for row in study.rows} == BENCHMARKS
    assert all(isinstance(row, BenchmarkRow) for row in study.rows)


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ({"inputs": {"kind": "speech_commands", "samples": 5}}, "a source of inputs"),
        ({"dataset": "mnist"}, "Extra inputs"),
        ({"answer": "regression"}, "a kind of answer"),
        ({"cells": [{**RADIX, "images": 5}]}, "inputs of their row"),
        ({"cells": [RADIX] * 2}, "a name of its own"),
        ({"cells": [{**RADIX, "aim": {"points_below_ann": 1}}]}, "benchmark judges"),
        ({"cells": [{**RADIX, "aim": {"synaptic_operations_below": 5}}]}, "benchmark judges"),
        ({"verdict_of": "rate"}, "a cell of the row"),
    ],
)
def test_a_row_that_breaks_a_law_is_refused(change, law):
    good = {
        "row": "one",
        "title": "One",
        "benchmark": "IC",
        "network": "resnet8",
        "inputs": {"kind": "cifar10", "samples": 5},
        "cells": [RADIX],
        "verdict_of": RADIX["cell"],
    }
    assert BenchmarkRow.model_validate(good).dataset == "cifar10"
    with pytest.raises(ValueError, match=law):
        BenchmarkRow.model_validate(good | change)


# ------------------------------------------------------------------ what was found


def test_every_row_reaches_its_aims_or_says_why_not(study):
    found = outcomes(study)
    assert len(found) == len(BENCHMARKS)
    unexplained = {
        outcome.row: [str(each) for each in outcome.shortfalls if not each.explained]
        for outcome in found
        if any(not each.explained for each in outcome.shortfalls)
    }
    assert unexplained == {}


def test_resnet8_keeps_its_accuracy_on_all_images(study):
    """The float network has 87.19 % of 10,000 images; ours at least 87.1 %."""
    lines = {line["cell"]: line for line in study.committed().of_row("image_classification")}
    assert {line["images"] for line in lines.values()} == {10_000}
    assert lines[KERAS]["ann_accuracy"] == 0.8719
    aims = [cell for cell in study.row("image_classification").cells if cell.aim]
    assert aims
    for cell in aims:
        assert cell.aim.accuracy_percent >= 87.1
        assert 100 * lines[cell.cell]["accuracy"] >= cell.aim.accuracy_percent - ROUNDING


def test_agreement_is_told_of_every_cell_and_annarchy_equals_it(study):
    committed = study.committed()
    for row in study.rows:
        lines = {line["cell"]: line for line in committed.of_row(row.row)}
        measures = committed.measures_of(row.row)
        assert set(lines) == {KERAS, INT8, *(cell.cell for cell in row.cells)}
        assert set(measures) == set(lines) - {KERAS}
        for cell in row.cells:
            line = lines[cell.cell]
            assert line["annarchy_images"] >= 20
            assert line["annarchy_equal"]
            assert line["agreement"] == pytest.approx(measures[cell.cell]["agreement"], abs=1e-8)
            assert (line["accuracy"] is None) == (row.dataset == "")


def test_prices_stand_on_boards_and_on_cores_with_a_host(study):
    """Published: multiply-accumulates of the four networks (12.5, 2.7, 7.5 and 0.26 M)."""
    macs = {"IC": 12.5e6, "KWS": 2.66e6, "VWW": 7.49e6, "AD": 0.264e6}
    committed = study.committed()
    for row in study.rows:
        name = row.cells[0].cell
        line = next(line for line in committed.of_row(row.row) if line["cell"] == name)
        assert line["multiply_accumulates"] == pytest.approx(macs[row.benchmark], rel=0.005)
        prices = [p for p in committed.prices if (p["row"], p["cell"]) == (row.row, name)]
        with_host = [p for p in prices if p["device"].endswith("+stm32l4r5")]
        assert len(with_host) == 1
        assert with_host[0]["cores"] >= 1
        assert any((p["device"], p["workload"]) == ("stm32l4r5", "int8_ann") for p in prices)


# ------------------------------------------------------------------ a run


def test_a_row_runs_end_to_end_and_goes_on_from_what_was_kept(tmp_path, monkeypatch):
    """A small autoencoder in the place of the benchmark's: lines, measures, prices."""
    model = autoencoder(12, 3)
    random = np.random.default_rng(0)
    for layer in model.layers:
        layer.set_weights([random.normal(0.3, 0.5, w.shape) ** 2 for w in layer.get_weights()])
    row = BenchmarkRow.model_validate(
        {
            "row": "small",
            "title": "Small",
            "benchmark": "AD",
            "network": "small",
            "inputs": {"kind": "synthetic_log_mel", "samples": 30, "calibration": 100},
            "answer": "reconstruction_error",
            "input_max": 90,
            "verdict_of": "radix-6",
            "cells": [
                {
                    "cell": "radix-6",
                    "convert": {"code": "radix", "steps": 6, "input_code": "analog"},
                }
            ],
        }
    )
    made = SimpleNamespace(
        name="small_study", rows=(row,), chosen=lambda names: (row,), results_in=_read_any
    )
    monkeypatch.setattr("spikewatt.analysis.studies.run.read_study", lambda name: made)
    (tmp_path / "models").mkdir()
    model.save(tmp_path / "models" / "small.keras")
    places = {"models_dir": tmp_path / "models", "output": tmp_path / "found"}
    found = run_study("small_study", **places)
    assert [line["cell"] for line in found.lines] == [KERAS, INT8, "radix-6"]
    assert found.lines[2]["annarchy_equal"]
    measures = found.measures_of("small")
    assert measures["radix-6"]["score_correlation"] > 0.9
    assert any(p["device"].endswith("+stm32u575") and p["energy_j"] > 0 for p in found.prices)

    def never(*_, **__):
        raise AssertionError("was kept")

    monkeypatch.setattr("spikewatt.analysis.studies.benchmark.run.simulate", never)
    assert run_study("small_study", **places).lines == found.lines


def _read_any(folder):
    from spikewatt.analysis.studies.results import read_results

    return read_results(folder)
