"""Guards around ANNarchy.

Its compiler, its cache of compiled simulators, its reading of sys.argv.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import io
import os
import platform
import shutil
import sys
import sysconfig
from pathlib import Path

from ....errors import MissingToolError
from ....files import cache_folder

APT_LINE = "apt install g++ make python3-dev python3-venv"


def check_toolchain() -> None:
    """Raise MissingToolError if what ANNarchy needs to compile is not installed; takes no time."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    missing = [tool for tool in ("g++", "make", "cmake") if shutil.which(tool, path=path) is None]
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        missing.append("Python.h")
    if missing:
        law, got = "needs a C++ tool chain", f"no {', '.join(missing)}"
        remedy = f"{APT_LINE} (cmake: pip install cmake)"
        raise MissingToolError("annarchy engine", law, got, remedy)
    if importlib.util.find_spec("ANNarchy") is None:
        law, remedy = "needs the package ANNarchy", "pip install 'spikewatt[annarchy]'"
        raise MissingToolError("annarchy engine", law, "not installed", remedy)


def compiled_folder(equations: str, neurons: int, observers: int) -> Path:
    """Folder of the compiled simulator for these equations and sizes, on this machine and in
    this environment.
    """
    parts = [
        importlib.metadata.version("ANNarchy"),
        sys.version,
        sys.prefix,
        platform.machine(),
        _processor(),
        equations,
    ]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return cache_folder("annarchy", f"{neurons}-{observers}-{key}")


def _processor() -> str:
    """What the compiler may use of this processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line for line in lines if line.startswith("flags"))
    except (OSError, StopIteration):
        return platform.processor()


@contextlib.contextmanager
def no_arguments():
    """ANNarchy parses sys.argv both when imported and when it compiles; show it none."""
    saved, sys.argv = sys.argv, sys.argv[:1]
    try:
        yield
    finally:
        sys.argv = saved


def import_annarchy():
    """Import ANNarchy without its banner, and make its build find this Python rather than the
    system's.
    """
    path = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    os.environ["VIRTUAL_ENV"] = sys.prefix
    os.environ["PATH"] = os.pathsep.join(path)
    with no_arguments(), contextlib.redirect_stdout(io.StringIO()):
        import ANNarchy

        ANNarchy.intern.ConfigManagement._update_global_config("suppress_warnings", True)
    return ANNarchy
