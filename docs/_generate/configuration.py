"""Every key of a run, and of the space of a sweep, from the models that check them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from spikewatt.analysis.job.config import JobOptions, RunConfig
from spikewatt.analysis.job.spare_options import SpareOptions
from spikewatt.analysis.sweep.axes import VALUES
from spikewatt.analysis.sweep.hardware.axes import HARDWARE_AXES
from spikewatt.analysis.sweep.methods import METHODS
from spikewatt.analysis.sweep.space import NETWORK_AXES, OBJECTIVES, SpaceFile
from spikewatt.sim.conversion.options import ConversionOptions

from .markdown import code, page, summary, table, text

PARTS = {
    "The job": JobOptions,
    "The conversion": ConversionOptions,
    "What a network is spared": SpareOptions,
}
HEADS = ("key", "type", "default", "allowed", "what")
RUN = """A run is configured by a YAML file (`spikewatt run FILE`), by options of the same names
(`--weight-bits 4`), and in Python by `RunConfig` or a mapping. Every key has a default; without a
file a run is that of the digits. A key that is not here is an error. The folder of a run holds its
`config.yaml` with every key."""
SWEEP = """The file of `spikewatt sweep` has the keys of the table, and any key of a run beside
them, which all points share. `network` varies keys of a run, `hardware` varies devices and what
they have."""
WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "null": "nothing",
    "object": "mapping",
}


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    parts = [RUN]
    for head, model in PARTS.items():
        keys = [key for key in RunConfig.model_fields if key in model.model_fields]
        parts += [f"## {head}", key_table(RunConfig, keys)]
    return {
        "reference/configuration.md": page("Configuration of a run", *parts),
        "reference/sweep.md": page("Space of a sweep", *_of_a_sweep()),
    }


def key_table(model: type[BaseModel], keys: Iterable[str]) -> str:
    """A row per key: its type, what it is by default, what is allowed, and what it means."""
    found = model.model_json_schema()
    properties, shared = found["properties"], found.get("$defs", {})
    rows = []
    for key in keys:
        one = properties[key]
        kinds = [_resolved(each, shared) for each in one.get("anyOf", [one])]
        types = list(dict.fromkeys(_type(each) for each in kinds if each.get("type") != "null"))
        allowed = "; ".join(filter(None, map(_allowed, kinds)))
        what = text(one.get("description", ""))
        rows.append((code(key), " or ".join(types), _default(one), allowed, what))
    return table(HEADS, rows)


def _resolved(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> Mapping[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return {"type": name} if name in shared else schema


def _type(schema: Mapping[str, Any]) -> str:
    """In words: ``list of text``, ``mapping to number``."""
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {_type(schema.get('items', {})) or 'values'}"
    inside = schema.get("additionalProperties")
    if kind == "object" and isinstance(inside, Mapping):
        return f"mapping to {_type(inside)}"
    return WORDS.get(kind, f"`{kind}`" if kind else "")


def _allowed(schema: Mapping[str, Any]) -> str:
    """The choices or the bounds, as the model checks them."""
    if "enum" in schema or "const" in schema:
        return ", ".join(code(each) for each in schema.get("enum", [schema.get("const")]))
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    said = [
        f"at least {low:,}" if low is not None else "",
        f"above {above:,}" if above is not None else "",
        f"at most {high:,}" if high is not None else "",
        f"below {below:,}" if below is not None else "",
        f"{schema['minItems']} or more" if "minItems" in schema else "",
        f"at most {schema['maxLength']} characters" if "maxLength" in schema else "",
        f"as `{schema['pattern']}`" if "pattern" in schema else "",
    ]
    return ", ".join(filter(None, said))


def _default(schema: Mapping[str, Any]) -> str:
    value = schema.get("default")
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(code, value))
    return code({True: "yes", False: "no"}[value] if isinstance(value, bool) else value)


def _of_a_sweep() -> list[str]:
    axes: dict[str, list[str]] = {}
    for name, axis in HARDWARE_AXES.items():
        axes.setdefault(summary(type(axis).__doc__), []).append(code(name))
    methods = [(code(name), summary(type(each).__doc__)) for name, each in METHODS.items()]
    better = [(code(name), f"the {which} is best") for name, which in OBJECTIVES.items()]
    links = ", ".join(map(code, NETWORK_AXES))
    return [
        SWEEP,
        key_table(SpaceFile, SpaceFile.model_fields),
        "## Axes of networks",
        f"Keys of [a run](configuration.md): {links}.",
        "## Axes of the hardware",
        f"Each takes {VALUES}. A device is multiplied by the axes that it has.",
        table(("axes", "what"), [(", ".join(names), what) for what, names in axes.items()]),
        "Which devices have a value is told by their [cards](cards/index.md).",
        "## Methods",
        table(("method", "how points are chosen"), methods),
        "## Objectives",
        table(("objective", "which is better"), better),
    ]
