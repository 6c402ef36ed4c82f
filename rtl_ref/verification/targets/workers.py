"""Runs the jobs of targets on two processes, and keeps what each took."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from ....endings import end_with_parent
from ....errors import MissingToolError, SpikewattError
from .target import Job, Row

MOST_WORKERS = 2


def run_jobs(jobs: Sequence[Job]) -> Iterator[tuple[int, list[Row]]]:
    """Number and rows of each job, as they end.

    A row that does not know its seconds gets its share of those of its job. A job that raises a
    SpikewattError gives a row with the ``error``.

    Parameters
    ----------
    jobs : independent of each other
    """
    workers = min(MOST_WORKERS, os.cpu_count() or 1, len(jobs))
    if workers <= 1:
        for number, job in enumerate(jobs):
            yield number, timed(job)
        return

    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=end_with_parent) as pool:
        futures: dict[Future, int] = {}
        for number, job in enumerate(jobs):
            futures[pool.submit(timed, job)] = number
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def timed(job: Job) -> list[Row]:
    """The rows of a job, each with its seconds.

    Parameters
    ----------
    job : called without arguments
    """
    started = time.perf_counter()
    try:
        rows = job()
    except MissingToolError:
        raise
    except SpikewattError as error:
        rows = [_error_row(error)]

    share = (time.perf_counter() - started) / max(len(rows), 1)
    return [{"seconds": share, **row} for row in rows]


def _error_row(error: SpikewattError) -> Row:
    text = str(error)
    where, _, _ = text.partition(": ")
    return {"what": where, "compared": 0, "mismatches": 1, "where": text, "error": text}
