"""fit: sizes without data are those of the converted network, and every refusal has its reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.analysis.report.fits import fit_findings
from spikewatt.energy.devices.core.mapping import map_network
from spikewatt.energy.devices.fit_network import default_cards, fit
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.options import ConversionOptions
from spikewatt.sim.conversion.without_data import Simulated, plan_without_data
from spikewatt.sim.engines.schedule import schedule
from spikewatt.sim.engines.state_width import state_width
from spikewatt.sim.trace.blueprint import NetworkPlan

from ...helpers.cards import with_limits

CODES = (("rate", 16), ("radix", None), ("sync_rate", None), ("signed", None))


# What is known without data


@pytest.mark.parametrize(("code", "steps"), CODES)
def test_a_plan_without_data_has_the_layers_of_the_conversion(code, steps, mlp, cnn, digits):
    """Second implementation: `convert`, with data; weights that round to 0 may be others."""
    for model in (mlp, cnn):
        if code == "signed" and model is cnn:
            continue  # max pooling has no negative spikes
        options = {"code": code, "input_levels": 16}
        network = convert(model, digits.scaled("train")[:100], **options)
        found = plan_without_data(model, ConversionOptions.checked("", options), Simulated(steps))
        expected = NetworkPlan.of(network, steps)

        same = [
            [replace(layer, nonzero_synapses=0, mixed_axons=0) for layer in plan.layers]
            for plan in (found, expected)
        ]
        assert same[0] == same[1]
        assert len(same[0]) >= 2
        assert found.neurons == expected.neurons
        assert found.settings.resets == expected.settings.resets

        # Law: the width without thresholds is a bound on that with them.
        needed = state_width(network, schedule(network, steps))
        assert needed <= found.settings.state_bits <= needed + 12
        assert found.bounded
        assert not expected.bounded


def test_untrained_weights_are_taken_to_be_as_large_as_they_can():
    (first, *_) = fit("mlp-64-48-10", "odin_style", steps=32).fits
    assert first.fits == "yes"
    widest = 3 * 64 * 127 * 32  # 64 inputs, 32 steps; the output adds up less
    note = f"potentials at {widest.bit_length() + 1} bits"
    assert any(note in line for line in fit("mlp-64-48-10", "odin_style", steps=32).notes)
    assert any("untrained" in line for line in fit("mlp-64-48-10", "odin_style").notes)


def test_a_trace_a_network_and_a_model_fit_alike(trace, mlp, digits, tmp_path):
    network = convert(mlp, digits.scaled("train")[:100], input_levels=16)
    network.save(tmp_path / "my.spk")
    mlp.save(tmp_path / "my.keras")
    found = [
        fit(given, "odin_style", "stm32l4r5", **options).frame
        for given, options in (
            (trace, {}),
            (network, {}),
            (tmp_path / "my.spk", {}),
            (mlp, {"input_levels": 16}),
            (str(tmp_path / "my.keras"), {"input_levels": 16}),
        )
    ]
    assert len(found[0]) == 3
    for other in found[1:]:
        assert other.equals(found[0])


def test_fit_says_what_price_says(trace):
    fits = fit(trace, "odin_style", "stm32l4r5").frame
    totals = price(trace, "odin_style", "stm32l4r5", host=None).totals()
    for key in ("device", "workload", "cores", "mm2", "memory_bytes"):
        assert fits[key].equals(totals[key]), key
    assert (fits["fits"] == "yes").all()
    assert fits.loc[0, "used_bytes"] == 122 * 112 + 122 * 16
    assert (fits["flash_bytes"][1:] + fits["ram_bytes"][1:] == fits["memory_bytes"][1:]).all()


# What does not fit, and what would


def test_a_closed_form_of_a_network_of_dense_layers():
    """784 + 48 + 10 neurons listen to 784 + 48; powers of two hold 1,024 of each."""
    (found,) = fit("mlp-784-48-10", "odin_style").fits
    assert found.fits == "no"
    assert found.why_not == (
        "layer 'hidden1': a neuron has at most 256 inputs (axons_per_core); got 784"
    )
    assert found.nearest == "odin_style:neurons_per_core=1024,axons_per_core=1024"
    size = found.nearest_footprint
    assert size is not None
    assert size.cores == 1
    assert size.memory_bytes == 1024 * 1024 + 1024 * 16
    assert fit("mlp-784-48-10", found.nearest).fits[0].fits == "yes"


def test_more_cores_than_allowed_are_counted_and_said(trace):
    small = "odin_style:neurons_per_core=64,axons_per_core=128"
    (found,) = fit(trace, small).fits
    assert found.fits == "no"
    assert found.footprint is not None
    assert found.footprint.cores == 2
    assert found.nearest == "odin_style:neurons_per_core=128,axons_per_core=128"
    (allowed,) = fit(trace, small, max_cores="any").fits
    assert allowed.footprint is not None
    assert (allowed.fits, allowed.nearest, allowed.footprint.cores) == ("yes", None, 2)


def test_where_no_single_core_does_more_of_them_are_named():
    (found,) = fit("lenet", "odin_style").fits
    assert found.nearest == "odin_style:axons_per_core=1024"
    assert found.nearest_footprint is not None
    assert (found.nearest_footprint.cores or 0) > 1
    assert "no geometry of the parametric core holds its 19,694 neurons on 1 core" in found.why_none
    assert len(found.misfits) == 3  # conv2, hidden1, output


def test_a_width_that_is_only_a_bound_is_no_refusal(mlp):
    narrow = with_limits(state_bits=12)
    (found,) = fit(mlp, narrow).fits
    assert found.fits == "perhaps"
    assert found.why_not.startswith("potentials fit; got ")
    assert found.footprint is not None
    assert found.footprint.cores == 1
    shown = fit_findings([fit(mlp, narrow)])
    assert any("odin_style: snn may not fit: potentials fit" in line for line in shown.notes)


def test_a_bound_is_none_of_a_network_whose_thresholds_are_known(mlp, digits):
    network = convert(mlp, digits.scaled("train")[:50], input_levels=16)
    (found,) = fit(network, with_limits(state_bits=9)).fits
    assert found.fits == "no"
    assert found.footprint is None
    with pytest.raises(DoesNotFitError, match="potentials fit"):
        map_network(NetworkPlan.of(network), with_limits(state_bits=9))


def test_flash_and_ram_that_are_too_small_are_said():
    rows = fit("mlp-784-1000-10", "stm32g0b1").frame
    assert list(rows["fits"]) == ["no", "no"]
    assert all("flash_bytes" in why for why in rows["why_not"])
    assert (rows["flash_bytes"] > rows["flash_there_bytes"]).all()


def test_codes_and_widths_that_a_core_lacks_are_said():
    (radix,) = fit("mlp-64-48-10", "odin_style", code="radix").fits
    assert "radix doubles the accumulator" in radix.why_not
    assert radix.nearest is None
    (wide,) = fit("mlp-64-48-10", "odin_style", weight_bits=12).fits
    assert wide.why_not == "weights fit into its synapses; got 12 bits"
    (analog,) = fit("mlp-64-48-10", "odin_style", input_code="analog").fits
    assert analog.fits == "yes"  # beside a host, which the notes say
    assert "host" in fit("mlp-64-48-10", "odin_style", input_code="analog").notes[-1]
    (chip,) = fit("mlp-64-48-10", "odin").fits
    assert "executes what was trained for its 3-bit weights" in chip.why_not


def test_by_default_a_core_and_every_microcontroller():
    names = [card.name for card in default_cards()]
    assert names[0] == "odin_style"
    assert len(names) >= 8
    assert all(card.kind.runs_kernels for card in default_cards()[1:])


@pytest.mark.parametrize(
    ("network", "devices", "options", "match"),
    [
        ("resnet", (), {}, "network: must name a network or be the path of a file"),
        ("nothing.keras", (), {}, "no such file"),
        ("nothing.spk", (), {}, "nothing.spk"),
        ("lenet", ("cr2032",), {}, "fit.devices: must be neuromorphic cores or microcontrollers"),
        ("lenet", ("rule_ac_mac_45nm",), {}, "rule_ac_mac_45nm is a rule"),
        ("lenet", ("odin_style", "odin_style"), {}, "fit.devices: must have different names"),
        ("lenet", (), {"max_cores": 0}, "fit.max_cores: must be a number of cores"),
        ("lenet", (), {"colour": "red"}, "fit.colour"),
        ("lenet", (), {"weight_bits": 1}, "fit.weight_bits: must be a width"),
        ("lenet", (), {"input_shape": (28, 0, 1)}, "fit.input_shape: must be the size of an axis"),
        ("lenet", (), {"steps": 0}, "must be a number of steps"),
        (np.ones(3), (), {}, "must be a built Keras 3"),
        (np.ones(3), (), {"classes": 3}, "fit.classes: goes with a name of a network; got 3"),
    ],
)
def test_bad_input_is_refused_with_its_law(network, devices, options, match):
    with pytest.raises(SpikewattError, match=match):
        fit(network, *devices, **options)


def test_options_of_a_conversion_go_with_a_network_to_convert(trace):
    with pytest.raises(SpikewattError, match="options of a conversion go with a network to conv"):
        fit(trace, code="radix")
    with pytest.raises(SpikewattError, match="fit.steps: are those of the trace; got 3"):
        fit(trace, steps=3)


def test_memory_that_nobody_said_is_no_limit_and_is_not_shown():
    told, untold = "cortex-m4:clock_mhz=100,flash_kib=512,ram_kib=128", "cortex-m4:clock_mhz=100"
    found = fit("mlp-64-48-10", told, untold)
    rows = found.frame.set_index(["device", "workload"])
    assert (rows["fits"] == "yes").all()
    assert rows.loc[told, "flash_there_bytes"].tolist() == [524_288] * 2
    assert rows.loc[untold, "flash_there_bytes"].isna().all()
    (table, _) = fit_findings([found])
    shown = {column.title: column for column in table.columns}["flash"]
    cells = shown.shown(found.frame.to_dict("records"), {shown.unit: None}).cells
    assert [" of " in str(cell) for cell in cells] == [True, True, False, False]
