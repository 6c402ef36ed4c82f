"""Verbs of two words: ``spikewatt study run``."""

from __future__ import annotations

import typer

from .program import Verb, app, guarded, put_below


def family(name: str, group: str, text: str) -> typer.Typer:
    """Register verbs of two words, of which `name` is the first; see `member`.

    Parameters
    ----------
    name : str
        The first word.
    group : str
        One of `program.GROUPS`.
    text : str
        Its help.
    """
    made = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(made, name=name)
    put_below(group, name)
    return made


def member(made: typer.Typer, first: str):
    """Register a verb of the two words `first` and the function's name, as `verb` does."""

    def register(function):
        second = function.__name__.rstrip("_").replace("_", "-")
        return made.command(second, cls=Verb)(guarded(f"{first} {second}", function))

    return register
