"""What cannot be worked with is one line, said before any work, and nothing is lost."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
from pyarrow import parquet
from spikewatt import files
from spikewatt.analysis.sweep.report import sweep_findings
from spikewatt.analysis.sweep.rows import read_sweep
from spikewatt.analysis.sweep.space import make_space
from spikewatt.analysis.sweep.sweep import Plan, estimated, sweep
from spikewatt.errors import SpikewattError
from typer.testing import CliRunner

from ...helpers.said import data_of

HARDWARE = {"device": "odin_style", "host": "none", "voltage_v": [0.55, 0.7]}


@pytest.fixture
def given(base):
    return base | {"network": {"steps": [4, 8]}, "hardware": HARDWARE}


def test_a_store_of_another_space(given, own_cache, tmp_path):
    sweep(given, tmp_path / "s", workers=0)
    before = {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()}
    others = (
        given | {"network": {"steps": [4, 9]}},
        given | {"hardware": {**HARDWARE, "voltage_v": [0.7, 0.55]}},
        given | {"accuracy_loss": 1.0},
    )
    for other in others:
        with pytest.raises(SpikewattError, match="holds the rows of this space and no other"):
            sweep(other, tmp_path / "s", workers=0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "s").iterdir()} == before


def test_a_folder_of_something_else_or_a_file(given, own_cache, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "letter.txt").write_text("dear")
    with pytest.raises(SpikewattError, match="a store is new, or that of a sweep; got .*letter"):
        sweep(given, tmp_path / "s", workers=0)
    with pytest.raises(SpikewattError, match="a store is a folder; got a file"):
        sweep(given, tmp_path / "s" / "letter.txt", workers=0)
    with pytest.raises(SpikewattError, match="must be the store of a sweep; got no such folder"):
        read_sweep(tmp_path / "nowhere")


def test_a_store_of_before_times_had_a_range_is_read(given, own_cache, tmp_path):
    found = sweep(given | {"hardware": {"device": "stm32l4r5"}}, tmp_path / "s", workers=0)
    new = found.frame
    assert (new["time_low_s"] < new["time_high_s"]).any()
    assert "time low to high" in " ".join(sweep_findings(found)["front"].cells()[0])
    for part in found.path.glob("*.parquet"):
        table = parquet.read_table(part)
        parquet.write_table(table.drop_columns(["time_low_s", "time_high_s"]), part)

    old = read_sweep(found.path)
    assert list(old.columns) == list(new.columns)
    assert old[["time_low_s", "time_high_s"]].isna().all().all()
    rest = new.columns.drop(["time_low_s", "time_high_s"])
    assert old[rest].equals(new[rest])
    assert "time low to high" not in " ".join(sweep_findings(found)["front"].cells()[0])


def test_a_damaged_part_is_named(given, own_cache, tmp_path):
    found = sweep(given, tmp_path / "s", workers=0)
    part = sorted(found.path.glob("*.parquet"))[0]
    part.write_bytes(part.read_bytes()[:100])
    with pytest.raises(SpikewattError, match=f"{part.name}: must be a part of a store"):
        read_sweep(found.path)
    part.unlink()
    assert sweep(given, tmp_path / "s", workers=0).frame["reason"].eq("").all()


def test_a_read_only_place(given, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(SpikewattError, match="must be a folder to write into; got Read-only"):
        sweep(given, tmp_path / "s", workers=0)
    assert not (tmp_path / "s").exists()


def test_a_disk_that_fills_up_loses_nothing(given, own_cache, tmp_path, monkeypatch):
    write = files.write

    def full(path, content):
        if Path(path).name.startswith("000001-"):
            raise SpikewattError(str(path), "can be written", os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(files, "write", full)
    with pytest.raises(SpikewattError, match="can be written; got No space left on device"):
        sweep(given, tmp_path / "s", workers=0)
    assert len(read_sweep(tmp_path / "s")) == 2
    monkeypatch.setattr(files, "write", write)
    found = sweep(given, tmp_path / "s", workers=0)
    assert found.simulated == 0
    assert len(found.frame) == 4


def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize("address", ["somewhere", "tcp://host", "http://127.0.0.1:1", "tcp://:8:8"])
def test_an_address_that_is_none(given, tmp_path, address):
    with pytest.raises(SpikewattError, match=r"sweep\.scheduler: must be the address of a sched"):
        sweep(given, tmp_path / "s", scheduler=address)


def test_a_scheduler_that_does_not_answer(given, tmp_path):
    address = f"tcp://127.0.0.1:{closed_port()}"
    with pytest.raises(SpikewattError, match=f"sweep.scheduler {address}: must answer") as caught:
        sweep(given, tmp_path / "s", scheduler=address)
    assert "\n" not in str(caught.value)


def test_a_number_of_workers_that_cannot_be(given, tmp_path):
    with pytest.raises(SpikewattError, match=r"sweep\.workers: must be a number of processes"):
        sweep(given, tmp_path / "s", workers=-1)


def test_rows_as_a_file(given, own_cache, tmp_path):
    import pandas as pd

    found = sweep(given, tmp_path / "s", workers=0)
    for name in ("a.csv", "a.parquet"):
        found.save(tmp_path / name)
    assert pd.read_csv(tmp_path / "a.csv")["energy_j"].tolist() == found.frame["energy_j"].tolist()
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.parquet"), found.frame)
    with pytest.raises(SpikewattError, match=r"must be a kind of file; got '\.xls'"):
        found.save(tmp_path / "a.xls")


def test_an_estimate_counts_what_is_to_do(given, own_cache):
    plan = Plan.of(make_space(given))
    cost = estimated(plan)
    assert (plan.rows, cost.simulations + cost.known) == (4, 1)
    assert cost.seconds > 0


def test_the_command_line(given, own_cache, tmp_path, monkeypatch):
    import yaml
    from spikewatt.cli.main import app

    monkeypatch.chdir(tmp_path)
    given = given | {"accuracy_loss": 20.0}  # few steps are enough
    Path("mine.yaml").write_text(yaml.safe_dump(given, sort_keys=False))
    runner = CliRunner()

    dry = runner.invoke(app, ["sweep", "mine.yaml", "--dry-run", "--json"])
    assert dry.exit_code == 0, dry.output
    assert data_of(dry.stdout)["points"] == 4
    assert not Path("mine.sweep").exists()

    words = ["sweep", "mine.yaml", "--workers", "0", "-o", "rows.csv"]
    done = runner.invoke(app, words)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Least energy within 20 points of Keras' accuracy")
    assert Path("mine.sweep").is_dir()
    assert len(Path("rows.csv").read_text().splitlines()) == 5

    again = runner.invoke(app, [*words[:4], "--json"])
    found = data_of(again.stdout)
    assert (found["simulated"], found["rows"], found["priced"]) == (0, 4, 4)
    assert found["front"][0]["design"].startswith("odin_style:voltage_v=0.55")

    wrong = runner.invoke(app, ["sweep", "mine.yaml", "--method", "luck"])
    assert wrong.exit_code == 2
    assert wrong.stderr.count("\n") == 1
    assert "method: must be a method; got 'luck'" in wrong.stderr


@pytest.mark.parametrize(
    ("error", "said", "is_tried_again"),
    [
        (MemoryError(), "needs more memory than there is", True),
        (OSError("no space left"), "not foreseen: OSError: no space left", True),
        (SpikewattError("network", "cannot be"), "network: cannot be", False),
    ],
)
def test_a_failure_of_the_machine_is_tried_again(
    given, own_cache, tmp_path, monkeypatch, error, said, is_tried_again
):
    def fails(simulation):
        raise error

    given = given | {"test_samples": 50}  # that no other test has kept
    given |= {"seed": 1 + len(said)}
    with monkeypatch.context() as there:
        there.setattr("spikewatt.analysis.sweep.work.network._work", fails)
        rows = sweep(given, tmp_path / "s", workers=0).frame
    assert rows["reason"].tolist() == [said] * 2
    again = sweep(given, tmp_path / "s", workers=0)
    if is_tried_again:
        assert again.frame["reason"].tolist() == [""] * 4
        assert again.simulated == 1
        assert sweep(given, tmp_path / "s", workers=0).simulated == 0
    else:
        assert again.frame["reason"].tolist() == [said] * 2
        assert again.simulated == 0
