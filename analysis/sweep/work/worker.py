"""A worker process: takes network points from its parent, one after the other, until it is left.

``python -m spikewatt.analysis.sweep.work.worker``: requests come on standard input, answers go to
standard output, each pickled after its length. When the parent ends, however it ends, the input
does, and the worker with it, also in the middle of work.
"""

from __future__ import annotations

import os
import pickle
import struct
import sys
import threading
from queue import SimpleQueue
from typing import BinaryIO

HEAD = struct.Struct("<Q")  # length of what follows, in bytes


def send(stream: BinaryIO, thing: object) -> None:
    """Write a thing that can be pickled."""
    data = pickle.dumps(thing)
    stream.write(HEAD.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> object:
    """Read what `send` wrote; raises EOFError where the other side is gone."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    (length,) = HEAD.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def main() -> None:
    """Work until there is no more to do."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    requests: SimpleQueue = SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    from .network import work

    while True:
        send(answers, work(requests.get()))


def _listen(requests: SimpleQueue) -> None:
    """Take requests; without a parent there is nothing to live for."""
    stream = os.fdopen(os.dup(0), "rb")
    while True:
        try:
            requests.put(receive(stream))
        except EOFError:
            os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
