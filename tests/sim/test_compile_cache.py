"""A damaged compile cache is built anew; workers and compilers end with their parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.files import cache_folder
from spikewatt.sim.engines.annarchy import build
from spikewatt.sim.engines.annarchy.code import Code
from spikewatt.sim.engines.annarchy.compiled import compiled as compiled_in
from spikewatt.sim.engines.annarchy.layout import Layout
from spikewatt.sim.engines.annarchy.plan import plan_of
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate

X = np.linspace(0, 1, 64).reshape(1, 8, 8, 1)


@pytest.fixture(scope="module")
def cache(tmp_path_factory, mlp_network):
    """A cache of its own with one compiled simulator in it: that of the other tests, copied."""
    simulate(mlp_network, X, "annarchy", 8)
    layout = Layout(mlp_network, schedule(mlp_network, 8))
    plan, _ = plan_of(layout, np.rint(255 * X.reshape(1, -1)).astype(int))
    whole = Code.of(plan.neurons, plan.observers, bool(plan.single)).folder
    made = tmp_path_factory.mktemp("cache")
    copy = made / "spikewatt" / "annarchy" / whole.name
    shutil.copytree(whole, copy)
    shutil.copy2(whole.with_suffix(".sha256"), copy.with_suffix(".sha256"))
    return made


@pytest.fixture
def run(cache, monkeypatch, mlp_network):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))

    def spikes():
        return simulate(mlp_network, X, "annarchy", 8).outputs

    expected = simulate(mlp_network, X, "reference", 8).outputs
    assert np.array_equal(spikes(), expected)
    return lambda: np.array_equal(spikes(), expected)


def compiled(cache: Path) -> Path:
    (folder,) = (cache / "spikewatt" / "annarchy").glob("*/")
    return folder


def empty_library(folder: Path):
    for library in folder.glob("ANNarchyWrapper*"):
        library.write_bytes(b"")


def torn_library(folder: Path):
    for library in folder.glob("ANNarchyWrapper*"):
        library.write_bytes(library.read_bytes()[:9000])


def no_library(folder: Path):
    for library in folder.rglob("ANNarchyWrapper*.so"):
        library.unlink()


def no_release(folder: Path):
    (folder / "release").unlink()


def no_build(folder: Path):
    shutil.rmtree(folder / "build")


def nonsense_in_release(folder: Path):
    (folder / "release").write_bytes(b"\xff\0")


def damaged_makefile(folder: Path):
    (folder / "build" / "net1" / "Makefile").write_text("all:\n\tfalse\n")


DAMAGES = [
    empty_library,
    torn_library,
    no_library,
    no_release,
    no_build,
    nonsense_in_release,
    damaged_makefile,
]


def standing(folder: Path) -> Path:
    """What ANNarchy leaves, in small."""
    inner = folder / "build" / "net1"
    inner.mkdir(parents=True, exist_ok=True)
    (folder / "generate").mkdir(exist_ok=True)
    (folder / "release").write_text("openmp, 5.0")
    (folder / "compilation").write_text("1")
    for path in (folder, inner):
        (path / "ANNarchyWrapper1.so").write_bytes(bytes(range(256)) * 99)
    (inner / "Makefile").write_text("all:")
    return folder


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_wiped_and_a_whole_one_kept(damage, tmp_path):
    cached = tmp_path / "9-9-abc"
    with compiled_in(cached, tmp_path) as folder:
        assert not list(folder.iterdir())
        standing(folder)
    with compiled_in(cached, tmp_path) as folder:
        assert (folder / "release").exists()

    damage(cached)
    with compiled_in(cached, tmp_path) as folder:
        assert not folder.exists() or not list(folder.iterdir())
        standing(folder)
    with compiled_in(cached, tmp_path) as folder:
        assert (folder / "release").exists()


def test_a_compiler_that_was_killed_leaves_nothing_that_is_used(tmp_path):
    def interrupted():
        with compiled_in(tmp_path / "9-9-a", tmp_path) as folder:
            standing(folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not (tmp_path / "9-9-a").exists()
    standing(tmp_path / "9-9-a")  # as kill -9 leaves it
    with compiled_in(tmp_path / "9-9-a", tmp_path) as folder:
        assert not folder.exists() or not list(folder.iterdir())
        standing(folder)


@pytest.mark.slow
def test_a_damaged_cache_is_built_anew(cache, run):
    """What is wiped, and that the compiler is asked again: the quick tests beside it."""
    empty_library(compiled(cache))
    assert run()


def test_a_whole_cache_is_not_built_again(cache, run):
    library = next(compiled(cache).glob("ANNarchyWrapper*"))
    before = library.stat().st_mtime_ns
    assert run()
    assert library.stat().st_mtime_ns == before


def test_a_relative_cache_is_that_of_where_the_program_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "mine")
    assert cache_folder("a") == tmp_path / "mine" / "spikewatt" / "a"
    command = _command_of_a_worker(monkeypatch, tmp_path)
    assert command["env"]["XDG_CACHE_HOME"] == str(tmp_path / "mine")


def _command_of_a_worker(monkeypatch, folder):
    """What a worker is started with."""
    from spikewatt.sim.engines.annarchy import processes

    asked = {}
    monkeypatch.setattr(processes.subprocess, "Popen", lambda _, **options: asked.update(options))
    processes._start("a.worker", folder, folder / "log", 0)
    return asked


def test_without_a_home_the_cache_is_a_temporary_folder(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def homeless():
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", homeless)
    assert cache_folder("x").is_absolute()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with compiled_in(tmp_path / "file" / "9-9-a", tmp_path / "job") as folder:
        assert folder == tmp_path / "job" / "compiled"


def test_a_folder_is_not_touched_without_its_lock(tmp_path):
    """ANNarchy removes its folder and makes it anew, while another worker waits."""
    cached, second = tmp_path / "9-9-a", []

    def waits():
        with compiled_in(cached, tmp_path) as folder:
            second.append(sorted(path.name for path in folder.iterdir()))

    with compiled_in(cached, tmp_path) as folder:
        shutil.rmtree(folder)
        other = threading.Thread(target=waits)
        other.start()
        time.sleep(0.3)
        assert not folder.exists()
        folder.mkdir()
        standing(folder)
    other.join()
    (names,) = second
    assert "release" in names


def fake_compiler(folder: Path, text: str) -> None:
    for name in ("g++", "c++", "gcc", "cc"):
        program = folder / name
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)


def test_the_compilers_own_words_are_shown(tmp_path, monkeypatch, mlp_network):
    """And what it left is gone."""
    fake_compiler(tmp_path, "echo 'fatal error: the moon is full' >&2; exit 1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(SpikewattError, match="the moon is full"):
        simulate(mlp_network, X, "annarchy", 8)
    assert not list((tmp_path / "cache").rglob("release"))


JOB = """
import numpy as np, sys
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork
simulate(SpikingNetwork.load(sys.argv[1]), np.zeros((20_000, 8, 8, 1)), "annarchy", 300, workers=1)
"""


def descendants(of: int) -> set[int]:
    """Processes whose session or parent is `of`, or one of these."""
    found, grown = {of}, True
    while grown:
        grown = False
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if pid not in found and int(stat[1]) in found:
                found.add(pid)
                grown = True
    return found - {of}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("when", ["compiling", "running"])
def test_a_killed_parent_leaves_no_worker_and_no_compiler(
    when, cache, run, tmp_path, mlp_network, monkeypatch
):
    mlp_network.save(tmp_path / "n.spk")
    if when == "compiling":
        fake_compiler(tmp_path, "sleep 300")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    parent = subprocess.Popen([sys.executable, "-c", JOB, str(tmp_path / "n.spk")])
    try:
        least, deadline = (4 if when == "compiling" else 1), time.monotonic() + 60
        while len(started := descendants(parent.pid)) < least and time.monotonic() < deadline:
            time.sleep(0.2)
        assert len(started) >= least
        time.sleep(2)
        started = descendants(parent.pid)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()

    deadline = time.monotonic() + 10
    while any(map(alive, started)) and time.monotonic() < deadline:
        time.sleep(0.1)
    left = [pid for pid in started if alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def test_the_processor_is_part_of_the_name_of_a_cache():
    assert build.compiled_folder("a") != build.compiled_folder("b")
