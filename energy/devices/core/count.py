"""How many neuromorphic cores a network may take."""

from __future__ import annotations

from ....errors import whole_number

ANY_NUMBER = "any"
MOST_CORES = 10**9


def checked_max_cores(where: str, max_cores: object) -> int | None:
    """A number of cores, or None for as many as it takes.

    Parameters
    ----------
    where : str
        What an error names.
    max_cores : object
        1 or more, also as text; None or ``any``.

    Examples
    --------
    >>> checked_max_cores("mine", "any"), checked_max_cores("mine", 4)
    (None, 4)
    """
    if max_cores is None or max_cores == ANY_NUMBER:
        return None
    if isinstance(max_cores, str) and max_cores.isdecimal():
        max_cores = int(max_cores)
    law = f"must be a number of cores, or {ANY_NUMBER} for as many as it takes"
    return whole_number(where, law, max_cores, 1, MOST_CORES)
