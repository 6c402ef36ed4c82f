"""The document that a verb prints with ``--json``: it alone is on standard output."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def only_document(verb: str) -> Iterator[None]:
    """Keep standard output for the document of `verb`: `print_document` writes there, all else to
    stderr.

    That holds for what compilers and libraries print past Python, too.
    """
    global _document, _verb
    before = sys.stdout
    document = io.StringIO()
    _document, _verb, sys.stdout = document, verb, sys.stderr
    kept = _divert(before)
    try:
        yield
    finally:
        sys.stdout, _document = before, None
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
        before.write(document.getvalue())


_document: io.StringIO | None = None
_verb = ""


def print_document(data: object) -> None:
    """Print what a verb found as its document, in the envelope that all documents have.

    Parameters
    ----------
    data : object
        Of numbers, texts, lists and mappings; infinite numbers become null.
    """
    from ...analysis.report.rows import enveloped, json_text

    print(json_text(enveloped(_verb, data)), file=_document or sys.stdout)


def _divert(stdout) -> int | None:
    """Send descriptor 1 to stderr, where `stdout` is it; returns what it was."""
    try:
        if stdout.fileno() != 1:
            return None
    except (OSError, ValueError, AttributeError):
        return None
    stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    return kept
