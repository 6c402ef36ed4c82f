"""The options of a conversion, as the signature and the docstring of a function show them."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import TypeVar

from .options import ConversionOptions

TYPES = {
    "weight_bits": "int",
    "input_levels": "int",
    "input_max": "float",
    "steps": "int or mapping from layer to int",
    "mean_steps": "float",
    "per_channel": "bool",
    "bias_correction": "int",
    "clip_per_channel": "bool",
    "method": "str or Method",
}
WIDTH = 94
Function = TypeVar("Function", bound=Callable)


def takes_options(function: Function) -> Function:
    """Give a function the signature and the text of the options.

    Parameters
    ----------
    function : function
        Its last parameter is ``**options``; the line OPTIONS of its docstring becomes their list.
    """
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    names = [name for name in ConversionOptions.model_fields if name not in signature.parameters]
    rest = [_parameter(name) for name in names]

    shown = signature.replace(parameters=[*own, *rest])
    vars(function)["__signature__"] = shown
    if function.__doc__:  # there is none under python -OO
        function.__doc__ = function.__doc__.replace("    OPTIONS\n", option_text())

    return function


def _parameter(name: str) -> inspect.Parameter:
    default = ConversionOptions.model_fields[name].default
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)


def option_text(indent: str = "    ") -> str:
    """The entries of all options, as a docstring lists them."""
    text = ""
    for name, field in ConversionOptions.model_fields.items():
        kind = TYPES.get(name, "str")
        text += f"{indent}{name} : {kind}, default {field.default!r}\n"

        description = str(field.description)
        sentence = description[0].upper() + description[1:] + "."
        for line in textwrap.wrap(sentence, WIDTH - len(indent)):
            text += f"{indent}    {line}\n"
    return text
