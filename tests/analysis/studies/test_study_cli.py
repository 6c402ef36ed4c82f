"""The verbs of the studies: what they print, exit codes, refusals in one line."""

from __future__ import annotations

import os
import re
import shutil

import pytest
from spikewatt.analysis.studies import kept as keeping
from spikewatt.analysis.studies import needed
from spikewatt.analysis.studies.cells import prepared
from spikewatt.analysis.studies.study import read_study
from spikewatt.cli.main import app
from spikewatt.models.studied.find import find_weights
from spikewatt.sim.engines.annarchy import build
from typer.testing import CliRunner

from ...helpers.said import data_of
from .conftest import NAME


def spikewatt(*words: str):
    return CliRunner().invoke(app, ["study", *words])


def run(tiny, *words: str):
    return spikewatt("run", NAME, "--output", str(tiny.output), *words)


@pytest.fixture
def ran(tiny):
    """The tiny study with committed results."""
    tiny.run()
    for name in ("results.csv", "prices.csv"):
        shutil.copy(tiny.output / name, tiny.folder / name)
    return tiny


def test_list_counts_rows_and_those_that_fall_short(tiny):
    result = spikewatt("list")
    assert result.exit_code == 0, result.output
    assert f"{NAME}     1      0    1  A tiny study" in result.stdout
    (study,) = data_of(spikewatt("list", "--json").stdout)["studies"]
    assert study["study"] == NAME
    assert (study["rows"], study["rows_short"], study["rows_not_run"]) == (1, 0, 1)
    assert f"{NAME}: 0 of 1 row falls short, 1 was not run" in spikewatt("table").stdout
    assert study["source"] == "nobody, nowhere (2026)"


def test_run_says_where_the_results_are_and_what_is_new(tiny):
    result = run(tiny)
    assert result.exit_code == 0, result.output
    said = result.stdout.splitlines()
    assert said[0] == f"7 lines of results are in {tiny.output}/results.csv"
    assert said[1] == "7 lines of cells of which nothing is committed"


def test_a_rerun_is_compared_and_ends_with_1_beyond_the_tolerance(ran):
    result = run(ran)
    assert result.exit_code == 0
    assert result.stdout.endswith("lines are as committed\n")

    text = (ran.folder / "results.csv").read_text()
    before = next(line for line in text.splitlines() if ",radix,radix," in line)
    cells = before.split(",")
    cells[10] = "0.5"
    (ran.folder / "results.csv").write_text(text.replace(before, ",".join(cells)))
    result = run(ran)
    assert result.exit_code == 1
    assert re.search(r"mlp, radix, \d+ steps: accuracy 0.9", result.stdout)
    assert "committed 0.5; beyond the tolerance" in result.stdout
    assert "1 number differs, 1 of them beyond the tolerance" in result.stdout

    said = data_of(run(ran, "--json").stdout)
    (difference,) = said["differences"]
    assert (difference["column"], difference["within"]) == ("accuracy", False)
    assert len(said["results"]) == 7


def test_committed_lines_of_other_images_are_not_compared_which_fails(ran):
    text = (ran.folder / "results.csv").read_text()
    text = re.sub(r",(360|50),", lambda found: f",{int(found[1]) - 1},", text)
    (ran.folder / "results.csv").write_text(text)
    result = run(ran)
    assert result.exit_code == 1
    assert result.stdout.endswith("being of another number of images than the committed ones\n")
    assert spikewatt("run", NAME, "-o", f"{ran.output}_try", "--images", "30").exit_code == 0


def test_a_try_does_not_replace_lines_of_more_images(ran):
    before = (ran.output / "results.csv").read_bytes()
    line = refused("run", NAME, "--output", str(ran.output), "--images", "100")
    assert "results.csv: lines of more images are not replaced by those of 100" in line
    assert line.endswith("got mlp, keras: 360 images; hint: name another folder with --output")
    assert (ran.output / "results.csv").read_bytes() == before


def test_table_lays_ours_beside_theirs_and_marks_what_is_short(ran, monkeypatch):
    monkeypatch.setenv("COLUMNS", "110")
    good = spikewatt("table", NAME)
    assert good.exit_code == 0, good.output
    assert f"{NAME}: 0 of 1 row falls short" in good.stdout
    assert "99.00" in good.stdout

    text = ran.file("mlp").read_text().replace("percent: 90", "percent: 100")
    ran.file("mlp").write_text(
        text.replace("{20: 99}", "{5: 1}").replace("points: 60", "points: 1")
    )
    read_study.cache_clear()
    poor = spikewatt("table").stdout
    assert f"{NAME}: 1 of 1 row falls short" in poor
    assert "mlp: an ANN at least as good as the published one, 100 %; short by" in poor
    assert "mlp: poisson: within 1 points of 1 % at 5 steps; short by" in " ".join(poor.split())
    marked = [line for line in poor.splitlines() if line.rstrip() and " points " in line]
    assert any(line.startswith("mlp  ANN") for line in marked)
    assert "short by" in poor.splitlines()[1] + poor.splitlines()[2]


def test_table_of_some_rows_or_of_those_that_fall_short(ran):
    other = ran.file("mlp").read_text().replace("row: mlp", "row: second")
    ran.file("second").write_text(other)
    read_study.cache_clear()

    both = data_of(spikewatt("table", "--json").stdout)
    short = data_of(spikewatt("table", "--json", "--short").stdout)
    one = data_of(spikewatt("table", "--json", "--row", "mlp").stdout)
    assert [row["row"] for row in both] == ["mlp", "second"]
    assert [row["row"] for row in short] == ["second"]
    assert [row["row"] for row in one] == ["mlp"]
    assert [row["falls_short"] for row in both] == [False, True]

    theirs = one[0]["published"]
    assert theirs["accuracy_percent"]["poisson"] == {"20": 99}
    assert theirs["cells"]["poisson"] == {"images": 300, "same_method": False, "source": ""}
    figures = one[0]["own"]["cells"]["poisson"][-1]
    assert figures["steps"] == 20
    assert 50 < figures["accuracy_percent"] <= 100
    (core,) = [price for price in figures["prices"] if price["device"].startswith("odin_style")]
    assert core["energy_j"] > 0
    assert core["time_s"] > 0


def test_an_interrupted_run_says_how_to_go_on(tiny, monkeypatch):
    write, done = keeping.files.write, []

    def interrupted(path, content):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(path)
        write(path, content)

    monkeypatch.setattr(keeping.files, "write", interrupted)
    result = run(tiny)
    assert result.exit_code == 130
    kept = f"what is done is kept in {tiny.output}/kept"
    line = result.stderr.splitlines()[-1]
    assert line == f"spikewatt: stopped: run the same line again; {kept}"


def test_an_interruption_before_anything_is_done_names_no_folder(tiny, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(prepared, "load_studied", interrupted)
    line = run(tiny).stderr.splitlines()[-1]
    assert line.startswith("spikewatt: stopped: ")
    assert "is kept" not in line


def test_a_paper_is_not_written_over(tmp_path):
    (tmp_path / "aizu_2024.html").write_text("mine")
    words = ("paper", "aizu_2024", "--output", str(tmp_path), "--no-pdf")
    assert "aizu_2024.html: an existing file is not written over" in refused(*words)
    assert (tmp_path / "aizu_2024.html").read_text() == "mine"
    assert spikewatt(*words, "--force").exit_code == 0
    assert (tmp_path / "aizu_2024.html").read_text() != "mine"


def refused(*words: str) -> str:
    """The one line of a refusal."""
    result = spikewatt(*words)
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "zou"), "spikewatt: study: must name a study; got 'zou'; allowed: nobody_2026"),
        (("table", "zou"), "spikewatt: study: must name a study; got 'zou'"),
        (
            ("run", NAME, "--row", "k9"),
            f"study {NAME} row: must name a row; got 'k9'; allowed: mlp",
        ),
        (("table", "--row", "k9"), f"rows of {NAME}: must name a row; got k9; allowed: mlp"),
    ],
)
def test_unknown_names_are_refused(tiny, words, said):
    assert said in refused(*words)


def test_no_images_are_refused(tiny):
    result = run(tiny, "--images", "0")
    assert result.exit_code == 2
    assert "Invalid value for '--images'" in result.stderr


def test_an_output_that_is_a_file_is_refused(tiny):
    tiny.output.write_text("")
    line = refused("run", NAME, "--output", str(tiny.output))
    assert line == f"spikewatt: {tiny.output}: must be a folder to write into; got a file"


def test_a_file_where_parts_are_kept_is_refused(tiny):
    tiny.output.mkdir()
    (tiny.output / "kept").write_text("")
    line = refused("run", NAME, "--output", str(tiny.output))
    assert line == f"spikewatt: {tiny.output}/kept: must be a folder to write into; got a file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_output_that_cannot_be_written_is_refused(tiny):
    tiny.output.mkdir(mode=0o500)
    assert "must be a folder to write into" in refused("run", NAME, "-o", str(tiny.output))


def test_missing_weights_and_data_are_told_at_once_or_skipped(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(needed, "find_weights", find_weights)
    text = tiny.file("mlp").read_text().replace("dataset: digits", "dataset: mnist")
    tiny.file("mlp").write_text(text.replace("tiny_mlp", "vgg16"))
    read_study.cache_clear()
    words = ["--data-dir", str(tmp_path), "--models-dir", str(tmp_path)]
    result = run(tiny, *words)
    assert result.exit_code == 2
    weights, data = result.stderr.splitlines()
    assert f"put vgg16.npz (13.5 MB) into {tmp_path}" in weights
    assert data == (
        f"spikewatt: {tmp_path}/mnist.npz: row mlp needs the data set mnist; got no such file; "
        "hint: put it there, or name its folder with --data-dir or $SPIKEWATT_DATA"
    )
    assert not tiny.output.exists()

    result = run(tiny, "--skip-missing", *words)
    assert result.exit_code == 1, result.output
    assert "nothing was compared" in result.stdout
    assert "warning: row mlp: is left out: network 'vgg16': needs its trained" in result.stderr
    assert "0 lines of results" in result.stdout


def test_a_compiler_that_is_missing_is_told_before_anything_runs(tiny, monkeypatch):
    monkeypatch.setattr(build.shutil, "which", lambda *_, **__: None)
    line = refused("run", NAME, "--output", str(tiny.output))
    assert "annarchy engine: needs a C++ tool chain; got no g++, make, cmake" in line
    assert not tiny.output.exists()


def test_a_disk_that_is_full_is_one_line_and_keeps_what_is_done(tiny, monkeypatch):
    write, done = keeping.files.write, []

    def full(path, content):
        if len(done) == 2:
            raise OSError(28, "No space left on device", str(path))
        done.append(path)
        write(path, content)

    monkeypatch.setattr(keeping.files, "write", full)
    line = refused("run", NAME, "--output", str(tiny.output))
    assert line.endswith(".json: No space left on device")
    assert len(list((tiny.output / "kept").iterdir())) == 2
