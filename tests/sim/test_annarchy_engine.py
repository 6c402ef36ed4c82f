"""What the ANNarchy engine has of its own: precision, digits of counts, spikes gathered."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
from spikewatt.sim.engines.annarchy.code import Code, is_compiled
from spikewatt.sim.engines.annarchy.flat_population import GATHER
from spikewatt.sim.engines.annarchy.layout import EXACT_BITS, Layout, digits_of
from spikewatt.sim.engines.annarchy.neurons import OBSERVER, PLAIN_NEURON
from spikewatt.sim.engines.annarchy.plan import plan_of
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork

from ..helpers.assert_equal import assert_equal

STEPS = 40


def wide_network(pixels: int) -> SpikingNetwork:
    """Neurons that fire at every step, into a read-out by the largest weights; their sum is odd."""
    populations = [
        Population("input", (pixels,), "input", threshold=255, bias=0, initial_potential=127),
        Population(
            "hidden",
            (pixels,),
            "integrate_and_fire",
            threshold=100,
            bias=1,
            initial_potential=50,
        ),
        Population("output", (1,), "readout", threshold=1, bias=0, initial_potential=0),
    ]
    largest = 2**15 - 1
    weights = np.full((pixels, 1), largest)
    weights[0] -= 1 - pixels % 2
    connections = [
        Connection("input", "hidden", "identity", np.full(pixels, 100)),
        Connection("hidden", "output", "dense", weights),
    ]
    return SpikingNetwork(populations, connections, "rate", 1 / 255, 1.0, 16)


@pytest.mark.parametrize(("pixels", "single"), [(3, 1), (20, 0)])
def test_precision_is_single_where_all_numbers_are_exact_in_it(pixels, single):
    network = wide_network(pixels)
    layout = Layout(network, schedule(network, STEPS))
    plan, _ = plan_of(layout, np.full((1, pixels), 255))
    assert plan.single == single

    x = np.ones((2, pixels))
    reference = simulate(network, x, "reference", STEPS)
    potentials = reference.outputs
    assert potentials.any()
    in_single = np.array_equal(potentials.astype(np.float32).astype(np.int64), potentials)
    assert in_single == bool(single)
    assert_equal(reference, simulate(network, x, "annarchy", STEPS, workers=1))
    assert is_compiled(layout)


def test_a_simulator_is_compiled_for_networks_of_any_size(monkeypatch, tmp_path):
    """Not for another precision, and not where the cache is another."""
    folders = {}
    for pixels in (2, 3, 20):
        network = wide_network(pixels)
        layout = Layout(network, schedule(network, STEPS))
        plan, _ = plan_of(layout, np.full((1, pixels), 255))
        folders[pixels] = Code.of(plan.neurons, plan.observers, bool(plan.single)).folder
    assert folders[2] == folders[3] != folders[20]

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert not is_compiled(layout)


@pytest.mark.parametrize(("size", "largest"), [(2**16, 576), (2**21, 4608), (3, 2**22), (7, 1)])
def test_counts_are_digits_whose_sums_are_exact_in_single_precision(size, largest):
    fan_out = np.random.default_rng(size).integers(0, largest, size, endpoint=True)
    fan_out[0] = largest
    digits = list(digits_of(fan_out))
    assert all(part.sum() < 2**EXACT_BITS for _, part in digits)
    assert digits[0][0] == 1
    assert np.array_equal(sum(scale * part for scale, part in digits), fan_out)


def test_a_narrow_neuron_differs_by_what_holds_it():
    for model, name in ((PLAIN_NEURON, "reached"), (OBSERVER, "c")):
        narrow = model.narrow()
        assert set(narrow.parameters) - set(model.parameters) == {"lowest", "highest"}
        assert f"{name} = ite(open > 0.5, clip(sum_, lowest, highest), sum_)" in narrow.equations


HARNESS = """
#include <cstdio>
#include <vector>
#if defined(__x86_64__)
    #include <immintrin.h>
#endif
int main(int, char** argv) {{
    const int size = std::atoi(argv[1]), every = std::atoi(argv[2]);
    const bool _active = true;
    std::vector<int> spiked, fired(size + 16);
    std::vector<short> flags(size);
    std::vector<float> value(size);
    for (int i = 0; i < size; i++)
        value[i] = i * 7 % every == 0 ? 1.0f : 0.0f;
{gather}
    for (int neuron : spiked)
        std::printf("%d ", neuron);
}}
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++")
@pytest.mark.parametrize("flags", ["-march=native", "-march=x86-64"])
def test_spikes_are_gathered_alike_on_any_processor(flags, tmp_path):
    source, program = tmp_path / "gather.cpp", tmp_path / "gather"
    gather = GATHER.format(condition="value[i] > 0.5")
    source.write_text("#include <cstdlib>\n" + HARNESS.format(gather=gather))
    subprocess.run(["g++", "-O1", flags, str(source), "-o", str(program)], check=True)
    for size, every in ((1, 1), (15, 2), (16, 1), (100, 3), (1000, 97), (33, 50)):
        found = subprocess.run(
            [str(program), str(size), str(every)], capture_output=True, text=True, check=True
        )
        expected = [i for i in range(size) if i * 7 % every == 0]
        assert list(map(int, found.stdout.split())) == expected
