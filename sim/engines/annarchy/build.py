"""Guards around ANNarchy.

Its compiler, its cache of compiled simulators, its reading of sys.argv.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import io
import os
import platform
import shutil
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

from ....errors import MissingToolError
from ....files import cache_folder
from ....installed import install_line, require

# Comparisons raise no signals, so that the compiler may take several neurons at once; no flag
# changes a result.
FLAGS = "-O3 -march=native -mprefer-vector-width=512 -fno-math-errno -fno-trapping-math"
SINGLE_FLAG = "-fsingle-precision-constant"  # no detour through double precision
APT_LINE = "apt install g++ make python3-dev python3-venv"


def check_toolchain() -> None:
    """Raise MissingToolError if what ANNarchy needs to compile is not installed; takes no time."""
    path = _path()
    tools = ("g++", "make", "cmake")
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    headers = sysconfig.get_paths()["include"]
    if not Path(headers, "Python.h").is_file():
        missing.append("Python.h")

    if missing:
        law = "needs a C++ tool chain"
        got = f"no {', '.join(missing)}"
        remedy = f"{APT_LINE} (cmake: {install_line('annarchy')}), or engine='auto'"
        raise MissingToolError("annarchy engine", law, got, hint=remedy)
    require("annarchy engine", "needs the package ANNarchy", "ANNarchy")


def _path() -> str:
    """Where programs are looked for: beside this Python first."""
    beside = str(Path(sys.executable).parent)
    return os.pathsep.join([beside, os.environ.get("PATH", "")])


def compiled_folder(code: str) -> Path:
    """Folder of the compiled simulator for the `code` of a network, whatever its size, on this
    machine and in this environment.
    """
    parts = [
        importlib.metadata.version("ANNarchy"),
        sys.version,
        sys.prefix,
        platform.machine(),
        _processor(),
        code,
    ]
    text = "\n".join(parts)
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    return cache_folder("annarchy", key)


def _processor() -> str:
    """What the compiler may use of this processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
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


@contextlib.contextmanager
def _no_pictures():
    """ANNarchy loads matplotlib to draw profiles, which nobody asks it for: half of its own start.

    Whoever imports matplotlib afterwards gets it.
    """
    if "matplotlib" in sys.modules:
        yield
        return

    package, pylab = ModuleType("matplotlib"), ModuleType("matplotlib.pylab")
    stand_ins = {"matplotlib": package, "matplotlib.pylab": pylab}
    sys.modules.update(stand_ins)
    vars(package)["pylab"] = pylab
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def import_annarchy():
    """Import ANNarchy without its banner, and make its build find this Python rather than the
    system's.
    """
    os.environ["VIRTUAL_ENV"] = sys.prefix
    os.environ["PATH"] = _path()
    with no_arguments(), _no_pictures(), contextlib.redirect_stdout(io.StringIO()):
        import ANNarchy

        configure = ANNarchy.intern.ConfigManagement._update_global_config
        configure("suppress_warnings", True)
    return ANNarchy
