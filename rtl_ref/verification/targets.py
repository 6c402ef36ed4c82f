"""What `spikewatt verify` runs: benches, networks, proofs and planted faults, each a target of its own with rows to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from ...errors import SpikewattError, one_of
from ...sim.network.spiking_network import SpikingNetwork
from ..simulation.simulator import check_tools
from .coverage import BINS, Coverage
from .planted_faults import all_caught
from .random_cases import SWEEP, random_cases, run_cases
from .single_modules import all_units
from .whole_network import verify_network

TARGETS = ("benches", "radix", "rate", "proofs", "icarus", "faults")
DEFAULT = ("benches", "radix")  # within five minutes; the others take a quarter of an hour more
CASES, SEED = 40, 7
RATE_STEPS, RADIX_STEPS = 32, 4
LARGE = ("mlp-784-48-10", "mlp-784-128-10")
Progress = Callable[[str, int, int], None]


def benches(simulator: str = "verilator", progress: Progress | None = None) -> list[dict]:
    """Units, random cases over the sweep of parameters, and functional coverage, which must be complete."""
    check_tools(simulator)
    rows, coverage = all_units(simulator), Coverage()
    for i, parameters in enumerate(SWEEP):
        rows.append(
            run_cases(parameters, random_cases(parameters, CASES, SEED), coverage, simulator)
        )
        if progress:
            progress("benches", i + 1, len(SWEEP))
    missing = coverage.missing()
    covered = {
        "what": f"functional coverage: {len(BINS) - len(missing)} of {len(BINS)} bins",
        "simulator": simulator,
    }
    rows.append(
        covered | {"compared": len(BINS), "mismatches": len(missing), "where": ", ".join(missing)}
    )
    return rows


def trained(name: str, data_dir: Path | None, **options) -> tuple[SpikingNetwork, np.ndarray]:
    """A briefly trained network of that name and test images: digits for 64 inputs; for 784 MNIST if at hand, else random images.

    `options` go to `convert`.
    """
    from ...models.datasets import load_dataset
    from ...models.networks import build_network
    from ...models.training import train
    from ...sim.conversion.convert import convert

    data = load_dataset("digits") if name.startswith("mlp-64-") else _mnist_or_random(data_dir)
    model = build_network(name, data.input_shape, 10)
    train(
        model,
        data,
        epochs=10 if data.name == "digits" else 1,
        batch_size=128 if data.name != "digits" else 32,
    )
    network = convert(model, data.scaled("train")[:300], input_levels=data.levels, **options)
    return network, data.scaled("test")


def _mnist_or_random(data_dir: Path | None):
    """MNIST, fewer images of it; or images of blurred noise with random labels."""
    import os
    from dataclasses import replace

    from ...models.datasets import DATA_VARIABLE, Dataset, load_dataset

    folder = data_dir or os.environ.get(DATA_VARIABLE)
    if folder and (Path(folder) / "mnist.npz").is_file():
        data = load_dataset("mnist", folder)
        return replace(data, x_train=data.x_train[:6000], y_train=data.y_train[:6000])
    random = np.random.default_rng(0)
    parts = {}
    for split, count in (("train", 600), ("validation", 100), ("test", 100)):
        blobs = np.kron(random.random((count, 7, 7)) > 0.8, np.ones((4, 4)))[..., None]
        parts[f"x_{split}"] = (blobs * random.integers(60, 256, (count, 1, 1, 1))).astype(np.uint8)
        parts[f"y_{split}"] = random.integers(0, 10, count)
    return Dataset("random", levels=255, **parts)


def networks(
    code: str, simulator: str = "verilator", engine: str = "batched", large_samples: int = 20, digits_samples: int | None = None,
    data_dir: Path | None = None, progress: Progress | None = None, names: Sequence[str] = ("mlp-64-48-10", *LARGE),
) -> list[dict]:  # fmt: skip
    """Whole networks in `code` (rate or radix): digits on every test image, the large ones on `large_samples`; rows of populations."""
    options = (
        {"code": "radix", "steps": RADIX_STEPS, "input_code": "bitplane"} if code == "radix" else {}
    )
    rows = []
    for i, name in enumerate(names):
        network, x = trained(name, data_dir, **options)
        samples = digits_samples if name.startswith("mlp-64-") else large_samples
        steps = RATE_STEPS if code == "rate" else None
        for row in verify_network(network, x[:samples], steps, engine=engine, simulator=simulator):
            rows.append(
                {"what": f"{name}, {code}, {row['samples']} images: {row['population']}", **row}
            )
        if progress:
            progress("networks", i + 1, len(names))
    return rows


def run_target(
    target: str,
    engine: str = "batched",
    data_dir: Path | None = None,
    progress: Progress | None = None,
) -> list[dict]:
    """Rows of one target, each with ``what``, ``compared``, ``mismatches`` and ``where``.

    Raises
    ------
    SpikewattError : unknown target, or one that compared nothing. MissingToolError : a simulator or prover that is not installed.
    """
    one_of("verify.what", "must be a target", target, TARGETS)
    rows: list[dict] = []
    if target == "benches":
        rows = benches(progress=progress)
    elif target == "icarus":
        rows = benches("icarus", progress)
        rows += networks(
            "radix", "icarus", engine, 3, 20, data_dir, progress, names=("mlp-64-48-10",)
        )
    elif target == "proofs":
        from .proofs import prove

        for proof in prove():
            sizes = ", ".join(f"{key.lower()} {value}" for key, value in proof["sizes"].items())
            name = f"{proof['mode']} {proof['properties']} ({sizes}), depth {proof['depth']}"
            wrong = int(proof["result"].lower() != "pass")
            rows.append(
                {
                    "what": name,
                    "compared": proof["checked"],
                    "mismatches": wrong,
                    "where": proof["result"],
                }
            )
    elif target == "faults":
        found = all_caught(progress=progress)
        rows = [
            {
                "what": f"fault: {r['fault']}",
                "compared": 1,
                "mismatches": int(not r["caught"]),
                "where": r["seen by"],
            }
            for r in found
        ]
    else:
        rows = networks(target, engine=engine, data_dir=data_dir, progress=progress)
    if not rows or min(row["compared"] for row in rows) == 0:
        raise SpikewattError(f"verify: {target}", "something must be compared", "nothing")
    return rows


def write_junit(rows: Sequence[dict], path: Path) -> None:
    """One test case per row, in the XML that build servers read."""
    failures = sum(row["mismatches"] > 0 for row in rows)
    suite = ElementTree.Element(
        "testsuite", name="spikewatt verify", tests=str(len(rows)), failures=str(failures)
    )
    for row in rows:
        case = ElementTree.SubElement(suite, "testcase", classname="rtl_ref", name=row["what"])
        ElementTree.SubElement(case, "system-out").text = f"{row['compared']} compared"
        if row["mismatches"]:
            ElementTree.SubElement(
                case, "failure", message=f"{row['mismatches']} mismatches"
            ).text = str(row["where"])
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
