"""What `spikewatt verify` runs: benches, networks, proofs and planted faults.

Each is a target of its own with rows to print.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from ... import files
from ...errors import SpikewattError, one_of
from ...progress import Progress, silent
from ...sim.engines.engines import ENGINES
from ..simulation.simulator import SIMULATORS, check_tools
from .core_bench import run_cases
from .coverage import BINS, Coverage
from .planted_faults import all_caught
from .random_cases import SWEEP, random_cases
from .single_modules import all_units
from .trained_networks import trained
from .whole_network import verify_network

TARGETS = ("benches", "radix", "rate", "proofs", "icarus", "faults")
DEFAULT = (
    "benches",
    "radix",
)  # within five minutes; the others take a quarter of an hour more

CASES, SEED = 40, 7
RATE_STEPS, RADIX_STEPS = 32, 4
SMALL, LARGE = "mlp-64-48-10", ("mlp-784-48-10", "mlp-784-128-10")


def check_request(targets: Sequence[str], engine: str, simulator: str = "verilator") -> None:
    """Raise SpikewattError before any work where a name is none of ours.

    Parameters
    ----------
    targets : of TARGETS
    engine : that networks are compared with
    simulator : ``verilator`` (default) or ``icarus``
    """
    for target in targets:
        one_of("verify.what", "must be a target", target, TARGETS)
    one_of("verify.engine", "must name an engine", engine, ENGINES)
    one_of("verify.simulator", "must be a simulator", simulator, SIMULATORS)


def run_target(
    target: str,
    engine: str = "batched",
    data_dir: Path | None = None,
    progress: Progress = silent,
) -> list[dict]:
    """Rows of one target, each with ``what``, ``compared``, ``mismatches`` and ``where``.

    Parameters
    ----------
    target : of TARGETS
    engine : that networks are compared with, default ``batched``
    data_dir : path, folder with mnist.npz, default the variable SPIKEWATT_DATA
    progress : called with (stage, done, all), default nobody

    Raises
    ------
    SpikewattError : unknown target, or one that compared nothing.
    MissingToolError : a simulator or prover that is not installed.
    """
    check_request([target], engine)
    if target == "benches":
        rows = benches(progress=progress)
    elif target == "icarus":
        rows = _second_simulator(engine, data_dir, progress)
    elif target == "proofs":
        rows = _proofs()
    elif target == "faults":
        rows = _faults(progress)
    else:
        rows = networks(target, engine=engine, data_dir=data_dir, progress=progress)

    compared = [row["compared"] for row in rows]
    if not compared or min(compared) == 0:
        raise SpikewattError(f"verify: {target}", "something must be compared", "nothing")

    return rows


def benches(simulator: str = "verilator", progress: Progress = silent) -> list[dict]:
    """Units, random cases over the sweep of parameters, and functional coverage.

    Parameters
    ----------
    simulator : ``verilator`` (default) or ``icarus``
    progress : called with ("benches", done, all), default nobody
    """
    check_tools(simulator)
    rows, coverage = all_units(simulator), Coverage()
    for i, parameters in enumerate(SWEEP):
        cases = random_cases(parameters, CASES, SEED)
        rows.append(run_cases(parameters, cases, coverage, simulator))
        progress("benches", i + 1, len(SWEEP))

    # Coverage must be complete: a bin that was not hit is a mismatch.
    missing = coverage.missing()
    hit = len(BINS) - len(missing)
    covered = {
        "what": f"functional coverage: {hit} of {len(BINS)} bins",
        "simulator": simulator,
        "compared": len(BINS),
        "mismatches": len(missing),
        "where": ", ".join(missing),
    }

    return [*rows, covered]


def networks(
    code: str,
    simulator: str = "verilator",
    engine: str = "batched",
    large_samples: int = 20,
    digits_samples: int | None = None,
    data_dir: Path | None = None,
    progress: Progress = silent,
    names: Sequence[str] = (SMALL, *LARGE),
) -> list[dict]:
    """Whole networks: digits on every test image, the large ones on fewer; a row per population.

    Parameters
    ----------
    code : ``rate`` or ``radix``
    simulator : ``verilator`` (default) or ``icarus``
    engine : that is compared with, default ``batched``
    large_samples : images for networks of 784 inputs, default 20
    digits_samples : images for the network of 64 inputs, default all
    data_dir : path, folder with mnist.npz, default the variable SPIKEWATT_DATA
    progress : called with ("networks", done, all), default nobody
    names : of the networks
    """
    options, steps = {}, RATE_STEPS
    if code == "radix":
        options = {
            "code": "radix",
            "steps": RADIX_STEPS,
            "input_code": "bitplane",
        }
        steps = None  # the network has them

    rows = []
    for i, name in enumerate(names):
        network, x = trained(name, data_dir, **options)
        samples = digits_samples if name == SMALL else large_samples
        checked = verify_network(
            network,
            x[:samples],
            steps,
            engine=engine,
            simulator=simulator,
        )

        for row in checked:
            images = f"{row['samples']} images"
            what = f"{name}, {code}, {images}: {row['population']}"
            rows.append({"what": what, **row})

        progress("networks", i + 1, len(names))

    return rows


def write_junit(rows: Sequence[dict], path: Path) -> None:
    """One test case per row, in the XML that build servers read.

    Parameters
    ----------
    rows : of any target
    path : file to write
    """
    failures = sum(row["mismatches"] > 0 for row in rows)
    suite = ElementTree.Element(
        "testsuite",
        name="spikewatt verify",
        tests=str(len(rows)),
        failures=str(failures),
    )

    for row in rows:
        case = ElementTree.SubElement(suite, "testcase", classname="rtl_ref", name=row["what"])
        output = ElementTree.SubElement(case, "system-out")
        output.text = f"{row['compared']} compared"
        if row["mismatches"]:
            message = f"{row['mismatches']} mismatches"
            failure = ElementTree.SubElement(case, "failure", message=message)
            failure.text = str(row["where"])

    files.write(path, ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _second_simulator(engine: str, data_dir: Path | None, progress: Progress) -> list[dict]:
    """Benches and a radix network on Icarus."""
    rows = benches("icarus", progress)
    rows += networks(
        "radix",
        "icarus",
        engine,
        digits_samples=20,
        data_dir=data_dir,
        progress=progress,
        names=(SMALL,),
    )

    return rows


def _proofs() -> list[dict]:
    from .proofs import prove

    rows = []
    for proof in prove():
        sizes = [f"{key.lower()} {value}" for key, value in proof["sizes"].items()]
        what = f"{proof['mode']} {proof['properties']}"
        what += f" ({', '.join(sizes)}), depth {proof['depth']}"
        failed = proof["result"].lower() != "pass"
        row = {
            "what": what,
            "compared": proof["checked"],
            "mismatches": int(failed),
            "where": proof["result"],
        }
        rows.append(row)

    return rows


def _faults(progress: Progress) -> list[dict]:
    rows = []
    for found in all_caught(progress=progress):
        row = {
            "what": f"fault: {found['fault']}",
            "compared": 1,
            "mismatches": int(not found["caught"]),
            "where": found["seen by"],
        }
        rows.append(row)

    return rows
