"""Spiking networks as C: the spikes and potentials of the reference engine, executed."""

from __future__ import annotations

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.cards.software_loops import software_loops
from spikewatt.energy.firmware.cores import FIRMWARE_CORES
from spikewatt.energy.firmware.spiking.c_text import array, identifier
from spikewatt.energy.firmware.spiking.examples import dense_network, inputs_of, window_network
from spikewatt.energy.firmware.spiking.execute import Firmware
from spikewatt.energy.firmware.spiking.loops import LOOPS, loop_named
from spikewatt.energy.firmware.spiking.network import spiking_program
from spikewatt.energy.firmware.spiking.tables import division
from spikewatt.errors import SpikewattError
from spikewatt.sim.gating.planes import with_planes
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

M0, M4 = FIRMWARE_CORES["Cortex-M0+"], FIRMWARE_CORES["Cortex-M4"]
CODES = ("rate", "radix", "sync_rate")
PADDED = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
STRIDED = Geometry((3, 2), (2, 1), ((0, 1), (1, 0)))
DILATED = Geometry((2, 2), (1, 1), (), (2, 2))
APART = Geometry((2, 2), (2, 2))


def check(network, x, core, quality, steps=None) -> None:
    """Outputs and spikes of every sample equal those of the reference engine."""
    trace = sw.simulate(network, x, "reference", steps)
    firmware = Firmware(spiking_program(network, steps, quality, core.has_dsp), core)
    for number, sample in enumerate(x):
        done = firmware.run(sample)
        assert np.array_equal(done.outputs, trace.outputs[number, -1])
        fired = {name: int(counts[number].sum()) for name, counts in trace.spikes.items()}
        assert done.spikes == fired
    assert any(counts.any() for counts in trace.spikes.values())


def check_dense(code, core, quality) -> None:
    network = dense_network(code, (19, 13, 6), seed=1)
    check(network, inputs_of(network, 0.6, samples=2), core, quality, 9 if code == "rate" else None)


@pytest.mark.parametrize(("code", "core"), [("rate", M0), ("radix", M4)])
def test_dense_layers_equal_the_reference(code, core):
    check_dense(code, core, "best")


@pytest.mark.slow
@pytest.mark.parametrize("quality", ["plain", "best"])
@pytest.mark.parametrize("core", FIRMWARE_CORES.values(), ids=lambda core: core.name)
@pytest.mark.parametrize("code", CODES)
def test_dense_layers_equal_the_reference_on_every_core(code, core, quality):
    check_dense(code, core, quality)


def test_a_pooled_convolution_equals_the_reference():
    network = window_network("radix", (7, 9, 3), "conv2d", 6, PADDED, APART, seed=2)
    check(network, inputs_of(network, 0.5), M4, "best")


@pytest.mark.slow
@pytest.mark.parametrize("quality", ["plain", "best"])
@pytest.mark.parametrize(
    ("code", "core", "kind", "geometry", "pooled"),
    [
        ("rate", M4, "conv2d", PADDED, None),
        ("radix", M0, "conv2d", STRIDED, None),
        ("sync_rate", M4, "conv2d", DILATED, None),
        ("rate", M0, "conv2d", PADDED, APART),
        ("rate", M0, "depthwise", STRIDED, None),
        ("radix", M4, "pool", APART, None),
        ("sync_rate", M4, "identity", None, None),
    ],
)
def test_windows_equal_the_reference(code, core, kind, geometry, pooled, quality):
    network = window_network(code, (7, 9, 3), kind, 6, geometry, pooled, seed=2)
    x = inputs_of(network, 0.5)
    check(network, x, core, quality, 7 if code == "rate" else None)


def test_planes_that_are_not_sent_equal_the_reference():
    geometry = Geometry((3, 3), (1, 1), ((1, 1), (1, 1)))
    network = window_network("radix", (6, 6, 3), "conv2d", 5, geometry, seed=3)
    fewer = with_planes(network, 2)
    assert any(p.planes for p in fewer.populations)
    check(fewer, inputs_of(fewer, 0.5, seed=3), next(iter(FIRMWARE_CORES.values())), "best")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_random_networks_equal_the_reference(seed):
    random = np.random.default_rng(seed)
    code = str(random.choice(CODES))
    shape = (*random.integers(4, 9, 2).tolist(), int(random.integers(1, 7)))
    kind = str(random.choice(["conv2d", "conv2d", "depthwise", "pool", "identity"]))
    window = tuple(random.integers(1, 4, 2).tolist())
    padding = tuple(tuple(random.integers(0, 2, 2).tolist()) for _ in range(2))
    geometry = Geometry(window, tuple(random.integers(1, 3, 2).tolist()), padding)
    pooled = APART if kind == "conv2d" and random.random() < 0.4 else None
    if pooled is not None:
        geometry = Geometry((2, 2), (1, 1), ((1, 1), (1, 0)))
    network = window_network(
        code, shape, kind, int(random.integers(1, 20)), geometry, pooled, seed=seed
    )
    core = list(FIRMWARE_CORES.values())[seed % len(FIRMWARE_CORES)]
    x = inputs_of(network, random.uniform(0.1, 1.0), seed=seed)
    check(
        network,
        x,
        core,
        str(random.choice(["best", "best", "plain"])),
        8 if code == "rate" else None,
    )


@pytest.mark.slow
def test_more_spikes_than_sixteen_bits_hold_are_summed_in_parts():
    network = dense_network("rate", (700, 9), seed=3)
    heavy = np.full((700, 9), 127)
    heavy[:, 1] = -127
    arrow = Connection("input", "output", "dense", heavy)
    network = SpikingNetwork(network.populations, [arrow], "rate", 1 / 16, 1.0, 8)
    x = np.ones((1, 700))
    for core in (M0, M4):
        check(network, x, core, "best", 3)


@pytest.mark.slow
def test_resets_to_zero_and_two_branches():
    random = np.random.default_rng(4)
    populations = [
        Population("input", (12,), "input", 16, 0, 8),
        Population("hidden", (9,), "integrate_and_fire", 60, [3] * 9, 5, reset="zero"),
        Population("output", (5,), "readout", 1, [1, -2, 0, 4, 9], 7),
    ]
    arrows = [
        Connection("input", "hidden", "dense", random.integers(-60, 90, (12, 9))),
        Connection("input", "output", "dense", random.integers(-90, 90, (12, 5))),
        Connection("hidden", "output", "dense", random.integers(-90, 90, (9, 5))),
    ]
    network = SpikingNetwork(populations, arrows, "rate", 1 / 16, 1.0, 8)
    check(network, inputs_of(network, 0.7), M4, "best", 8)


@pytest.mark.slow
@pytest.mark.parametrize("code", ["rate", "radix"])
def test_an_analog_first_layer_is_multiplied_once(code):
    random = np.random.default_rng(5)
    levels = 15 if code == "radix" else 0
    populations = [
        Population("input", (6, 6, 2), "input", 16, 0, 0, levels),
        Population("hidden", (4, 4, 3), "integrate_and_fire", 400, 0, 5, levels),
        Population("output", (4,), "readout", 1, 0, 0),
    ]
    arrows = [
        Connection(
            "input",
            "hidden",
            "conv2d",
            random.integers(-90, 127, (3, 3, 2, 3)),
            Geometry((3, 3), (1, 1)),
        ),
        Connection("hidden", "output", "dense", random.integers(-90, 90, (48, 4))),
    ]
    network = SpikingNetwork(
        populations, arrows, code, 1 / 16, 1.0, 8, input_code="analog", largest_input=16
    )
    x = random.uniform(-1, 1, (1, 6, 6, 2))
    for core in (M0, M4):
        check(network, x, core, "best", 6 if code == "rate" else None)


def test_counts_repeat_and_the_best_loop_is_faster():
    network = dense_network("rate", (64, 32, 10), seed=6)
    x = inputs_of(network, 0.5)
    cycles = {}
    for quality in ("plain", "best"):
        firmware = Firmware(spiking_program(network, 8, quality), M4)
        first, again = firmware.run(x[0]).count, firmware.run(x[0]).count
        assert first.by_kind == again.by_kind
        assert first.cycles == again.cycles
        cycles[quality] = first.cycles
    assert cycles["best"] < 0.7 * cycles["plain"]


def test_what_there_is_no_c_of_is_an_error_that_says_what_there_is():
    signed = SpikingNetwork(
        [
            Population("input", (2,), "input", 16, 0, 8, 15),
            Population("hidden", (2,), "integrate_and_fire", 9, 0, 4, 15),
            Population("output", (2,), "readout", 1, 0, 0),
        ],
        [
            Connection("input", "hidden", "dense", [[1, 2], [3, 4]]),
            Connection("hidden", "output", "dense", [[1, 2], [3, 4]]),
        ],
        "signed",
        1 / 16,
        1.0,
        8,
    )
    with pytest.raises(SpikewattError, match="has C for the firing rule.*sync_rate"):
        spiking_program(signed)
    pooled = window_network("rate", (6, 6, 2), "pool", geometry=APART)
    largest = [
        pooled.populations[0],
        Population("hidden1", (3, 3, 2), "max_pool", 1, 0, 0),
        pooled.populations[2],
    ]
    arrows = [Connection("input", "hidden1", "max_pool", None, APART), pooled.connections[1]]
    with pytest.raises(SpikewattError, match="has C for the firing rule"):
        spiking_program(SpikingNetwork(largest, arrows, "rate", 1 / 16, 1.0, 8))
    wide = dense_network("rate", (4, 3))
    wide = SpikingNetwork(wide.populations, wide.connections, "rate", 1 / 16, 1.0, 12)
    with pytest.raises(SpikewattError, match="weights of 8 bits at most"):
        spiking_program(wide)


def executed_cycles(network, x, core, steps) -> float:
    """Mean of an inference."""
    firmware = Firmware(spiking_program(network, steps, "best", core.has_dsp), core)
    return float(np.mean([firmware.run(sample).count.cycles for sample in x]))


def priced_cycles(trace, device: str) -> float:
    """Of the spiking network."""
    totals = sw.price(trace, device).totals().set_index("workload")
    return totals.loc["snn", "time_s"] * load_card(device)["clock_hz"].value


def converted(code, mlp, digits):
    """The trained network in a code, and its steps."""
    options = {"radix": {"steps": 4, "input_code": "bitplane"}}.get(code, {})
    typical = digits.scaled("train")[:300]
    network = sw.convert(mlp, typical, input_levels=digits.levels, code=code, **options)
    return network, 32 if code == "rate" else None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "core"),
    [
        ("stm32g0b1", "Cortex-M0+"),
        ("stm32l4r5", "Cortex-M4"),
        ("stm32u575", "Cortex-M33"),
        ("stm32h7a3", "Cortex-M7"),
    ],
)
@pytest.mark.parametrize("code", CODES)
def test_a_price_is_what_is_executed(code, device, core, mlp, digits):
    """The law is linear and was fitted to other networks: within 10 %."""
    network, steps = converted(code, mlp, digits)
    x = digits.scaled("test")[:4]
    trace = sw.simulate(network, x, "reference", steps)
    took = executed_cycles(network, x, FIRMWARE_CORES[core], steps)
    assert priced_cycles(trace, device) == pytest.approx(took, rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("core", [M0, M4], ids=lambda core: core.name)
@pytest.mark.parametrize("code", CODES)
def test_a_hundred_digits_equal_the_reference(code, core, mlp, digits):
    network, steps = converted(code, mlp, digits)
    check(network, digits.scaled("test")[:100], core, "best", steps)


def test_the_assumptions_name_the_loop_and_plain_c_is_its_upper_end():
    network = dense_network("rate", (16, 8, 4), seed=7)
    trace = sw.simulate(network, inputs_of(network, 0.5), "reference", 8)
    prices = sw.price(trace, "stm32l4r5", "stm32g0b1")
    lines = [" ".join(bill.assumptions) for bill in prices.bills]
    assert "SXTAB16" in lines[0]
    assert "masks" in lines[1]
    assert all("counted by execution; plain C as the upper end" in line for line in lines)

    loops = software_loops()
    for core in FIRMWARE_CORES:
        best, plain = loops[core].values()
        for key in ("cycles_per_synapse_dense", "cycles_per_synapse_sparse"):
            assert best["values"][key]["value"] < plain["values"][key]["value"]
            assert best["values"][key]["high"] >= plain["values"][key]["value"]


def test_loops_are_named_and_need_what_the_core_has():
    assert loop_named("best", True) == "gather_dsp"
    assert loop_named("best", False) == "gather_masked"
    with pytest.raises(SpikewattError, match="best, plain, gather_masked"):
        loop_named("gather_dsp", False)
    assert set(LOOPS) == {"plain", "gather_dsp", "gather_masked"}


def test_numbers_are_divided_in_32_bits():
    for size, channels in ((11520, 20), (65535, 3), (50, 64)):
        found = division(size, channels)
        numbers = np.arange(size, dtype=np.uint64)
        assert np.array_equal((numbers * found.factor) >> found.shift, numbers // channels)
        assert int(numbers[-1]) * found.factor < 2**32


def test_c_takes_names_and_numbers():
    assert identifier("conv-1/relu:0") == "conv_1_relu_0"
    assert "static const int8_t w[3]" in array("w", np.array([1, -2, 3], np.int8))
