"""Zeros as a user gives them: a share, a share for each layer, a measurement, or a file of some."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ... import files
from ...errors import FileFormatError, SpikewattError
from .activation_zeros import INT8_NETWORK, NETWORKS, ActivationZeros

GivenZeros = float | Mapping[str, float] | ActivationZeros
"""A share of all activations, one of each population's own, or what was counted."""

FORMAT = "spikewatt activation zeros"
VERSION = 1
ZEROS = "zeros.json"  # in the folder of a run
OPTION = "--zeros"
LAW = "a share of zeros lies in 0..1"


def checked_zeros(where: str, zeros: GivenZeros) -> GivenZeros:
    """`zeros`, if they can be.

    Parameters
    ----------
    where : str
        Who asks, for errors.
    zeros : float, mapping of float, or ActivationZeros
        A share of zeros among all activations, one for each population by its name, or what was
        counted.

    Raises
    ------
    SpikewattError
        A share that is none, or something else.

    Examples
    --------
    >>> checked_zeros("price.zeros", {"hidden1": 0.25})
    {'hidden1': 0.25}
    """
    if isinstance(zeros, ActivationZeros):
        return zeros
    if isinstance(zeros, Mapping):
        return {str(name): _share(f"{where}: {name}", share) for name, share in zeros.items()}
    return _share(where, zeros)


def _share(where: str, share: Any) -> float:
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if not number or not math.isfinite(share) or not 0 <= share <= 1:
        raise SpikewattError(where, LAW, repr(share), "0..1")
    return float(share)


def read_zeros(
    given: str | Path | Sequence[str], network: str = INT8_NETWORK
) -> float | dict[str, float] | ActivationZeros:
    """Zeros as a command line names them: a number, numbers of populations, or a run's file.

    Parameters
    ----------
    given : str, Path or sequence of str
        ``0.6``; ``hidden1=0.5`` and others; or ``runs/digits/zeros.json``.
    network : str, default "int8"
        Which measurement of the file: ``float``, ``int8`` or ``matched``. Where it holds one only,
        that one.

    Raises
    ------
    SpikewattError
        Neither a share nor a file that holds such a measurement; several that are no
        POPULATION=SHARE.

    Examples
    --------
    >>> read_zeros("0.6"), read_zeros(["input=0.5", "hidden1=0.9"])
    (0.6, {'input': 0.5, 'hidden1': 0.9})
    """
    texts = [str(given)] if isinstance(given, str | Path) else [str(each) for each in given]
    named = [text.rpartition("=") for text in texts]
    if all(name and _number(share) is not None for name, _, share in named):
        names = [name for name, _, _ in named]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise SpikewattError(OPTION, "names a population once", f"{', '.join(twice)} twice")
        return {name: _share(f"{OPTION} {name}", _number(share)) for name, _, share in named}
    if len(texts) != 1:
        law = "is one share, one file, or POPULATION=SHARE of several"
        raise SpikewattError(OPTION, law, ", ".join(texts) or "none")

    (text,) = texts
    share = _number(text)
    if share is not None:
        return _share(OPTION, share)
    measured = load_zeros(text)
    if len(measured) == 1:
        return next(iter(measured.values()))
    if network not in measured:
        law = f"must hold the zeros of the {network} network"
        raise SpikewattError(text, law, ", ".join(measured))
    return measured[network]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def load_zeros(path: str | Path) -> dict[str, ActivationZeros]:
    """The measurements in a file, by the name of the network.

    Raises
    ------
    SpikewattError
        No such file, or another kind or version of file.
    """
    where = str(path)
    try:
        content = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        law = "must be a share in 0..1 or a file of zeros that can be read"
        raise SpikewattError(where, law, error.strerror) from error
    except ValueError as error:
        raise FileFormatError(where, "must be JSON", str(error)) from error

    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FileFormatError(where, f"must be a file of {FORMAT}", type(content).__name__)
    if content.get("version") != VERSION:
        raise FileFormatError(where, "must be of a known version", content.get("version"), VERSION)
    listed = content.get("measurements")
    if not isinstance(listed, list) or not listed:
        raise FileFormatError(where, "holds measurements", "none")
    found = [ActivationZeros.from_json(where, each) for each in listed]
    return {each.network: each for each in sorted(found, key=_place)}


def save_zeros(path: str | Path, *measured: ActivationZeros) -> None:
    """Write measurements, one for each network, into one file.

    Raises
    ------
    SpikewattError
        Two of one network, or a place where nothing can be written.
    """
    names = [each.network for each in measured]
    if len(set(names)) < len(names):
        raise SpikewattError("save_zeros", "holds each network once", names)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "measurements": [each.as_json() for each in measured],
    }
    files.write(path, json.dumps(content, indent=1) + "\n")


def _place(measured: ActivationZeros) -> int:
    return NETWORKS.index(measured.network)
