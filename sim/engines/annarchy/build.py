"""Guards around ANNarchy: its compiler, its cache of compiled simulators, its reading of sys.argv."""

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

APT_LINE = "apt install g++ make python3-dev python3-venv"


def check_toolchain() -> None:
    """Raise MissingToolError if what ANNarchy needs to compile is not installed; takes no time."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    missing = [tool for tool in ("g++", "make", "cmake") if shutil.which(tool, path=path) is None]
    if not Path(sysconfig.get_paths()["include"], "Python.h").is_file():
        missing.append("Python.h")
    if missing:
        raise MissingToolError(
            "annarchy engine",
            "needs a C++ tool chain",
            f"no {', '.join(missing)}",
            f"{APT_LINE} (cmake: pip install cmake)",
        )
    if importlib.util.find_spec("ANNarchy") is None:
        raise MissingToolError(
            "annarchy engine",
            "needs the package ANNarchy",
            "not installed",
            "pip install 'spikewatt[annarchy]'",
        )


def cache_folder(equations: str, neurons: int, observers: int) -> Path:
    """Folder of the compiled simulator for these equations and sizes on this machine and in this environment."""
    try:
        processor = next(
            line
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("flags")
        )
    except (OSError, StopIteration):
        processor = platform.processor()
    parts = [
        importlib.metadata.version("ANNarchy"),
        sys.version,
        sys.prefix,
        platform.machine(),
        processor,
        equations,
    ]
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return root / "spikewatt" / "annarchy" / f"{neurons}-{observers}-{key}"


@contextlib.contextmanager
def no_arguments():
    """ANNarchy parses sys.argv both when imported and when it compiles; show it none."""
    saved, sys.argv = sys.argv, sys.argv[:1]
    try:
        yield
    finally:
        sys.argv = saved


def import_annarchy():
    """Import ANNarchy without its banner, and make its build find this Python rather than the system's."""
    os.environ["VIRTUAL_ENV"] = sys.prefix
    os.environ["PATH"] = os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    )
    with no_arguments(), contextlib.redirect_stdout(io.StringIO()):
        import ANNarchy

        ANNarchy.intern.ConfigManagement._update_global_config("suppress_warnings", True)
    return ANNarchy
