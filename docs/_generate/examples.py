"""An extension of griffe: examples that stand outside of a section of their own are code, too."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension

PROMPT = ">>> "
SECTION = re.compile(r"^Examples\n-+\n", re.MULTILINE)


class LooseExamples(Extension):
    """Puts a fence around each example that no section ``Examples`` holds."""

    def on_object(self, *, obj: Any, **kwargs: Any) -> None:
        """Called for every object that has been read."""
        if obj.docstring is not None and PROMPT in obj.docstring.value:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(docstring: str) -> str:
    """`docstring`, each paragraph of examples before the section ``Examples`` inside of a fence.

    >>> fenced("A word.\\n\\n>>> 1 + 1\\n2").splitlines()
    ['A word.', '', '```pycon', '>>> 1 + 1', '2', '```']
    """
    head, *rest = re.split(f"(?={SECTION.pattern})", docstring, maxsplit=1, flags=re.MULTILINE)
    paragraphs = [_fenced(part) for part in head.split("\n\n")]
    return "".join(["\n\n".join(paragraphs), *rest])


def _fenced(paragraph: str) -> str:
    if not paragraph.startswith(PROMPT):
        return paragraph
    text = paragraph.rstrip("\n")
    return f"```pycon\n{text}\n```{paragraph[len(text) :]}"
