"""The int8 network of a sweep has an accuracy of its own: it is executed."""

from __future__ import annotations

from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.models.int8 import quantise_int8


def test_int8_rows_have_the_accuracy_of_the_int8_network(base, own_cache, tmp_path, mlp, digits):
    given = base | {"network": {"steps": [2, 8]}, "hardware": {"device": "stm32l4r5"}}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    network = quantise_int8(mlp, digits.scaled("train")[: base["base"]["calibration_samples"]])
    right = network.predictions(digits.scaled("test")[:60]) == digits.y_test[:60]
    int8 = rows[rows["workload"] == "int8_ann"]
    assert len(int8) == 2
    assert (int8["accuracy"] == right.mean()).all()
    assert rows[rows["workload"] == "snn"]["accuracy"].nunique() == 2
    assert int8["energy_j"].nunique() == 1
