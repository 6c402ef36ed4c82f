"""Law: the options of a conversion are defined once; everything that shows them shows the same."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.options import ConversionOptions
from spikewatt.sim.network.codes import CODES, Radix
from spikewatt.sim.network.neurons import Zero

FIELDS = ConversionOptions.model_fields


def test_convert_shows_every_option():
    parameters, text = inspect.signature(convert).parameters, str(convert.__doc__)
    first, *rest = FIELDS
    assert list(parameters) == ["model", "calibration", first, "progress", *rest]
    for name, field in FIELDS.items():
        assert parameters[name].default == field.default
        assert f"    {name} : " in text
    assert "OPTIONS" not in text
    assert max(len(line) for line in text.splitlines()) <= 100


def test_every_option_is_described():
    texts = [field.description for field in FIELDS.values()]
    assert all(texts)
    assert len(set(texts)) == len(texts) > 10


def test_options_are_keywords_after_the_code(mlp):
    x = np.zeros((2, 8, 8, 1))
    with pytest.raises(TypeError, match="positional"):
        convert(mlp, x, "radix", 5)  # type: ignore[call-arg]  # five bits? five steps?
    by_name = inspect.signature(convert).parameters
    for name in list(FIELDS)[1:]:
        assert by_name[name].kind is inspect.Parameter.KEYWORD_ONLY


def test_an_unknown_option_names_the_known_ones(mlp):
    match = "convert.bits: is not an option; allowed: code, weight_bits, input_levels"
    with pytest.raises(SpikewattError, match=match):
        convert(mlp, np.zeros((2, 8, 8, 1)), bits=5)


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"weight_bits": 1}, "weight_bits: must be a width of signed weights; got 1; .*2..16"),
        ({"weight_bits": True}, "weight_bits: must be a width of signed weights; got True"),
        ({"input_levels": 0}, "input_levels: must be a number of input levels; got 0"),
        ({"bias_correction": 101}, "bias_correction: must be a number of sweeps; got 101"),
        ({"input_max": float("nan")}, "input_max: must be the largest input value; got nan"),
        ({"code": "morse"}, "code: must be a known code; got 'morse'; allowed: radix, rate"),
        ({"input_code": "morse"}, "input_code: must be a known input code; got 'morse'"),
        ({"method": 3}, "method: must name a method or be a Method; got 3"),
        ({"reset": "half"}, "reset: must be a known reset; got 'half'"),
        ({"readout": "x"}, "readout: must be a known read-out; got 'x'"),
        ({"per_channel": "yes"}, "per_channel: .*; got 'yes'"),
        ({"steps": 8}, "steps: rate is simulated for any number of steps; got 8"),
        ({"code": "radix", "steps": 17}, r"steps: must be a number of steps; got 17; .*1..16"),
        ({"code": "radix", "steps": {"a": 0}}, r"steps\['a'\]: must be a number of steps; got 0"),
        ({"code": "signed", "input_code": "phase"}, "input_code: phase drives a streaming rate"),
        ({"input_code": "bitplane"}, "input_code: under rate an input drives every step"),
        ({"bias_correction": 1}, "bias_correction: needs an exact code; .*radix, sync_rate"),
        ({"code": "radix", "readout": "spikes"}, "readout: spikes of the output are counted in a"),
        ({"code": "radix", "method": "robust"}, "method 'robust': is defined for some codes"),
        ({"code": "signed", "reset": "zero"}, "reset: a reset to zero loses value"),
    ],
    ids=str,
)
@pytest.mark.parametrize("prefix", ["convert.", "run.yaml: "])
def test_a_law_that_is_broken_is_said_with_the_prefix_of_the_caller(prefix, values, match):
    with pytest.raises(SpikewattError, match=f"^{prefix}{match}"):
        ConversionOptions.checked(prefix, values)


def test_facts_take_names_and_objects():
    options = ConversionOptions.checked("convert.", {"code": Radix(), "steps": np.int64(3)})
    assert options.code == "radix"
    assert options.spike_code is CODES["radix"]
    assert options.steps == 3
    assert ConversionOptions.checked("", {"reset": Zero()}).rules.reset == "zero"


def test_a_configuration_can_inherit_them():
    """Steps are simulated ones there, under rate: that law alone is its own."""

    class Job(ConversionOptions):
        epochs: int = 3

        def _check_steps(self):
            assert isinstance(self.steps, int | None)

    job = Job.checked("job.yaml: ", {"epochs": 4, "steps": 64, "weight_bits": 6})
    assert (job.epochs, job.steps, job.weight_bits) == (4, 64, 6)
    with pytest.raises(SpikewattError, match="job.yaml: weight_bits: must be a width"):
        Job.checked("job.yaml: ", {"weight_bits": 99})
    with pytest.raises(SpikewattError, match="job.yaml: epochs: .*integer"):
        Job.checked("job.yaml: ", {"epochs": "many"})
    with pytest.raises(
        SpikewattError, match="job.yaml: epoch: is not an option; allowed: .*epochs"
    ):
        Job.checked("job.yaml: ", {"epoch": 3})
