"""A clean copy of a legacy file, made by a process of its own that can be ended.

A damaged file can make libhdf5 loop where no signal reaches Python: the process that asks for the
copy waits a limited time. ``python -m spikewatt.models.loading.h5_copy SOURCE TARGET`` writes
TARGET, or prints an error as JSON and ends with code 2.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ...errors import FileFormatError, SpikewattError
from .checks import check_config, check_size, first_line
from .keras_2 import modernise

CONFIG, WEIGHTS = "model_config", "model_weights"
VERSIONS = ("keras_version", "backend")
START_S, BYTES_PER_S = 10.0, 2**20  # a slow disk, a slow processor: the limit is generous
PACKAGE = __name__.split(".")[0]


def make_copy(path: Path, copy: Path) -> None:
    """Write what Keras needs of a legacy file into a new one, without what it does not take.

    Parameters
    ----------
    path : Path
        Of the file as it was found.
    copy : Path
        Of the file to write.

    Raises
    ------
    FileFormatError
        No network in it, a damaged one, code, links, or more declared than stored.
    """
    limit_s = START_S + path.stat().st_size / BYTES_PER_S
    command = [sys.executable, "-m", __name__, str(path), str(copy)]
    root = Path(__file__).resolve().parents[len(__name__.split(".")) - 1]
    search = [str(root), *filter(None, sys.path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(search)}

    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
        )
    except subprocess.TimeoutExpired as error:
        raise FileFormatError(
            where=str(path),
            law="must be a whole legacy Keras file",
            got=f"a damaged one: HDF5 found no end in it in {limit_s:.0f} s",
        ) from error

    if done.returncode == 0 and copy.is_file():
        return
    try:
        fault = json.loads(done.stdout)
    except ValueError:  # it crashed inside of libhdf5
        fault = {"law": "must be a whole legacy Keras file", "got": "a damaged one"}
    raise FileFormatError(str(path), **fault)


def _copy(path: Path, copy: Path) -> None:
    import h5py

    with h5py.File(path, "r") as file:
        config = _config(path, file)
        check_config(path, config)
        _check_members(path, file[WEIGHTS])
        modernise(config)

        with h5py.File(copy, "w") as new:
            new.attrs[CONFIG] = json.dumps(config).encode()
            for key in VERSIONS:
                if key in file.attrs:
                    new.attrs[key] = file.attrs[key]
            file.copy(WEIGHTS, new)


def _config(path: Path, file) -> Any:
    """The configuration, parsed; raises where the file has none."""
    text = file.attrs.get(CONFIG)
    if text is not None and WEIGHTS in file:
        return json.loads(text)

    law = "must be a legacy Keras file with a network and its weights"
    own = file.attrs.get("format")
    if own is not None:
        raise FileFormatError(str(path), law, f"a file of format {own!r}")

    weights_only = {"layers", "_layer_checkpoint_dependencies"} & set(file)
    if weights_only or "layer_names" in file.attrs:
        raise FileFormatError(
            where=str(path),
            law=law,
            got="weights without a network",
            hint="model.load_weights(…) in the program that built it, then model.save('my.keras')",
        )
    raise FileFormatError(str(path), law, f"HDF5 without {CONFIG} and {WEIGHTS}")


def _check_members(path: Path, group) -> None:
    """Raise where a member lies outside of the file, or is larger than what is stored."""
    import h5py

    law = "must hold its weights itself"
    waiting = [(WEIGHTS, group)]
    seen = set()
    while waiting:
        name, part = waiting.pop()
        place = h5py.h5o.get_info(part.id).addr
        if place in seen:
            raise FileFormatError(str(path), "every member stands in one place", f"{name} twice")
        seen.add(place)

        if isinstance(part, h5py.Dataset):
            if part.external or part.is_virtual:
                raise FileFormatError(str(path), law, f"{name}, which lies in another file")
            check_size(path, name, part.nbytes, part.id.get_storage_size())
            continue

        for key in part:
            link = part.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise FileFormatError(str(path), law, f"{name}/{key}, which is a link")
            waiting.append((f"{name}/{key}", part[key]))


def main(path: str, copy: str) -> int:
    """Write the copy; print an error as JSON."""
    try:
        _copy(Path(path), Path(copy))
    except SpikewattError as error:
        fault = {"law": error.law, "got": error.got, "hint": error.hint}
    except Exception as error:  # h5py raises many types for a damaged file
        fault = {"law": "must be a whole legacy Keras file", "got": first_line(error)}
    else:
        return 0
    print(json.dumps({key: value for key, value in fault.items() if value is not None}))
    return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
