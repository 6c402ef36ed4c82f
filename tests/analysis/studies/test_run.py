"""A study runs end to end, goes on where it was interrupted, and gives the same bytes again."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from spikewatt.analysis.studies import kept as keeping
from spikewatt.analysis.studies.cells import conversion, network_row, prices
from spikewatt.analysis.studies.comparison import compare
from spikewatt.analysis.studies.judgement import judged
from spikewatt.analysis.studies.results import read_results
from spikewatt.analysis.studies.study import read_study
from spikewatt.analysis.studies.table import outcomes
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.models.int8 import NoInt8KernelError, quantise_int8
from spikewatt.models.training import predictions
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from .conftest import NAME

FILES = ("results.csv", "prices.csv")


def contents(folder) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


def kept_files(tiny) -> list:
    return sorted((tiny.output / "kept").glob("*.json"))


def test_the_lines_are_those_of_one_run_on_all_images(tiny, mlp, digits, monkeypatch):
    """Second implementation: converted and simulated here, at once, without parts."""
    monkeypatch.setattr(network_row, "quantise_int8", quantise_int8)
    found = tiny.run()
    lines = {(line["cell"], line["steps"]): line for line in found.lines}
    cells = ["keras", "int8", "radix", "signed", "signed", "poisson", "poisson"]
    assert [cell for cell, _ in lines] == cells

    x, labels = digits.scaled("test"), digits.y_test
    options = {"steps": 5, "input_code": "bitplane", "input_levels": digits.levels}
    network = convert(mlp, digits.scaled("train")[:500], "radix", **options)
    trace = simulate(network, x, "reference")
    line = lines["radix", trace.steps]
    ann = predictions(mlp, x)
    assert line["images"] == len(x) == 360
    assert line["network_hash"] == network.hash
    assert line["ann_accuracy"] == np.mean(ann == labels) > 0.9
    assert line["accuracy"] == trace.accuracy(labels)[-1]
    assert line["agreement"] == np.mean(trace.predictions() == ann)
    assert line["spikes_per_image"] == pytest.approx(trace.mean_spikes())
    assert line["synaptic_operations_per_image"] == pytest.approx(trace.mean_operations())
    first = trace.layers[0].name
    later = trace.mean_operations() - trace.mean_operations(first)
    assert line["synaptic_operations_without_first_layer"] == pytest.approx(later)
    assert (line["steps_per_layer"], line["annarchy_images"], line["annarchy_equal"]) == (5, 20, 1)

    int8 = quantise_int8(mlp, digits.scaled("train")[:500]).predictions(x)
    assert lines["int8", None]["accuracy"] == np.mean(int8 == labels) > 0.9

    whole = {(p["device"], p["workload"]): p for p in prices.prices_of(network, trace)}
    priced = [p for p in found.prices if p["cell"] == "radix"]
    assert len(priced) == len(whole) == 7
    for price in priced:
        expected = whole[price["device"], price["workload"]]
        for column in prices.NUMBERS:
            if expected[column] is None:
                assert price[column] is None, column
            else:
                assert price[column] == pytest.approx(expected[column], rel=1e-9), column


def test_signed_is_looked_at_after_each_of_its_durations(tiny):
    found = tiny.run()
    early, settled = (line for line in found.lines if line["cell"] == "signed")
    assert (early["steps"], settled["steps"]) == (4, 30)
    assert early["steps_per_layer"] == settled["steps_per_layer"] == 7
    assert 0 < early["spikes_per_image"] < settled["spikes_per_image"]

    prices = [price for price in found.prices if price["cell"] == "signed"]
    rule = [p for p in prices if (p["device"], p["workload"]) == ("rule_ac_mac_45nm", "snn")]
    energies = {price["steps"]: price["energy_j"] for price in rule}
    assert 0 < energies[4] < energies[30]
    (refused,) = {price["refused"] for price in prices if price["refused"]}
    assert "signed weights only" in refused


def test_a_rerun_gives_the_same_bytes_and_simulates_nothing_again(tiny, monkeypatch):
    tiny.run()
    first, files = contents(tiny.output), kept_files(tiny)
    assert len(files) > 8

    def never(*_, **__):
        raise AssertionError("simulated again")

    monkeypatch.setattr(conversion, "simulate", never)
    tiny.run()
    assert contents(tiny.output) == first
    assert kept_files(tiny) == files


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(tiny, tmp_path, monkeypatch):
    tiny.run(tmp_path / "whole")
    write, left = keeping.files.write, 0

    def interrupted(path, content):
        nonlocal left
        if not left:
            raise KeyboardInterrupt
        write(path, content)
        left -= 1

    monkeypatch.setattr(keeping.files, "write", interrupted)
    for more, in_all in ((1, 1), (3, 4), (5, 9)):
        left = more
        with pytest.raises(KeyboardInterrupt):
            tiny.run()
        assert len(kept_files(tiny)) == in_all
        assert not (tiny.output / "results.csv").exists()

    monkeypatch.setattr(keeping.files, "write", write)
    tiny.run()
    assert contents(tiny.output) == contents(tmp_path / "whole")


def test_what_a_part_depends_on_is_looked_at(tiny, monkeypatch):
    """A changed card or seed, and a damaged file, make parts again; other parts are kept."""
    tiny.run()
    first, before = contents(tiny.output), kept_files(tiny)
    damaged = next(path for path in before if ".radix-" in path.name)
    damaged.write_text(damaged.read_text()[:40])
    with pytest.warns(SpikewattWarning, match="a spoilt file"):
        tiny.run()
    assert contents(tiny.output) == first
    assert kept_files(tiny) == before

    def made_again() -> set[str]:
        before = set(kept_files(tiny))
        tiny.run()
        return {path.name.partition("-")[0] for path in set(kept_files(tiny)) - before}

    with monkeypatch.context() as patch:
        patch.setattr(conversion, "cards_fingerprint", lambda: "other cards")
        assert made_again() == {f"tiny_mlp.{cell}" for cell in ("radix", "signed", "poisson")}
    text = tiny.file("mlp").read_text()
    tiny.file("mlp").write_text(text.replace("images: 50", "images: 50\n    seed: 1"))
    read_study.cache_clear()
    assert made_again() == {"tiny_mlp.poisson", "tiny_mlp.poisson.annarchy"}


def test_other_rows_stay_as_they_are(tiny):
    text = tiny.file("mlp").read_text()
    tiny.file("second").write_text(text.replace("row: mlp", "row: second"))
    tiny.run(images=30)
    both = read_results(tiny.output)
    assert {line["row"] for line in both.lines} == {"mlp", "second"}

    tiny.run(rows=["second"], images=40)
    after = read_results(tiny.output)
    assert after.of_row("mlp") == both.of_row("mlp")
    assert {line["images"] for line in after.of_row("second")} == {40}


def test_progress_is_told_within_a_cell_and_by_row(tiny):
    text = tiny.file("mlp").read_text()
    tiny.file("second").write_text(text.replace("row: mlp", "row: second"))
    told: list[tuple[str, int, int]] = []
    tiny.run(progress=lambda *said: told.append(said))
    of_cell = [(done, total) for stage, done, total in told if stage == "[1/2] mlp, radix"]
    assert of_cell == sorted(of_cell)
    assert of_cell[0] == (0, 360)
    assert of_cell[-1] == (360, 360)
    assert (150, 360) in of_cell
    assert any(stage == "[2/2] second, poisson" for stage, _, _ in told)


def test_the_committed_files_are_judged_and_a_rerun_compared_with_them(tiny):
    study = read_study(NAME)
    (before,) = outcomes(study)
    assert [short.law for short in before.shortfalls] == ["is run"]

    found = tiny.run()
    for name in FILES:
        shutil.copy(tiny.output / name, tiny.folder / name)
    (after,) = outcomes(study)
    assert not after.falls_short
    assert compare(study, found).lines == 7 + len(found.prices)
    assert not compare(study, tiny.run()).differences


def test_a_network_without_int8_kernels_says_why_and_other_errors_are_raised(tiny, monkeypatch):
    def refused(error):
        def quantise(*_):
            raise error

        monkeypatch.setattr(network_row, "quantise_int8", quantise)

    refused(SpikewattError("calibration", "has images", 0))
    with pytest.raises(SpikewattError, match="has images"):
        tiny.run()

    refused(NoInt8KernelError("int8", "has a kernel for every layer", "no Erf"))
    found = tiny.run()
    assert "int8" not in {line["cell"] for line in found.lines}
    (side,) = [s for s in judged(read_study(NAME).row("mlp"), found).sides if s.cell == "int8"]
    assert "no Erf" in side.note
    assert tiny.run().prices == found.prices


def test_other_spikes_in_annarchy_end_the_run(tiny, monkeypatch):
    simulated = conversion.simulate

    def other(network, x, engine, *arguments, **more):
        x = x[::-1] if engine == "annarchy" else x
        return simulated(network, x, engine, *arguments, **more)

    monkeypatch.setattr(conversion, "simulate", other)
    match = "row mlp, cell radix: ANNarchy gives the same spikes as the event engine; got others"
    with pytest.raises(SpikewattError, match=match):
        tiny.run()


SCRIPT = """\
import sys
from pathlib import Path
from spikewatt.analysis.studies import study
from spikewatt.analysis.studies.cells import conversion
from spikewatt.analysis.studies.run import run_study

folder, models_dir, output = map(Path, sys.argv[1:])
study.FOLDER, conversion.MOST_IMAGES = folder, 20
run_study("nobody_2026", models_dir=models_dir, output=output)
"""


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_with_annarchy_itself(tiny, tmp_path, mlp):
    """A process of its own, killed without a chance to say anything, twice."""
    models_dir = tmp_path / "models"
    models_dir.mkdir()
    mlp.save(models_dir / "tiny_mlp.keras")

    def begun(output: Path) -> subprocess.Popen:
        words = [sys.executable, "-c", SCRIPT, tiny.folder.parent, models_dir, output]
        return subprocess.Popen(list(map(str, words)))

    for at_least in (2, 12):
        process = begun(tiny.output)
        while process.poll() is None and len(kept_files(tiny)) < at_least:
            time.sleep(0.01)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert not (tiny.output / "results.csv").exists()
        at_that_time = kept_files(tiny)

    assert begun(tiny.output).wait() == begun(tmp_path / "whole").wait() == 0
    assert contents(tiny.output) == contents(tmp_path / "whole")
    assert len(kept_files(tiny)) > len(at_that_time) >= 12
    lines = read_results(tiny.output).lines
    assert [line["annarchy_equal"] for line in lines] == [None, None, *5 * [True]]
