"""What verbs share: common options, options from a model, input and output."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer

from .. import files
from ..errors import SpikewattError, warn
from ..resources import check_writable
from .document.envelope import print_document
from .habits.voice import is_quiet

if TYPE_CHECKING:
    from pydantic import BaseModel

    from ..analysis.report.findings import Findings

DATASET_HELP = "digits, digits28, mnist, fashion_mnist, cifar10, or the path of an .npz file."
OWN_DATASET_HELP = f"{DATASET_HELP} By default that of a network of the zoo, else digits."
TRAINED_HELP = "Trained network: .keras, .h5, .tflite, .onnx, or zoo:NAME."
SPK_HELP = "Spiking network (.spk)."
TRACE_HELP = "Trace (.trace)."
DEVICE_HELP = (
    "Card name, .yaml file, odin_style:neurons_per_core=512,voltage_v=0.8, or a chip by its core: "
    "cortex-m4:clock_mhz=100,ua_per_mhz=100,supply_v=3.3; repeat for several."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Force = Annotated[bool, typer.Option("--force", help="Write over an existing output file.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder with <dataset>.npz.")]
DataSet = Annotated[str, typer.Option(help=DATASET_HELP)]
OwnDataSet = Annotated[str | None, typer.Option(help=OWN_DATASET_HELP)]
Spk = Annotated[Path, typer.Argument(metavar="SPK", help=SPK_HELP)]
OldNetwork = Annotated[str | None, typer.Option("--network", hidden=True)]

# ------------------------------------------------------------------ options from a model


def fields(
    model: type[BaseModel],
    leave_out: Iterable[str] = (),
    flags: dict[str, str] | None = None,
) -> list[inspect.Parameter]:
    """Options made from the fields of a model: its descriptions, types and defaults, said once.

    An option that was not given is None; the model knows the default.

    Parameters
    ----------
    model : type of pydantic.BaseModel
        Where the fields are defined.
    leave_out : iterable of str, default ()
        Fields that are no options here.
    flags : dict from str to str, default None
        Field -> flag, where that is not ``--`` and the field's name.
    """
    made = []
    for name, field in model.model_fields.items():
        if name in leave_out:
            continue
        flag = (flags or {}).get(name)
        text = _help(field.description or "", field.annotation, field.default)
        option = typer.Option(*([flag] if flag else []), help=text, show_default=False)
        kind = _plain(field.annotation)
        made.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[kind | None, option],  # type: ignore[valid-type]
            )
        )
    return made


def _plain(annotation) -> Any:
    """The type of an option: the first of a field's types that a word on the command line can be.

    A choice is a word; None, mappings and objects of Python are left out.
    """
    if get_origin(annotation) is Literal:
        return str
    if annotation in (str, int, float, bool) or get_origin(annotation) is list:
        return annotation
    found = [_plain(part) for part in get_args(annotation) if get_origin(part) is not dict]
    return next((kind for kind in found if kind is not None), None)


def _help(description: str, annotation, default: object) -> str:
    """A sentence: what the field is, what it may be, and what it is if nothing is said."""
    text = description.rstrip(".")
    words = [word for part in (annotation, *get_args(annotation)) for word in _choices(part)]
    if words and words[0] not in text:
        text += f" ({', '.join(words)})" if text else ", ".join(words)

    listed = ", ".join(map(str, default)) if isinstance(default, list) else default
    if default is not None and "default" not in text:
        text += f"; by default {listed}"
    return f"{text}."


def _choices(annotation) -> tuple[str, ...]:
    return get_args(annotation) if get_origin(annotation) is Literal else ()


# ------------------------------------------------------------------ input and output


def new_file(path: Path, force: bool) -> Path:
    """`path`, if it may be written.

    Raises
    ------
    SpikewattError
        A folder, an existing file without `force`, or a missing folder.
    """
    if path.is_dir():
        raise SpikewattError(str(path), "must name a file", "a folder")
    if path.exists() and not force:
        law = "an existing file is not written over"
        raise SpikewattError(str(path), law, "it exists", "another name, or --force")
    if not path.parent.is_dir():
        raise SpikewattError(str(path), "the folder to write into exists", "no such folder")
    check_writable(path.parent)
    promise = files.may_replace if force else files.promise_new
    promise(path)
    return path


def per_device(where: str, words: list[str] | None, read: Callable[[str], Any] = str) -> Any:
    """What the words of an option say: one value, or device -> value; None where there are none.

    Parameters
    ----------
    where : str
        The option, as an error names it.
    words : list of str, or None
        ``VALUE`` alone, or ``DEVICE=VALUE`` for each device; a device may hold ``=`` itself.
    read : callable, default str
        Makes a value of a text, or raises ValueError.

    Raises
    ------
    SpikewattError
        A text that is no value, a device twice, or several values.

    Examples
    --------
    >>> per_device("--clock-hz", ["64e6"], float)
    64000000.0
    >>> per_device("--supply-v", ["odin_style:node_nm=65=0.8", "nrf54l15=1.8"], float)
    {'odin_style:node_nm=65': 0.8, 'nrf54l15': 1.8}
    """
    if not words:
        return None
    parted = [word.rpartition("=") for word in words]
    try:
        values = [read(value) for _, _, value in parted]
    except SpikewattError:
        raise
    except ValueError:
        law = "must be a number without a unit, or DEVICE=NUMBER"
        raise SpikewattError(where, law, ", ".join(words)) from None

    devices = [device for device, _, _ in parted]
    if devices == [""]:
        return values[0]
    if "" in devices or len(set(devices)) < len(devices):
        law = "is one value, or one for each of several devices"
        raise SpikewattError(where, law, ", ".join(words), "DEVICE=VALUE, repeated")
    return dict(zip(devices, values, strict=True))


def number(text: str) -> float:
    """The number that a word is; ``1_68``, ``nan`` and digits of other scripts are none.

    Raises
    ------
    ValueError
        No number.

    Examples
    --------
    >>> number("64e6")
    64000000.0
    """
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text.strip(), re.ASCII) is None:
        raise ValueError(text)
    return float(text)


def not_called_network(verb: str, value: str | None, called: str) -> None:
    """Refuse ``--network`` where it used to name something else than a network to run."""
    if value is not None:
        raise SpikewattError(
            f"{verb} --network",
            "names a network to train or a .keras file, in `run` alone",
            value,
            called,
        )


def not_staged(verb: str, path: Path) -> None:
    """Refuse a file of stages, which only `quantise` runs."""
    if path.suffix.lower() == ".spks":
        law, allowed = "takes one network, and this file holds stages", ".spk"
        hint = f"spikewatt quantise {path} runs and prices it"
        raise SpikewattError(verb, law, str(path), allowed, hint)


def network_inputs(
    spiking,
    dataset: str,
    data_dir: Path | None,
    samples: int | None = None,
    split: str = "test",
):
    """(inputs as the network takes them, labels or None) of the first `samples` test images.

    Of a network with several outputs the labels are those of none.

    Parameters
    ----------
    spiking : SpikingNetwork
    dataset, data_dir : as of `load_dataset`
    samples : int, optional
    split : str, default "test"
        Another part of the data in place of the test images.
    """
    from ..models.datasets import load_dataset

    data = load_dataset(dataset, data_dir)
    if len(spiking.inputs) == 1:
        data = data.fitted(spiking.inputs[0].shape)
    x = data.scaled(split, spiking.input_max)[:samples]
    labels = getattr(data, f"y_{split}")[:samples] if len(spiking.readouts) == 1 else None
    return x, _usable(dataset, labels, spiking)


def _usable(dataset: str, labels, spiking):
    """`labels`, or None and a warning where they cannot be those of the network's outputs."""
    if labels is None:
        return None

    from ..sim.trace.labels import checked_labels

    where = f"labels of {dataset}"
    outputs = spiking.readouts[0].size
    try:
        return checked_labels(where, labels, outputs, len(labels))
    except SpikewattError as error:
        warn(where, f"{error.law}; no accuracy is told", error.got)
        return None


def show(findings: Findings, as_json: bool) -> None:
    """Print findings as tables and lines, or as one JSON document; quiet, only their sentence."""
    if as_json:
        from ..analysis.report import rows

        print_document(rows.document(findings))
    elif is_quiet():
        if findings.sentence:
            print(findings.sentence)
    else:
        from ..analysis.report.terminal.console import print_findings

        print_findings(findings)
