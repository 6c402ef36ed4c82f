"""The examples in docstrings run and show what they say; what users call has one."""

from __future__ import annotations

import doctest
from importlib import import_module
from inspect import isfunction
from pathlib import Path

import pytest
import spikewatt

from .helpers.imports import module_name, source_files

ROOT = Path(spikewatt.__file__).parent
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Modules without an example are not imported: benches run inside of a simulator, workers as
# processes of their own.
MODULES = [module_name(path, ROOT) for path in source_files(ROOT) if ">>> " in path.read_text()]


def load(name: str):
    return import_module(f"spikewatt.{name}") if name else spikewatt


@pytest.mark.parametrize("name", MODULES)
def test_examples_show_what_they_say(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestFinder(exclude_empty=True).find(load(name))
    examples = [test for test in found if test.examples]
    assert examples, f"{name}: an example that doctest does not find"
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in examples:
        runner.run(test, out=said.append, clear_globs=False)
    assert not runner.failures, "".join(said)


def test_most_modules_of_every_floor_have_examples():
    floors = {name.split(".")[0] for name in MODULES}
    assert floors >= {"models", "sim", "energy", "rtl_ref", "analysis"}
    assert len(MODULES) > 50


def test_every_function_of_the_face_has_an_example():
    """Classes that a user does not make by hand need none."""
    functions = [name for name in spikewatt.__all__ if isfunction(getattr(spikewatt, name))]
    assert len(functions) > 15
    without = [name for name in functions if ">>>" not in (getattr(spikewatt, name).__doc__ or "")]
    assert not without
