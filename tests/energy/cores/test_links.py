"""Links between cores: laws of the mesh, whose events cross it, and that nothing of it is free."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spikewatt.energy.cards.kinds import LINK_KEYS
from spikewatt.energy.cards.load import FOLDER, load_card
from spikewatt.energy.cores.area import area_m2
from spikewatt.energy.cores.mesh import EAST, IN, NORTH, OUT, SOUTH, WEST, Flow, Mesh, undominated
from spikewatt.energy.cores.placement import Placement
from spikewatt.energy.cores.traffic import homes_of, traffic
from spikewatt.energy.devices.core.activity import activity
from spikewatt.energy.devices.core.mapping import map_network
from spikewatt.energy.pricing.price import price
from spikewatt.sim.network.synapses import unroll
from spikewatt.sim.trace.blueprint import NetworkPlan

from ...helpers.cards import with_limits, with_value
from ...helpers.random_networks import random_network

SEVERAL = with_limits(neurons_per_core=16)  # of the trace's 122 neurons
LINK_VALUES = ("energy_per_routed_event_j", *LINK_KEYS)


def walk(mesh: Mesh, source: int, target: int) -> list[tuple[int, int]]:
    """(link, core at its begin) of the way, step by step: along the row, then the column."""
    row, column = divmod(source, mesh.columns)
    to_row, to_column = divmod(target, mesh.columns)
    links = [(OUT, source)]
    while column != to_column:
        east = column < to_column
        at = row * mesh.columns + (column if east else column - 1)
        links.append((EAST if east else WEST, at))
        column += 1 if east else -1
    while row != to_row:
        south = row < to_row
        links.append(
            (SOUTH if south else NORTH, (row if south else row - 1) * mesh.columns + column)
        )
        row += 1 if south else -1
    return [*links, (IN, target)]


@settings(max_examples=50, deadline=None)
@given(
    cores=st.integers(2, 30),
    pairs=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), min_size=1, max_size=12),
)
def test_loads_are_those_of_a_walk(cores, pairs):
    """Second implementation: every event walks link by link."""
    mesh = Mesh(cores)
    pairs = [(a % cores, b % cores) for a, b in pairs if a % cores != b % cores]
    events = np.arange(1.0, len(pairs) + 1)
    source, target = np.array(pairs, int).reshape(-1, 2).T
    flow = Flow(source, target, events)

    expected = np.zeros((6, mesh.rows * mesh.columns))
    hops = 0.0
    for (a, b), number in zip(pairs, events, strict=True):
        way = walk(mesh, a, b)
        hops += number * (len(way) - 2)
        for link, core in way:
            expected[link, core] += number
    np.testing.assert_allclose(mesh.loads(flow), expected.ravel(), atol=1e-9)
    assert mesh.event_hops(flow) == hops
    assert all(len(walk(mesh, a, b)) - 2 <= mesh.longest_way for a, b in pairs)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31), rows=st.integers(1, 40), columns=st.integers(1, 4))
def test_the_busiest_link_is_among_the_undominated(seed, rows, columns):
    random = np.random.default_rng(seed)
    loads = random.integers(0, 4, (rows, columns)).astype(float)
    kept = undominated(loads)
    for weights in random.random((20, columns)):
        assert (kept @ weights).max() == pytest.approx((loads @ weights).max())
    assert len(np.unique(kept, axis=0)) == len(kept) <= len(np.unique(loads, axis=0))


@pytest.mark.parametrize("seed", range(4))
def test_traffic_comes_from_the_cores_where_the_heard_neurons_live(seed):
    """Second implementation: pre and post neurons of the explicit matrix of each connection."""
    network = random_network(seed, kinds=("conv2d", "depthwise", "dense"), resets=("subtract",))
    plan = NetworkPlan.of(network)
    placement = Placement(plan)
    cores = placement.onto(16, max(placement.widest, 16))
    assert cores is not None
    assert len(cores) > 2
    homes, flows, compared = homes_of(cores), traffic(plan, cores), 0

    for layer, connection in zip(plan.layers, network.connections, strict=True):
        if connection.pooled or len([x for x in plan.layers if x.pre == layer.pre]) > 1:
            continue
        matrix = unroll(connection, layer.pre_shape, layer.post_shape).tocsr()
        lives = homes[layer.pre].cores[
            np.searchsorted(homes[layer.pre].ends, np.arange(plan.neurons[layer.pre]), "right")
        ]
        flow = flows[layer.pre]
        for target, core in enumerate(cores):
            parts = [(a, b) for name, a, b in core.residents if name == layer.post]
            if not parts:
                continue
            heard = np.unique(matrix[parts[0][0] : parts[0][1]].indices)
            expected = np.bincount(lives[heard], minlength=len(cores)) / plan.neurons[layer.pre]
            found = np.zeros(len(cores))
            np.add.at(found, flow.source[flow.target == target], flow.events[flow.target == target])
            expected[target] = 0.0  # what stays at home crosses no link
            np.testing.assert_allclose(found, expected, atol=1e-12)
            compared += 1
    assert compared >= 2


# What it costs


def test_one_core_pays_for_no_link(trace):
    dear = load_card("odin_style")
    for key in LINK_VALUES:
        dear = with_value(dear, key, value=1e-4, high=1e-3)
    base, other = (
        price(trace, card, period_s=1.0, host="stm32l4r5") for card in ("odin_style", dear)
    )
    assert other.totals().equals(base.totals())
    assert not set(LINK_VALUES) & {key for term in base.bills[0].terms for key, _ in term.powers}


def whole_area_m2(bill) -> float:
    """Area of its cores and routers."""
    assert bill.footprint is not None
    assert bill.footprint.area_m2 is not None
    return bill.footprint.area_m2.value


def test_several_cores_pay_for_every_value_of_their_links(trace):
    """Law: energy or time grows with each of them; alone and beside a host."""
    base = price(trace, SEVERAL, "stm32l4r5", max_cores=None, period_s=1.0)
    for key in LINK_VALUES:
        value = SEVERAL[key].value * 2
        dear = with_value(SEVERAL, key, value=value, high=max(value, SEVERAL[key].high))
        other = price(trace, dear, "stm32l4r5", max_cores=None, period_s=1.0)
        for device in ("odin_style", "odin_style+stm32l4r5"):
            before, after = base.bill(device), other.bill(device)
            if key == "area_of_router_m2":
                small, large = (whole_area_m2(bill) for bill in (before, after))
                assert large - small == pytest.approx(8 * SEVERAL[key].value)
                continue
            assert after.total("snn") > before.total("snn")
            if key.startswith("cycles"):
                assert after.total("snn", "time_s") > before.total("snn", "time_s")


def test_closed_form_of_dense_layers_on_eight_cores(trace):
    """3 x 3 cores; each neuron's spikes go to every core that hears its population."""
    mapping = map_network(trace, SEVERAL)
    mesh = Mesh(len(mapping.cores))
    assert (len(mapping.cores), mesh.columns, mesh.longest_way) == (8, 3, 4)

    hops = 0.0
    for pre in trace.spikes:
        for source, core in enumerate(mapping.cores):
            own = sum(last - first for name, first, last in core.residents if name == pre)
            for target, other in enumerate(mapping.cores):
                if pre in other.axons:
                    way = mesh.hops(np.array(source), np.array(target))
                    hops += trace.mean_spikes(pre) * own / trace.neurons[pre] * way
    did = activity(trace, SEVERAL, mapping)
    assert did.links is not None
    assert did.links.spike_hops == pytest.approx(hops)

    values = 0.0
    for number, core in enumerate(mapping.cores):
        ends = sum(b - a for name, a, b in core.residents if name in ("input", "output"))
        values += ends * mesh.hops(np.array(0), np.array(number))
    assert did.links.value_hops == pytest.approx(values + 2 * 7 * did.steps)
    assert did.links.ways == 2 * 4 * (did.steps + 1)

    rows = price(trace, SEVERAL, max_cores=None).frame.query("component == 'routing'")
    cycles = did.serial_hops + 4 * did.links.ways
    assert rows["cycles"].sum() == pytest.approx(cycles)
    pj = 3.0 * (did.links.spike_hops + did.links.value_hops)
    all_cycles = price(trace, SEVERAL, max_cores=None).totals()["cycles"][0]
    expected_j = (pj + 0.2 * 8 * all_cycles) * 1e-12
    assert rows["energy_j"].sum() == pytest.approx(expected_j)


def test_the_busiest_link_carries_at_least_what_the_busiest_core_hears_from_others(trace):
    mapping = map_network(trace, SEVERAL)
    did = activity(trace, SEVERAL, mapping)
    last = mapping.cores[-1]
    assert {name for name, *_ in last.residents} <= {"hidden1", "output"}
    heard = sum(trace.mean_spikes(pre) for pre in last.axons)
    own = sum(
        trace.mean_spikes(name) * (b - a) / trace.neurons[name]
        for name, a, b in last.residents
        if name in last.axons
    )
    assert did.serial_hops >= heard - own - 1e-9


def test_events_of_an_encoder_enter_beside_the_first_core():
    network = random_network(
        1, code="rate", input_code="poisson", kinds=("dense",), resets=("subtract",)
    )
    plan = NetworkPlan.of(network)
    cores = Placement(plan).onto(16, 10_000)
    assert cores is not None
    assert len(cores) > 1
    flows = traffic(plan, cores)
    (pre,) = [p.name for p in network.inputs]
    assert pre not in homes_of(cores)
    assert set(flows[pre].source) <= {0}


def test_area_of_several_cores_holds_their_routers():
    card = load_card("odin_style")
    areas = [area_m2(card, cores).value for cores in (1, 2, 3, 4)]
    assert areas[1] - 2 * areas[0] == pytest.approx(2 * card["area_of_router_m2"].value)
    steps = [after - before for before, after in pairwise(areas[1:])]
    assert steps[0] == pytest.approx(steps[1])


# Cards


def test_a_card_of_before_links_is_priced_with_the_assumed_ones(trace, tmp_path):
    lines = (FOLDER / "odin_style.yaml").read_text().splitlines()
    starts = [i for i, line in enumerate(lines) if line.strip().rstrip(":") in LINK_KEYS]
    assert len(starts) == len(LINK_KEYS)
    for start in reversed(starts):
        del lines[start : start + 2]
    path = tmp_path / "mine.yaml"
    path.write_text("\n".join(lines))

    card = load_card(path)
    for key in LINK_KEYS:
        assert card[key].status == "assumed"
        assert card[key].source.startswith("not in this card; assumed to be that of odin_style: ")
        assert card[key].value == load_card("odin_style")[key].value
    small = replace(card, limits={**card.limits, "neurons_per_core": 16})
    assert (
        price(trace, small, max_cores=None)
        .totals()
        .equals(price(trace, SEVERAL, max_cores=None).totals())
    )


def test_links_follow_voltage_and_node():
    base, high = load_card("odin_style"), load_card("odin_style:voltage_v=1.0")
    for key in ("energy_per_routed_event_j", "energy_per_router_cycle_j", "router_leakage_power_w"):
        assert high[key].value / base[key].value == pytest.approx((1.0 / 0.55) ** 2)
    older = load_card("odin_style:node_nm=65")
    ratio = older["area_of_router_m2"].value / base["area_of_router_m2"].value
    assert ratio == pytest.approx((65 / 28) ** 2)
