"""The time that an inference took where it ran, in place of a prediction."""

from __future__ import annotations

from ...bill import BillWriter, Term

COMPONENT = "measured time"
TIMES = ("cycles", "time_s")


def take_measured_time(
    writer: BillWriter, time_s: float | None, clock: str | None = None
) -> list[Term]:
    """Put the measured time in the place of all times charged so far.

    Parameters
    ----------
    writer : BillWriter
    time_s : float or None
        s; None leaves everything as it is.
    clock : str, optional
        Of a core that has one, which then ticks all that time.

    Returns
    -------
    list of Term
        The times that were predicted; none where nothing was measured.
    """
    if time_s is None:
        return []
    predicted = [term for term in writer.terms if term.what in TIMES]
    writer.terms[:] = [term for term in writer.terms if term.what not in TIMES]
    row = ("snn", "all", COMPONENT)
    if clock is None:
        writer.seconds(*row, time_s)
    else:
        writer.cycles(*row, time_s, clock)
    return [term for term in predicted if term.what == "time_s"]
