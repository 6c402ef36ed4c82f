"""Neuromorphic cores. Published: ODIN's power points. Law: mappings, events, closed forms."""

from __future__ import annotations

import dataclasses

import pytest
from spikewatt.energy.cards.load import FOLDER, load_card
from spikewatt.energy.cores.receptive_field import OUTSIDE, _field, receptive_field
from spikewatt.energy.devices.core.mapping import core_table, map_network
from spikewatt.energy.devices.neuromorphic_core import power_w
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection_kinds import CONNECTION_KINDS, ConnectionKind
from spikewatt.sim.network.synapses import unroll
from spikewatt.sim.trace.layer_summary import summarise

from ..helpers.cards import with_limits
from ..helpers.random_networks import random_input, random_network


def operations(trace, device):
    """The rows of synaptic operations."""
    return price(trace, device, max_cores=None).frame.query("component == 'synaptic operations'")


def chain(code: str, input_code: str = "if"):
    """A random chain of dense layers."""
    return random_network(
        1, code=code, input_code=input_code, kinds=("dense",), resets=("subtract",)
    )


# Energy and time


def test_odin_power_points_of_frenkel_2019():
    """Frenkel et al., IEEE TBioCAS 13(1), 2019, doi:10.1109/TBCAS.2018.2880425, section IV-A.

    Via secondary transcription. The card's constants come from the same chip: this is a law, not a
    validation.
    """
    odin = load_card("odin_style")
    assert power_w(odin, 75e6, 37.5e6) == pytest.approx(477e-6, rel=0.01)
    assert power_w(odin, 75e6, 37.5e6) / 37.5e6 == pytest.approx(12.7e-12, rel=0.01)
    assert power_w(odin, 1.3e6, 655e3) == pytest.approx(35e-6, rel=0.01)


def test_one_event_on_one_core_costs_513_cycles_and_256_sops():
    """The simulated RTL: 512 cycles of sweep and one to fetch; 8.43 pJ · 256 for the operations."""
    network = random_network(3, kinds=("dense",), resets=("subtract",))
    assert sum(p.size for p in network.populations) <= 256
    trace = simulate(network, random_input(network, 4, 1), "reference", steps=6)
    rows, events = operations(trace, "odin_style"), trace.mean_spikes()
    assert events > 0
    assert rows["cycles"].sum() == pytest.approx(513 * events)
    assert rows["energy_j"].sum() == pytest.approx(256 * 8.43e-12 * events)


def test_price_is_the_closed_form(trace):
    frame = price(trace, "odin_style").frame
    events, steps = trace.mean_spikes(), trace.steps + 2
    accesses = 256 + 64 + 10
    cycles = 513 * events + 512 * steps + accesses
    expected = (
        8.43e-12 * 256 * events
        + 7.3e-12 * 256 * steps
        + 3.65e-12 * accesses
        + 1.78e-12 * cycles
        + 27.3e-6 * cycles / 75e6
    )
    assert frame["cycles"].sum() == pytest.approx(cycles)
    assert frame["time_s"].sum() == pytest.approx(cycles / 75e6)
    assert frame["energy_j"].sum() == pytest.approx(expected)


def test_zero_skipping_pays_for_weights_that_are_not_zero(trace):
    card = with_limits(zero_skipping=1)
    rows, nonzero = operations(trace, card), trace.mean_operations(ledger="nonzero")
    assert rows["energy_j"].sum() == pytest.approx(card["energy_per_sop_j"].value * nonzero)
    assert rows["cycles"].sum() == pytest.approx(2 * nonzero + trace.mean_spikes())
    skipping, sweeping = (price(trace, c).frame["energy_j"].sum() for c in (card, "odin_style"))
    assert skipping < sweeping


# Mapping


def test_area_loading_and_table_of_a_mapping(trace):
    card = load_card("odin_style")
    mapping = map_network(trace, card)
    assert mapping.memory_bits == 256 * 256 * 8
    assert mapping.area_m2(card).value == pytest.approx(65536 * 8 * 0.17e-12 + 41835e-12)
    (row,) = core_table(mapping)
    assert (row["neurons"], row["axons"], row["neurons_used"]) == (122, 112, 122 / 256)
    assert "64 KiB of weights" in mapping.loading(card)


def test_the_area_of_odin_is_that_of_the_chip():
    """0.0864 mm², of the same paper as the power points."""
    odin = load_card("odin")
    synapses_m2 = 65536 * 4 * odin["area_per_synapse_bit_m2"].value
    area_m2 = synapses_m2 + odin["area_besides_synapses_m2"].value
    assert area_m2 == pytest.approx(0.0864e-6, rel=0.01)


def test_one_sign_per_axon_doubles_axons_and_events(trace):
    two, one = load_card("odin_style"), with_limits(signs_per_axon=1)
    mixed = {layer.pre: layer.mixed_axons for layer in trace.layers}
    assert mixed["hidden1"] > 0.9 * 48  # of random signs nearly all
    plain, doubled = map_network(trace, two), map_network(trace, one)
    assert doubled.axons == plain.axons + sum(mixed.values())

    energies = [operations(trace, card)["energy_j"].to_numpy() for card in (two, one)]
    for layer, once, twice in zip(trace.layers, *energies, strict=True):
        more = mixed[layer.pre] / trace.neurons[layer.pre]
        assert twice / once == pytest.approx(1 + more)

    match = r"\(axons with weights of both signs count twice\); got .*axons_per_core=128"
    with pytest.raises(DoesNotFitError, match=match):
        map_network(trace, with_limits(signs_per_axon=1, axons_per_core=70))


def test_large_networks_use_several_cores_and_each_is_swept(digits):
    from spikewatt.models.networks import build_network

    model = build_network("mlp-64-300-10", digits.input_shape, 10)
    network = convert(model, digits.scaled("train")[:50], input_levels=16)
    trace = simulate(network, digits.scaled("test")[:3], "reference", steps=4)
    match = (
        r"layer 'output': a neuron has at most 256 inputs \(axons_per_core\); "
        "got 300; allowed: .*>= 300"
    )
    with pytest.raises(DoesNotFitError, match=match):
        price(trace, "odin_style")

    wide = with_limits(axons_per_core=512)
    mapping = map_network(trace, wide)
    assert len(mapping.cores) == 2
    assert sum(core.neurons for core in mapping.cores) == 374
    assert all(core.neurons <= 256 and core.axons_used <= 512 for core in mapping.cores)

    # The hidden layer lies on both cores: each sweeps every input spike.
    assert all("input" in core.axons for core in mapping.cores)
    (energy_j,) = operations(trace, wide).query("layer == 'hidden1'")["energy_j"]
    assert energy_j == pytest.approx(2 * 256 * 8.43e-12 * trace.mean_spikes("input"))


def test_convolution_on_small_cores_listens_to_its_receptive_field_only():
    network = random_network(12, kinds=("conv2d", "pool"), resets=("subtract",))
    trace = simulate(network, random_input(network, 2, 0), "reference", steps=3)
    assert any(layer.kind == "conv2d" for layer in trace.layers)

    axons = max(layer.fan_in for layer in trace.layers)
    mapping = map_network(trace, with_limits(neurons_per_core=16, axons_per_core=axons))
    residents = [part for core in mapping.cores for part in core.residents]
    placed = dict.fromkeys(trace.neurons, 0)
    for name, first, last in residents:
        placed[name] += last - first
    assert placed == trace.neurons
    assert all(core.axons_used <= axons for core in mapping.cores)
    assert len(mapping.cores) > 1


def test_every_kind_of_connection_has_a_receptive_field():
    assert CONNECTION_KINDS
    general = _field.dispatch(ConnectionKind)
    for kind in CONNECTION_KINDS.values():
        assert _field.dispatch(type(kind)) is not general, kind


@pytest.mark.parametrize("seed", range(4))
def test_a_receptive_field_is_where_the_synapses_come_from(seed):
    """Second implementation: the explicit matrix of the connection."""
    network = random_network(seed, residual=True, resets=("subtract",))
    layers = summarise(network)
    assert len(layers) > 3
    for layer, connection in zip(layers, network.connections, strict=True):
        matrix = unroll(connection, layer.pre_shape, layer.post_shape)
        field = receptive_field(layer)
        for neuron in {0, layer.post_neurons // 2, layer.post_neurons - 1}:
            inputs = set(matrix[[neuron]].indices)
            marked = set(field.inputs(neuron, neuron + 1).ravel()) - {OUTSIDE}
            # Rows that a pool leaves out at the border may be marked.
            assert inputs <= marked if layer.pooled else inputs == marked


# What does not fit


def test_narrow_potentials_do_not_fit(trace):
    with pytest.raises(DoesNotFitError, match=r"potentials fit; got \d+ bits; allowed: <= 9"):
        price(trace, with_limits(state_bits=9))


def test_wide_weights_do_not_fit(mlp, digits):
    network = convert(mlp, digits.scaled("train")[:50], weight_bits=12, input_levels=16)
    trace = simulate(network, digits.scaled("test")[:1], "reference", steps=2)
    match = "weights fit into its synapses; got 12 bits; allowed: <= 8"
    with pytest.raises(DoesNotFitError, match=match):
        price(trace, "odin_style")


def test_wide_weights_do_not_fit_software_and_int8_stays_what_it_was(mlp, digits):
    """The int8 network is the user's, whose weights are bytes whatever a conversion asks for."""
    calibration, x = digits.scaled("train")[:50], digits.scaled("test")[:1]

    def priced(weight_bits: int):
        network = convert(mlp, calibration, weight_bits=weight_bits, input_levels=16)
        return price(simulate(network, x, "reference", steps=2), "stm32l4r5")

    wide, bytes_ = priced(12), priced(8)
    assert list(wide.totals()["workload"]) == ["int8_ann"]
    assert wide.bills[0].total("int8_ann") == bytes_.bills[0].total("int8_ann")
    assert any("weights are int8, the network's have 12 bits" in said for said in wide.assumptions)


def test_max_pooling_does_not_run_on_the_core(cnn_network, digits):
    trace = simulate(cnn_network, digits.scaled("test")[:2], "reference", steps=3)
    with pytest.raises(DoesNotFitError, match="layer 'max1': the core integrates and fires"):
        price(trace, "odin_style")


def test_inputs_that_no_empty_core_has_axons_for(trace):
    """Dense layers share one set of axons: two populations into one need both."""
    layers = [dataclasses.replace(layer, fan_in=1) for layer in trace.layers]
    narrow = dataclasses.replace(trace, layers=tuple(layers))
    match = "layer 'hidden1': its inputs fit 60 axons; got 64; allowed: .*axons_per_core=64"
    with pytest.raises(DoesNotFitError, match=match):
        map_network(narrow, with_limits(axons_per_core=60))


@pytest.mark.parametrize(
    ("code", "input_code", "match"),
    [
        ("radix", "if", "radix doubles the accumulator"),
        ("sync_rate", "bitplane", "radix doubles"),
        ("signed", "if", "a negative spike"),
        ("rate", "analog", "needs a host that multiplies"),
    ],
)
def test_codes_that_the_core_cannot_execute_are_not_priced_there(code, input_code, match):
    network = chain(code, input_code)
    steps = 4 if code == "rate" else None
    trace = simulate(network, random_input(network, 2, 0), "reference", steps)
    with pytest.raises(DoesNotFitError, match=match):
        price(trace, "odin_style")
    assert price(trace, "stm32l4r5").frame["energy_j"].sum() > 0


def test_radix_runs_on_a_core_with_a_doubling_accumulator():
    network = chain("radix")
    trace = simulate(network, random_input(network, 2, 0), "reference")
    assert price(trace, with_limits(doubling_accumulator=1)).frame["energy_j"].sum() > 0


def test_a_reset_to_zero_runs_where_the_card_says_so():
    """ODIN does just that; the core of this project subtracts."""
    network = random_network(2, kinds=("dense",), resets=("zero",))
    trace = simulate(network, random_input(network, 1, 0), "reference", 3)
    assert price(trace, "odin_style").frame["energy_j"].sum() > 0
    for card in ("reference_core", "odin_style:reset_to_zero=0"):
        with pytest.raises(DoesNotFitError, match="a reset to zero is not a subtraction"):
            price(trace, card)


def test_a_card_of_before_says_nothing_of_resets_and_subtracts(tmp_path):
    text = (FOLDER / "odin_style.yaml").read_text()
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("  reset_to_zero: 1\n", ""))
    assert load_card(path).limits["reset_to_zero"] == 0


def test_events_of_an_encoder_come_from_outside_the_core(mlp, digits):
    """Law: an access per event in place of one per pixel, and no neuron for an input."""
    calibration = digits.scaled("train")[:100]

    def run(input_code):
        network = convert(mlp, calibration, input_levels=16, input_code=input_code)
        return simulate(network, digits.scaled("test")[:5], "reference", 8)

    trace, card = run("poisson"), load_card("odin_style")
    assert map_network(trace, card).cores[0].neurons == 48 + 10

    prices = price(trace, card)
    loaded_j = prices.frame.query("component == 'input load'")["energy_j"].sum()
    access_j = card["energy_per_neuron_access_j"].value
    assert loaded_j == pytest.approx(trace.mean_spikes("input") * access_j)
    assert any("made outside of the core" in line for line in prices.assumptions)

    for code, match in (
        ("phase", "an event of the input has one worth"),
        ("signed_poisson", "an event of the input is positive"),
    ):
        with pytest.raises(DoesNotFitError, match=match):
            price(run(code), "odin_style")
    on_software = price(run("phase"), "stm32l4r5").assumptions
    assert any("An encoder is taken to cost" in line for line in on_software)


def test_odin_itself_prices_no_other_network(trace):
    match = "device 'odin': executes what was trained for its 3-bit weights"
    with pytest.raises(DoesNotFitError, match=match):
        price(trace, "odin")
