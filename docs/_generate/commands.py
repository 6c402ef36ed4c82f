"""Every verb of the program with its options, from the program itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer
from spikewatt.cli.main import app
from spikewatt.cli.program import GROUPS, group_of

from .markdown import code, page, table, text

PROGRAM = "spikewatt"
INTRODUCTION = """What `spikewatt --help` and `spikewatt VERB --help` print. Bad input is one line
on the error stream and exit code 2; see [errors](errors.md). With `--json` a verb prints one JSON
document and nothing else."""


def pages() -> dict[str, str]:
    """Path of the page -> its Markdown."""
    verbs = list(commands())
    parts = [INTRODUCTION, _options(*_root())]
    for group in GROUPS:
        rows = [
            (f"[`{PROGRAM} {name}`](#{_anchor(name)})", text(command.get_short_help_str(200)))
            for name, command, _ in verbs
            if group_of(name.split()[0]) == group
        ]
        parts += [f"**{group}**", table(("verb", "what"), rows)]
    for name, command, context in verbs:
        parts += [f"## {PROGRAM} {name}", *_verb(command, context)]
    return {"reference/cli.md": page("The program", *parts)}


def commands() -> Iterator[tuple[str, Any, Any]]:
    """(name, command, its context) of each verb, verbs of two words among them."""
    root, context = _root()
    yield from _below(root, context, "")


def _root() -> tuple[Any, Any]:
    root: Any = typer.main.get_command(app)
    return root, root.context_class(root, info_name=PROGRAM)


def _below(group: Any, context: Any, before: str) -> Iterator[tuple[str, Any, Any]]:
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        if command.hidden:
            continue
        inside = command.context_class(command, info_name=name, parent=context)
        full = f"{before}{name}"
        if hasattr(command, "list_commands"):
            yield from _below(command, inside, f"{full} ")
        else:
            yield full, command, inside


def _anchor(name: str) -> str:
    return f"{PROGRAM} {name}".replace(" ", "-")


def _verb(command: Any, context: Any) -> Iterator[str]:
    words = " ".join(command.collect_usage_pieces(context))
    yield f"    {context.command_path} {words}"
    yield text(inspect.cleandoc(command.help or ""))
    yield _options(command, context)


def _options(command: Any, context: Any) -> str:
    rows = []
    for param in command.params:
        record = param.get_help_record(context)
        if record is not None:  # None of a hidden option
            flags, words = record
            rows.append((code(flags), text(" ".join(words.split()))))
    return table(("argument or option", "what"), rows)
