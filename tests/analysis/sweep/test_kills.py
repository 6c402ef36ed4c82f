"""Whatever is killed, a sweep loses nothing and repeats nothing; a cluster gives the same rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from spikewatt import files
from spikewatt.analysis.sweep.rows import read_sweep
from spikewatt.analysis.sweep.sweep import sweep

from ...helpers.said import data_of

pytestmark = pytest.mark.slow

SPACE = {
    "epochs": 2,
    "engine": "event",
    "test_samples": 100,
    "network": {
        "network": ["mlp-64-12-10", "mlp-64-16-10"],
        "weight_bits": [3, 4, 5, 6, 7, 8],
        "steps": [4, 8],
    },
    "hardware": {"device": ["odin_style", "stm32l4r5"], "voltage_v": [0.55, 0.7], "period_s": 1},
}
SIMULATIONS = 12
PATIENCE_S = 300


@pytest.fixture
def space(tmp_path) -> Path:
    path = tmp_path / "space.yaml"
    path.write_text(yaml.safe_dump(SPACE, sort_keys=False))
    return path


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CACHE_HOME": str(cache)}


def command(space: Path, store: Path) -> list[str]:
    words = ("sweep", str(space), "--store", str(store), "--workers", "2", "--json")
    return [sys.executable, "-m", "spikewatt.cli", *words]


def run(space: Path, store: Path, cache: Path) -> dict:
    done = subprocess.run(
        command(space, store), env=environment(cache), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return data_of(done.stdout)


def kept(cache: Path) -> int:
    return len(list(cache.glob("spikewatt/sweep/networks/*.json")))


def wait_for(what, process=None) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end
        assert process is None or process.poll() is None, "it ended before"
        time.sleep(0.02)


def workers_of(cache: Path) -> list[int]:
    """Worker processes that live with this cache."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            said = (folder / "cmdline").read_bytes()
            around = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"sweep.work.worker" in said and str(cache).encode() in around:
            found.append(int(folder.name))
    return found


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> pd.DataFrame:
    """The rows of a sweep that nobody disturbs."""
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "space.yaml").write_text(yaml.safe_dump(SPACE, sort_keys=False))
    found = run(folder / "space.yaml", folder / "store", folder / "cache")
    assert found["simulated"] == SIMULATIONS
    return read_sweep(folder / "store")


def test_a_sweep_that_is_killed_goes_on_where_it_was(space, tmp_path, undisturbed):
    store, cache = tmp_path / "store", tmp_path / "cache"
    process = subprocess.Popen(
        command(space, store), env=environment(cache), stdout=subprocess.DEVNULL
    )
    wait_for(lambda: kept(cache) >= 4, process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    wait_for(lambda: not workers_of(cache))  # they end with it

    before = kept(cache)
    assert 4 <= before < SIMULATIONS
    found = run(space, store, cache)
    assert found["simulated"] == SIMULATIONS - before
    pd.testing.assert_frame_equal(read_sweep(store), undisturbed)

    again = run(space, store, cache)
    assert (again["simulated"], again["reused"]) == (0, 0)  # the store knows it all


def test_a_worker_that_is_killed_is_replaced(space, tmp_path, undisturbed):
    store, cache = tmp_path / "store", tmp_path / "cache"
    process = subprocess.Popen(
        command(space, store), env=environment(cache), stdout=subprocess.PIPE
    )
    wait_for(lambda: kept(cache) >= 3, process)
    os.kill(workers_of(cache)[0], signal.SIGKILL)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(out)["simulated"] == SIMULATIONS
    pd.testing.assert_frame_equal(read_sweep(store), undisturbed)


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler with two workers, and the processes of these."""
    pytest.importorskip("distributed")
    processes = []

    def start(*words: str, cache: Path) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], env=environment(cache), cwd=tmp_path
        )
        processes.append(process)
        return process

    facts = tmp_path / "scheduler.json"
    nowhere = ("--port", "0", "--no-dashboard", "--scheduler-file", str(facts))
    start("distributed.cli.dask_scheduler", "--host", "127.0.0.1", *nowhere, cache=tmp_path)
    wait_for(lambda: facts.exists() and facts.read_text().strip().endswith("}"))
    address = json.loads(facts.read_text())["address"]
    workers = [
        start(
            "distributed.cli.dask_worker",
            address,
            "--no-nanny",
            "--nthreads=1",
            "--no-dashboard",
            cache=tmp_path / f"far-{i}",
        )
        for i in range(2)
    ]
    yield address, workers
    for process in processes:
        process.kill()
        process.wait()


def test_a_cluster_that_loses_a_worker_gives_the_same_rows(
    cluster, tmp_path, monkeypatch, undisturbed
):
    address, workers = cluster
    cache = tmp_path / "near"
    monkeypatch.setattr(files, "cache_folder", lambda *parts: cache.joinpath(*parts))
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    seen = []

    def watch(stage: str, done: int, total: int) -> None:
        seen.append((stage, done))
        half = stage == "sweep" and 2 * done >= total
        if half and workers[0].poll() is None:
            workers[0].send_signal(signal.SIGKILL)

    found = sweep(SPACE, tmp_path / "store", scheduler=address, progress=watch)
    assert workers[0].wait() == -signal.SIGKILL
    assert found.simulated == SIMULATIONS
    assert seen[-1] == ("sweep", 24)
    pd.testing.assert_frame_equal(found.frame, undisturbed)
    wait_for(lambda: len(workers_of(tmp_path / "far-0")) == 0)


def test_two_sweeps_do_not_share_a_store(tmp_path, base, own_cache):
    """The second is told so at once; the first goes on."""
    given = base | {"network": {"weight_bits": [8, 7]}, "hardware": {"device": "odin_style"}}
    refused = []

    def meanwhile(stage: str, done: int, total: int) -> None:
        if not refused:
            refused.append("")
            thread = threading.Thread(target=second)
            thread.start()
            thread.join()

    def second() -> None:
        try:
            sweep(given, tmp_path / "s", workers=0)
        except Exception as error:
            refused[0] = str(error)

    found = sweep(given, tmp_path / "s", workers=0, progress=meanwhile)
    assert refused == [f"{tmp_path / 's'}: one sweep writes to it; got another one"]
    assert len(found.frame) == 2
