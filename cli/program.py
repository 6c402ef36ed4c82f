"""The program: its groups, its verbs, and bad input as one line.

Nothing heavy is imported here, so that ``spikewatt --help`` answers at once. Options that are the
fields of a model (see `options.fields`) are made when their verb is called, not before.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from .border import border
from .document.envelope import only_document
from .habits.voice import minded

# Heads in the help, in this order; `verb` puts each verb below one of them.
JOB = "The whole job"
NETWORK = "A network"
ENERGY = "What it costs"
CHIP = "Chips and RTL"
GROUPS = (JOB, NETWORK, ENERGY, CHIP)

# Options of the program that may stand anywhere.
ANYWHERE = (("-v", "--verbose"), ("-q", "--quiet"))

# Verb -> the command with the options that are fields of a model.
_with_fields: dict[str, Callable[[], Any]] = {}
_group_of: dict[str, str] = {}


class Program(TyperGroup):
    """The program: its help has groups, and options that are fields come when a verb is called."""

    def parse_args(self, ctx, args):
        """``-v`` and ``-q`` may stand anywhere."""
        first = [words[-1] for words in ANYWHERE if set(words) & set(args)]
        rest = [word for word in args if not any(word in words for words in ANYWHERE)]
        return super().parse_args(ctx, [*first, *rest])

    def resolve_command(self, ctx, args):
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None and command.name in _with_fields:
            command = _with_fields[command.name]()
        return name, command, rest

    def format_commands(self, ctx, formatter) -> None:
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        width = formatter.width - 6 - max(map(len, commands))
        for group in GROUPS:
            rows = [
                (name, command.get_short_help_str(width))
                for name, command in commands.items()
                if command is not None and group_of(name) == group
            ]
            with formatter.section(group):
                formatter.write_dl(rows)


class Verb(TyperCommand):
    """A verb: an option that takes one value is given once."""

    def parse_args(self, ctx, args):
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        given = [param for param in order if param.param_type_name == "option"]
        for param in given:
            takes_one = not getattr(param, "is_flag", False) and not getattr(
                param, "multiple", False
            )
            if takes_one and given.count(param) > 1:
                flag = max(param.opts, key=len)
                ctx.fail(f"Option {flag} is given {given.count(param)} times; it takes one value.")
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Program,
    help="What does my network cost as spikes on a neuromorphic core, and what on a Cortex-M?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def put_below(group: str, name: str) -> None:
    """Show the verb `name` below a head of the help."""
    _group_of[name] = group


def group_of(name: str) -> str:
    """The head of the help below which the verb `name` stands."""
    return _group_of[name]


def verb(group: str, options: Callable[[], list[inspect.Parameter]] | None = None):
    """Register a verb whose bad input is one line on stderr and exit code 2.

    Parameters
    ----------
    group : str
        One of GROUPS.
    options : callable, default None
        Makes further options, which the function takes as ``**given``; called when the verb is.
    """

    def register(function):
        name = function.__name__.replace("_", "-")
        inside = guarded(name, function)
        put_below(group, name)
        if options is not None:
            inside.__signature__ = _signature(function)
            make = functools.partial(_command, name, function, options)
            _with_fields[name] = functools.cache(make)
        return app.command(name, cls=Verb)(inside)

    return register


def guarded(name: str, function) -> Any:
    """`function` inside of the border; with ``--json`` it prints one document alone."""

    @functools.wraps(function)
    def inside(*args, **kwargs):
        alone = only_document(name) if kwargs.get("as_json") else nullcontext()
        with border(name, kwargs), minded(name), alone:
            return function(*args, **kwargs)

    return inside


def _signature(function, more: Iterable[inspect.Parameter] = ()) -> inspect.Signature:
    """The signature of `function` with the parameters `more` in the place of its ``**given``."""
    signature = inspect.signature(function, eval_str=True)
    own = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind != inspect.Parameter.VAR_KEYWORD
    ]
    return signature.replace(parameters=[*own, *more])


def _command(name: str, function, options: Callable[[], list[inspect.Parameter]]):
    """A command of its own, with all options."""
    inside = guarded(name, function)
    inside.__signature__ = _signature(function, options())
    one = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    one.command(name, cls=Verb)(inside)
    return typer.main.get_command(one)
