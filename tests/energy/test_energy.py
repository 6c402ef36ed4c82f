"""Published: ODIN's power points. Law: linearity, ranges, conservation. Every refusal with its message."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import yaml
from spikewatt.energy.cards.card import FOLDER, card_names, load_card
from spikewatt.energy.devices.core_mapping import map_network
from spikewatt.energy.devices.neuromorphic_core import power_w
from spikewatt.energy.pricing.price import COLUMNS, battery_life, price, totals
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ..helpers.random_networks import random_input, random_network

DEVICES = ("odin_style", "stm32l4r5", "nrf54l15")


def test_odin_power_points_of_frenkel_2019():
    """Frenkel et al., IEEE TBioCAS 13(1), 2019, doi:10.1109/TBCAS.2018.2880425, section IV-A, via secondary transcription.

    The card's constants come from the same chip: this is a law, not a validation.
    """
    odin = load_card("odin_style")
    assert power_w(odin, 75e6, 37.5e6) == pytest.approx(477e-6, rel=0.01)
    assert power_w(odin, 75e6, 37.5e6) / 37.5e6 == pytest.approx(12.7e-12, rel=0.01)
    assert power_w(odin, 1.3e6, 655e3) == pytest.approx(35e-6, rel=0.01)


def test_one_event_on_one_core_costs_513_cycles_and_256_sops():
    """facts of the simulated RTL: 512 cycles of sweep and one to fetch; E = 8.43 pJ · 256 for the operations."""
    odin = load_card("odin_style")
    network = random_network(3, kinds=("dense",), resets=("subtract",))
    assert sum(p.size for p in network.populations) <= 256
    trace = simulate(network, random_input(network, 4, 1), "reference", steps=6)
    frame = price(trace, odin)
    events = sum(float(counts.sum(axis=1).mean()) for counts in trace.spikes.values())
    operations = frame[frame["component"] == "synaptic operations"]
    assert events > 0
    assert operations["cycles"].sum() == pytest.approx(513 * events)
    assert operations["energy_j"].sum() == pytest.approx(256 * 8.43e-12 * events)


def test_price_is_the_closed_form(trace):
    odin = load_card("odin_style")
    frame = price(trace, odin)
    events = sum(float(counts.sum(axis=1).mean()) for counts in trace.spikes.values())
    steps = trace.steps + 2
    cycles = 513 * events + 512 * steps + 256 + 64 + 10
    expected = (
        8.43e-12 * 256 * events
        + 7.3e-12 * 256 * steps
        + 3.65e-12 * (256 + 64 + 10)
        + 1.78e-12 * cycles
        + 27.3e-6 * cycles / 75e6
    )
    assert frame["cycles"].sum() == pytest.approx(cycles)
    assert frame["time_s"].sum() == pytest.approx(cycles / 75e6)
    assert frame["energy_j"].sum() == pytest.approx(expected)


def test_int8_network_is_macs_times_cycles(trace):
    card = load_card("stm32l4r5")
    frame = price(trace, card)
    ann = frame[frame["workload"] == "int8_ann"]
    cycles = (
        card["cycles_per_mac_dense"].value * (64 * 48 + 48 * 10)
        + card["cycles_per_output"].value * 58
    )
    assert ann["cycles"].sum() == pytest.approx(cycles)
    assert ann["energy_j"].sum() == pytest.approx(cycles * card["energy_per_cycle_j"].value)


def test_software_spiking_network_is_the_closed_form(trace):
    frame = price(trace, "stm32l4r5")
    snn = frame[frame["workload"] == "snn"]
    sops, events = (
        sum(float(c.sum(axis=1).mean()) for c in counts.values())
        for counts in (trace.sops, trace.spikes)
    )
    cycles = 9 * sops + 40 * events + 15 * 122 * trace.steps + 65 * 3 * trace.steps
    assert snn["cycles"].sum() == pytest.approx(cycles)


def test_energy_is_linear_in_every_value_and_the_range_encloses_it(trace):
    for name in DEVICES:
        card = load_card(name)
        base = price(trace, card)
        assert (base["energy_low_j"] <= base["energy_j"]).all()
        assert (base["energy_j"] <= base["energy_high_j"]).all()
        assert (totals(base)["energy_high_j"] > totals(base)["energy_low_j"]).all()
        for key, quantity in card.values.items():
            if (
                not (key.startswith("energy") or key == "leakage_power_w")
                or key == "energy_per_routed_event_j"
            ):
                continue  # one core routes nothing
            energies = []
            for factor in (1.0, 2.0, 3.0):
                scaled = dataclasses.replace(
                    quantity, value=quantity.value * factor, high=quantity.high * 3
                )
                energies.append(
                    price(trace, dataclasses.replace(card, values={**card.values, key: scaled}))[
                        "energy_j"
                    ].sum()
                )
            assert energies[2] - energies[1] == pytest.approx(energies[1] - energies[0])
            assert energies[1] > energies[0]


def test_frame_has_the_published_columns_and_no_holes(trace):
    frame = price(trace, *DEVICES, period_s=1.0)
    assert tuple(frame.columns) == COLUMNS
    assert not frame.isna().any().any()
    assert set(zip(frame["device"], frame["workload"], strict=True)) == {
        ("odin_style", "snn"), ("stm32l4r5", "snn"), ("stm32l4r5", "int8_ann"), ("nrf54l15", "snn"), ("nrf54l15", "int8_ann"),
    }  # fmt: skip
    assert len(frame.attrs["assumptions"]) >= 6


def test_battery_life_is_charge_over_current(trace):
    frame = price(trace, "stm32l4r5", "nrf54l15", period_s=2.0)
    table = battery_life(frame)
    total = totals(frame)["energy_j"].to_numpy()
    np.testing.assert_allclose(table["average_power_w"], total / 2.0)
    ldo = table["device"] == "stm32l4r5"
    np.testing.assert_allclose(table["average_current_a"][ldo], (total / 2.0 / 1.8)[ldo])
    np.testing.assert_allclose(table["average_current_a"][~ldo], (total / 2.0 / 3.0)[~ldo])
    np.testing.assert_allclose(table["battery_life_s"], 0.225 * 3600 / table["average_current_a"])


def test_battery_life_uses_the_card_that_was_priced(trace, tmp_path):
    card = yaml.safe_load((FOLDER / "odin_style.yaml").read_text())
    card["name"] = "my_chip"
    card["values"]["regulator_efficiency"].update(value=0.425, low=0.425)
    (tmp_path / "my_chip.yaml").write_text(yaml.safe_dump(card))
    lives = battery_life(price(trace, "odin_style", str(tmp_path / "my_chip.yaml"), period_s=1.0))[
        "battery_life_s"
    ]
    assert lives[1] == pytest.approx(lives[0] / 2)


def test_range_of_cycles_and_clock_moves_energy_and_leakage(trace):
    card = load_card("odin_style")
    base = price(trace, card)
    for key, low, high in (("cycles_per_sop", 1.0, 4.0), ("clock_hz", 37.5e6, 150e6)):
        wide = price(
            trace,
            dataclasses.replace(
                card,
                values={**card.values, key: dataclasses.replace(card[key], low=low, high=high)},
            ),
        )
        assert wide["energy_j"].sum() == pytest.approx(base["energy_j"].sum())
        assert totals(wide)["energy_low_j"].sum() < totals(base)["energy_low_j"].sum()
        assert totals(wide)["energy_high_j"].sum() > totals(base)["energy_high_j"].sum()


def test_large_networks_use_several_cores_and_each_is_swept(digits):
    from spikewatt.models.networks import build_network
    from spikewatt.sim.conversion.convert import convert

    model = build_network("mlp-64-300-10", digits.input_shape, 10)
    network = convert(model, digits.scaled("train")[:50], input_levels=16)
    trace = simulate(network, digits.scaled("test")[:3], "reference", steps=4)
    with pytest.raises(
        DoesNotFitError,
        match=r"layer 'output': a neuron has at most 256 inputs \(axons_per_core\); got 300; allowed: .*>= 300",
    ):
        price(trace, "odin_style")
    card = load_card("odin_style")
    wide = dataclasses.replace(card, limits={**card.limits, "axons_per_core": 512})
    mapping = map_network(trace, wide)
    assert sum(core.neurons for core in mapping.cores) == 374
    assert all(core.neurons <= 256 and sum(core.axons.values()) <= 512 for core in mapping.cores)
    assert len(mapping.cores) == 2
    listening = sum("input" in core.axons for core in mapping.cores)
    assert listening == 2  # the hidden layer lies on both cores: each sweeps every input spike
    swept = price(trace, wide)
    operations = swept[
        (swept["component"] == "synaptic operations") & (swept["layer"] == "hidden1")
    ]
    assert operations["energy_j"].sum() == pytest.approx(
        2 * 256 * 8.43e-12 * float(trace.spikes["input"].sum(axis=1).mean())
    )


def test_convolution_on_small_cores_listens_to_its_receptive_field_only():
    network = random_network(12, kinds=("conv2d", "pool"), resets=("subtract",))
    trace = simulate(network, random_input(network, 2, 0), "reference", steps=3)
    card = load_card("odin_style")
    assert any(layer.kind == "conv2d" for layer in trace.layers)
    limits = {
        **card.limits,
        "neurons_per_core": 16,
        "axons_per_core": max(layer.fan_in for layer in trace.layers),
    }
    mapping = map_network(trace, dataclasses.replace(card, limits=limits))
    placed = {
        name: sum(
            last - first for core in mapping.cores for n, first, last in core.residents if n == name
        )
        for name in trace.neurons
    }
    assert placed == trace.neurons
    assert all(sum(core.axons.values()) <= limits["axons_per_core"] for core in mapping.cores)
    assert len(mapping.cores) > 1


def test_max_pooling_does_not_run_on_the_core(cnn_network, digits):
    trace = simulate(cnn_network, digits.scaled("test")[:2], "reference", steps=3)
    with pytest.raises(DoesNotFitError, match="layer 'max1': the core integrates and fires"):
        price(trace, "odin_style")


def test_wide_weights_do_not_fit(mlp, digits):
    trace = simulate(
        convert(mlp, digits.scaled("train")[:50], weight_bits=12, input_levels=16),
        digits.scaled("test")[:1],
        "reference",
        steps=2,
    )
    with pytest.raises(
        DoesNotFitError, match="weights fit into its synapses; got 12 bits; allowed: <= 8"
    ):
        price(trace, "odin_style")
    with pytest.raises(DoesNotFitError, match="snn: weights are int8, the network's have 12 bits"):
        price(trace, "stm32l4r5")


@pytest.mark.parametrize(
    ("code", "input_code", "match"),
    [("radix", "if", "radix doubles the accumulator"), ("sync_rate", "bitplane", "radix doubles"), ("signed", "if", "a negative spike"),
     ("rate", "analog", "needs a host that multiplies")],
)  # fmt: skip
def test_codes_that_the_core_cannot_execute_are_not_priced_there(code, input_code, match):
    network = random_network(
        1, code=code, input_code=input_code, kinds=("dense",), resets=("subtract",)
    )
    trace = simulate(
        network, random_input(network, 2, 0), "reference", 4 if code == "rate" else None
    )
    with pytest.raises(DoesNotFitError, match=match):
        price(trace, "odin_style")
    assert price(trace, "stm32l4r5")["energy_j"].sum() > 0


def test_bad_pricing(trace, mlp, digits):
    from spikewatt.sim.conversion.convert import convert

    with pytest.raises(
        SpikewattError, match="must name a device card.*got 'abacus'; allowed: .*odin_style"
    ):
        price(trace, "abacus")
    other = convert(mlp, digits.scaled("train")[:500], input_levels=16, weight_bits=6)
    with pytest.raises(SpikewattError, match="must be the network that left the trace; got"):
        price(trace, "stm32l4r5", network=other)
    with pytest.raises(SpikewattError, match="one inference fits into the period"):
        price(trace, "stm32l4r5", period_s=1e-6)
    with pytest.raises(
        SpikewattError, match="must be devices that compute; got cr2032 is a battery"
    ):
        price(trace, "cr2032")
    with pytest.raises(
        SpikewattError, match="must have different names; got .*odin_style.*odin_style"
    ):
        price(trace, "odin_style", "odin_style")
    with pytest.raises(SpikewattError, match="must be a time in seconds; got nan"):
        price(trace, "odin_style", period_s=float("nan"))
    with pytest.raises(SpikewattError, match="must be priced with a period"):
        battery_life(price(trace, "odin_style"))
    with pytest.raises(SpikewattError, match="must name at least one device"):
        price(trace)
    with pytest.raises(SpikewattError, match="card 'odin_style': must price 'energy_per_hop_j'"):
        load_card("odin_style")["energy_per_hop_j"]


def test_events_of_an_encoder_come_from_outside_the_core(mlp, digits):
    """Law: one access per event in place of one per pixel, and no neuron for an input; weighted and negative events do not fit."""
    x, calibration = digits.scaled("test")[:5], digits.scaled("train")[:100]
    card = load_card("odin_style")

    def run(input_code):
        return simulate(
            convert(mlp, calibration, input_levels=16, input_code=input_code), x, "reference", 8
        )

    trace = run("poisson")
    assert map_network(trace, card).cores[0].neurons == 48 + 10
    frame = price(trace, "odin_style")
    load = frame[frame["component"] == "input load"]["energy_j"].sum()
    assert load == pytest.approx(
        trace.spikes["input"].sum() / 5 * card["energy_per_neuron_access_j"].value
    )
    assert any("made outside of the core" in line for line in frame.attrs["assumptions"])
    for code, match in (
        ("phase", "an event of the input has one worth"),
        ("signed_poisson", "an event of the input is positive"),
    ):
        with pytest.raises(DoesNotFitError, match=match):
            price(run(code), "odin_style")
    assert any(
        "an encoder is taken to cost" in line
        for line in price(run("phase"), "stm32l4r5").attrs["assumptions"]
    )


@pytest.mark.parametrize("name", card_names())
def test_every_card_value_has_provenance(name):
    card = load_card(name)
    assert card.values
    for quantity in card.values.values():
        assert quantity.low <= quantity.value <= quantity.high
        assert quantity.source
        assert quantity.conditions


BROKEN = {
    "unit": (
        lambda c: c["values"]["energy_per_sop_j"].update(unit=""),
        "energy_per_sop_j: must have a unit; got none",
    ),
    "dimension": (
        lambda c: c["values"]["energy_per_sop_j"].update(unit="MHz"),
        "unit of the right dimension; got 'MHz'",
    ),
    "range": (
        lambda c: c["values"]["energy_per_sop_j"].update(low=99),
        "must satisfy 0 <= low <= value <= high; got 99",
    ),
    "negative": (lambda c: c["values"]["energy_per_sop_j"].update(low=-1), "must satisfy 0 <= low"),
    "missing": (lambda c: c["values"].pop("energy_per_sop_j"), "got missing keys energy_per_sop_j"),
    "unknown": (
        lambda c: c["values"].update(energy_per_hop_j=c["values"]["energy_per_sop_j"]),
        "got unknown keys energy_per_hop_j",
    ),
    "status": (
        lambda c: c["values"]["energy_per_sop_j"].update(status="guessed"),
        "energy_per_sop_j.status: .*'guessed'",
    ),
    "top": (lambda c: c.update(colour="red"), "colour: unknown key; got 'red'"),
    "twice": (None, "must be YAML; got key 'clock_hz' stands twice"),
    "bool": (
        lambda c: c["values"]["energy_per_sop_j"].update(value=True),
        "energy_per_sop_j.value: Input should be a valid number; got True",
    ),
    "infinite": (
        lambda c: c["values"]["energy_per_sop_j"].update(high=float("inf")),
        "should be a finite number",
    ),
    "no cores": (
        lambda c: c["limits"].update(neurons_per_core=0),
        "neurons_per_core: must be at least 1; got 0",
    ),
    "clock 0": (
        lambda c: c["values"]["clock_hz"].update(low=0, value=0),
        "clock_hz: must be above 0",
    ),
    "no unit": (
        lambda c: c["values"]["energy_per_sop_j"].update(unit="MHz/"),
        "unit of the right dimension; got 'MHz/'",
    ),
    "no source": (
        lambda c: c["values"]["energy_per_sop_j"].pop("source"),
        "source: Field required; got nothing",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_cards(case, tmp_path):
    change, match = BROKEN[case]
    card = yaml.safe_load((FOLDER / "odin_style.yaml").read_text())
    path = tmp_path / "card.yaml"
    if change:
        change(card)
        path.write_text(yaml.safe_dump(card))
    else:
        path.write_text(
            (FOLDER / "odin_style.yaml")
            .read_text()
            .replace("  energy_per_sop_j:", "  clock_hz: 1\n  energy_per_sop_j:")
        )
    with pytest.raises(SpikewattError, match=match):
        load_card(path)
