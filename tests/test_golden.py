"""Nothing moved: networks, integers and prices are those that commit 94e20a7 gave.

Prices of a core beside a host are later ones: the port between them, its driver, the clock of cores
that wait, the making of events and the loss of the cores' converter were free until then. So are
the six prices on several cores: the links between them cost one hop's energy until then, and no
time, no area and no idle power. Prices of microcontrollers, and of systems with one, are those of
cycles and powers as predictions from 135 rows, and of spiking loops that were executed. Networks in
which two weighted branches meet have one unit for both since; each had its own until then.

The folder holds networks (.spk), their inputs (.npz), traces of the reference engine (.h5.gz), the
Keras models that some networks were converted from (.keras), and what is expected of all of them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.sim.odin.counts import COUNTS

from .helpers.engines import DEFINITION, IN_PROCESS, OTHERS

FOLDER = Path(__file__).parent / "fixtures" / "golden"
EXPECTED = json.loads(gzip.decompress((FOLDER / "expected.json.gz").read_bytes()))
NETWORKS = EXPECTED["networks"]
PERIOD_S = EXPECTED["period_s"]
RELATIVE = 1e-12
RUNS = [
    (name, engine)
    for name, about in NETWORKS.items()
    for engine in (DEFINITION, *(OTHERS if about["annarchy"] else IN_PROCESS))
]


# Everything that the tests use of spikewatt.


def load_network(path: Path):
    """The network of a .spk file."""
    return sw.SpikingNetwork.load(path)


def run(network, x, engine: str, options: dict):
    """The trace of `network` on `x`, with the spikes of the first sample."""
    return sw.simulate(network, x, engine, rasters=1, **options)


def load_trace(path: Path):
    """The trace of an .h5 file."""
    return sw.Trace.load(path)


def counts_of(trace) -> dict[str, np.ndarray]:
    """Every array of a trace by a name of its own."""
    found = {"outputs": trace.outputs}
    for group in ("spikes", "rasters", "saturations"):
        found |= {f"{group} {key}": value for key, value in getattr(trace, group).items()}
    for column in ("synapses", "nonzero"):
        found |= {f"{column} {key}": value for key, value in trace.ledger(column).items()}
    return found


def summaries_of(trace) -> list[dict]:
    """What pricing knows of each connection.

    Axons of both signs of depthwise layers were recorded wrong, as 0.
    """
    rows = [asdict(layer) for layer in trace.layers]
    for row in rows:
        if row["kind"] == "depthwise":
            del row["mixed_axons"]
    return rows


def widths_of(trace) -> tuple[int, int]:
    """Width of a potential, and the width that the worst case needs."""
    return trace.settings.state_bits, trace.settings.needed_state_bits


def layer_rows(trace) -> list[dict]:
    """The table of the layers of a trace."""
    from spikewatt.analysis.report.tables import layer_table

    return layer_table(trace).to_dict("records")


def price_of(trace, devices: list[str], host: str | None):
    """The price of `trace` on `devices`; of a core that has a host, the one beside it."""
    prices = sw.price(trace, *devices, period_s=PERIOD_S, host=host, max_cores=None)
    if host is None:
        return prices
    systems = {bill.card.name for bill in prices.bills if bill.host is not None}
    bills = tuple(b for b in prices.bills if b.host is not None or b.card.name not in systems)
    return replace(prices, bills=bills)


def layer_price_of(device: str, library: str | None, network: str):
    """The price of one of the int8 networks of MLPerf Tiny."""
    from spikewatt.energy.layer_tables.layer_table import LAYERS

    return sw.price_layers(LAYERS, device, library=library, network=network, period_s=PERIOD_S)


def price_rows(price) -> list[dict]:
    """Energy and time per device, workload, layer and component."""
    return price.frame.to_dict("records")


def totals_rows(price) -> list[dict]:
    """Energy and time per device and workload."""
    return price.totals().to_dict("records")


def battery_rows(price) -> list[dict]:
    """Battery life per device and workload."""
    return price.battery_life().to_dict("records")


def verdict_rows(price) -> list[dict]:
    """Who wins, per pair of devices and workloads."""
    return price.verdicts().to_dict("records")


def run_odin(path: Path, images: np.ndarray):
    """A network of ODIN's kind, what the twin of the chip made of `images`, and its price."""
    network = sw.OdinNetwork.load(path)
    result = sw.run_odin(network, images)
    return network, result, sw.price_odin(result.counts, period_s=PERIOD_S, accuracy=0.5)


def convert(model: str, calibration, options: dict):
    """The network that one of the saved Keras models becomes."""
    return sw.convert(sw.load_keras(FOLDER / f"conv_{model}.keras"), calibration, **options)


# What the tests share.


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    """A folder with the traces, unpacked."""
    folder = tmp_path_factory.mktemp("golden")
    for path in FOLDER.glob("*.h5.gz"):
        with gzip.open(path) as packed, open(folder / path.stem, "wb") as target:
            shutil.copyfileobj(packed, target)
    return folder


def input_of(name: str):
    """The input that the network called `name` ran on: an array, or a list of several."""
    with np.load(FOLDER / f"{name}.npz") as file:
        parts = [file[f"x{i}"] for i in range(NETWORKS[name]["inputs"])]
    return parts if len(parts) > 1 else parts[0]


def rerun(name: str, engine: str = "reference"):
    """Run the saved network on its saved input once more."""
    network = load_network(FOLDER / f"{name}.spk")
    return run(network, input_of(name), engine, NETWORKS[name]["run"])


def calibration_of(kind: str):
    """What a Keras model was calibrated on, from integers 0..16."""
    with np.load(FOLDER / "conv_calibration.npz") as file:
        digits, extra = (file[key].astype(np.float32) for key in ("digits", "extra"))
    levels = EXPECTED["levels"]
    return {
        "digits": digits / levels,
        "raw_digits": digits,
        "signed_digits": 2.0 * (digits / levels) - 1.0,
        "digits_and_extra": [digits / levels, extra / levels],
    }[kind]


def without_executed(network):
    """`network` without the layers of Keras that were merged, which were not known then."""
    connections = [replace(c, executed=None) for c in network.connections]
    return replace(network, connections=connections)


def counts_signs(devices: list[str]) -> bool:
    """Whether a core among `devices` has one sign per axon."""
    return any("signs_per_axon=1" in device for device in devices)


def has_depthwise(trace) -> bool:
    """Whether a connection is depthwise."""
    return any(layer.kind == "depthwise" for layer in trace.layers)


def leave_out_depthwise_macs(trace, rows: list[dict]) -> None:
    """Their MACs, which were recorded as 0, are taken from `rows`; other layers keep theirs."""
    for layer in trace.layers:
        if layer.kind == "depthwise":
            (row,) = [row for row in rows if row["layer"] == layer.post]
            assert row["macs"] >= layer.macs > 0
            row["macs"] -= layer.macs


def same_value(found, expected) -> bool:
    """Whether a cell is the recorded one; None is a hole."""
    if expected is None:
        return found is None or (isinstance(found, float) and math.isnan(found))
    if isinstance(expected, str | bool):
        return found == expected
    return found is not None and math.isclose(found, expected, rel_tol=RELATIVE, abs_tol=0.0)


def same_rows(found: list[dict], expected: dict) -> int:
    """Assert that every cell is the recorded one; returns how many there were."""
    assert len(found) == len(expected["rows"])
    compared = 0
    for row, recorded in zip(found, expected["rows"], strict=True):
        for column, value in zip(expected["columns"], recorded, strict=True):
            assert same_value(row[column], value), (column, row[column], value, row)
            compared += 1
    return compared


def same_price(price, expected: dict) -> int:
    """Assert that rows, totals and battery life are the recorded ones; returns how many cells."""
    compared = same_rows(price_rows(price), expected["rows"])
    compared += same_rows(totals_rows(price), expected["totals"])
    if "refused" in expected["battery"]:
        # A rule was among the devices, and ended the battery lives of the others with it.
        assert "regulator_efficiency" in expected["battery"]["refused"]
        rules = [bill.device for bill in price.bills if bill.card.kind == "rule"]
        unknown = [row for row in battery_rows(price) if same_value(row.get("period_s"), None)]
        assert rules
        assert {row["device"] for row in unknown} == set(rules)
        return compared
    return compared + same_rows(battery_rows(price), expected["battery"])


# The tests.


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_file_has_the_recorded_hash(name):
    network = load_network(FOLDER / f"{name}.spk")
    assert len(NETWORKS[name]["hash"]) == 64
    assert network.hash == NETWORKS[name]["hash"]


def test_the_networks_cover_every_code_and_every_kind_of_connection():
    """A guard of the record itself: a file that is lost is a number that nobody checks."""
    networks = [load_network(path) for path in FOLDER.glob("*.spk") if path.stem in NETWORKS]
    assert len(networks) == len(NETWORKS) == 16
    assert {network.code for network in networks} == {"rate", "signed", "radix", "sync_rate"}
    assert len({network.input_code for network in networks}) == 9
    kinds = {c.kind for network in networks for c in network.connections}
    assert kinds == {"dense", "conv2d", "depthwise", "identity", "pool", "max_pool"}
    assert any(c.pooled for network in networks for c in network.connections)
    resets = {p.reset for network in networks for p in network.populations}
    assert resets == {"subtract", "zero"}


@pytest.mark.parametrize(("name", "engine"), RUNS)
def test_engines_give_the_recorded_integers(name, engine, unpacked):
    trace, about = rerun(name, engine), NETWORKS[name]
    recorded = load_trace(unpacked / f"{name}.h5")
    found, expected = counts_of(trace), counts_of(recorded)
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        assert array.size > 0
        assert np.array_equal(found[key], array), key
    assert sum(int(np.abs(array).sum()) for array in expected.values()) > 100
    assert trace.content_hash() == about["content_hash"]
    assert widths_of(trace) == (about["state_bits"], about["needed_state_bits"])
    assert len(summaries_of(recorded)) > 1
    assert summaries_of(trace) == summaries_of(recorded)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_trace_file_loads_and_holds_what_was_recorded(name, unpacked):
    trace, about = load_trace(unpacked / f"{name}.h5"), NETWORKS[name]
    outputs = np.ascontiguousarray(trace.outputs, "<i8")
    assert outputs.size > 0
    assert hashlib.sha256(outputs.tobytes()).hexdigest() == about["outputs_sha256"]
    assert trace.content_hash() == about["content_hash"]
    assert trace.network_hash == about["hash"]
    assert trace.data_hash == about["data_hash"]
    for readout, classes in about["predictions"].items():
        assert len(classes) == trace.samples
        assert trace.predictions(readout=readout).tolist() == classes
    assert about["predictions"]


def test_first_spikes_of_the_outputs_decide_as_recorded(unpacked):
    compared = 0
    for name, about in NETWORKS.items():
        if "decisions" in about:
            classes, steps = load_trace(unpacked / f"{name}.h5").decisions()
            assert classes.tolist() == about["decisions"]["classes"]
            assert steps.tolist() == about["decisions"]["steps"]
            compared += len(classes)
    assert compared == 4


@pytest.mark.parametrize("name", NETWORKS)
def test_layer_tables_are_the_recorded_ones(name, unpacked):
    expected = NETWORKS[name]["layers"]
    for trace in (load_trace(unpacked / f"{name}.h5"), rerun(name)):
        rows = layer_rows(trace)
        leave_out_depthwise_macs(trace, rows)
        assert same_rows(rows, expected) >= 24


@pytest.mark.parametrize("name", NETWORKS)
def test_prices_totals_and_battery_lives_are_the_recorded_ones(name, unpacked):
    orders = [order for order in NETWORKS[name]["orders"].values() if "rows" in order]
    assert len(orders) >= 3
    compared = 0
    for recorded, trace in ((True, load_trace(unpacked / f"{name}.h5")), (False, rerun(name))):
        for order in orders:
            if not recorded and counts_signs(order["devices"]) and has_depthwise(trace):
                continue  # the recorded count of axons with both signs was wrong
            price = price_of(trace, order["devices"], order["host"])
            assert same_price(price, order) > 40
            compared += 1
    assert compared >= 2 * len(orders) - 1


@pytest.mark.parametrize("name", NETWORKS)
def test_verdicts_are_the_recorded_ones(name, unpacked):
    trace = load_trace(unpacked / f"{name}.h5")
    for order in NETWORKS[name]["verdicts"].values():
        price = price_of(trace, order["devices"], order["host"])
        assert same_rows(verdict_rows(price), order["table"]) >= 27


def without_reset_to_zero(device: str) -> str:
    """A core that only subtracts; `odin_style` resets to zero by now, as ODIN does."""
    if not device.startswith("odin_style"):
        return device
    return f"{device}{',' if ':' in device else ':'}reset_to_zero=0"


def test_devices_refuse_what_they_refused(unpacked):
    refused = 0
    for name, about in NETWORKS.items():
        trace = load_trace(unpacked / f"{name}.h5")
        for order in about["orders"].values():
            if "refused" in order:
                devices = [without_reset_to_zero(device) for device in order["devices"]]
                with pytest.raises(sw.SpikewattError) as caught:
                    price_of(trace, devices, order["host"])
                assert type(caught.value).__name__ == order["error"]
                found = re.sub("[:,]reset_to_zero=0", "", str(caught.value))
                assert found == order["refused"]
                refused += 1
    assert refused == 42


@pytest.mark.parametrize(
    "order",
    EXPECTED["layer_prices"],
    ids=["-".join(map(str, order["asked"].values())) for order in EXPECTED["layer_prices"]],
)
def test_prices_of_layer_tables_are_the_recorded_ones(order):
    assert same_price(layer_price_of(**order["asked"]), order) > 100


def test_odin_runs_and_costs_what_was_recorded():
    expected = EXPECTED["odin"]
    with np.load(FOLDER / "odin.npz") as file:
        network, result, price = run_odin(FOLDER / "odin.spk", file["images"])
    assert network.hash == expected["hash"]
    for key in ("predictions", "potentials", "output_spikes"):
        assert getattr(result, key).tolist() == expected[key]
    assert set(COUNTS) == set(expected["counts"])
    for key, values in expected["counts"].items():
        assert getattr(result.counts, key).tolist() == values
    assert sum(expected["counts"]["spikes"]) > 10
    assert same_price(price, expected) > 50


@pytest.mark.parametrize(
    "case",
    EXPECTED["conversions"],
    ids=[f"{i}-{case['model']}" for i, case in enumerate(EXPECTED["conversions"])],
)
def test_keras_models_become_the_recorded_networks(case):
    """Keras computes the activations in float32; a change of them by 1e-6 left every hash alone."""
    network = convert(case["model"], calibration_of(case["calibration"]), case["options"])
    assert len(case["hash"]) == 64
    assert without_executed(network).hash == case["hash"]
