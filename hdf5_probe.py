"""What may stand in an HDF5 file before its content is read: plain groups and data, no more.

Run as a program, ``python hdf5_probe.py FILE`` reads all of a file that nobody vouches for, under
limits of time and memory: inside of libhdf5 a damaged file can loop where no interrupt reaches it.
It imports nothing of spikewatt.
"""

from __future__ import annotations

import os
import sys

CPU_SECONDS = 3
BYTES_A_SECOND = 2**24  # a larger file may take longer
MEMORY = 8 * 2**30  # bytes of address space
MOST_OBJECTS = 100_000
RATIO = 1100  # deflate packs at most 1032 to 1
SLACK = 2**20  # bytes that may be declared without being stored


def fault_of(file, most: int | None = None) -> str | None:
    """Why the content of an open h5py.File is not read; None where it may be.

    `most` are the bytes that it may have, by default those of memory that are free.

    No link is followed but hard ones, no data lie in other files or fill the memory, and no group
    holds itself.
    """
    import h5py

    seen: set[int] = set()
    declared = 0
    groups = [("", file)]
    while groups:
        path, group = groups.pop()
        for name in group:
            here = f"{path}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                return f"{here} is a link to elsewhere"

            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen or len(seen) > MOST_OBJECTS:
                return f"{here} stands there twice, or in itself"
            seen.add(address)

            if isinstance(item, h5py.Group):
                groups.append((here, item))
            elif isinstance(item, h5py.Dataset):
                why = _fault_of_data(item)
                if why:
                    return f"{here} {why}"
                declared += item.size * item.dtype.itemsize
            else:
                return f"{here} is neither a group nor data"

    free = _free_memory() if most is None else most
    if declared > free:
        return f"{declared / 2**30:.1f} GiB are declared, {free / 2**30:.1f} GiB of memory are free"
    return None


def _fault_of_data(data) -> str | None:
    if data.external or data.is_virtual:
        return "lies in another file"
    if data.dtype.hasobject and data.dtype.kind != "O":
        return "has a compound type"

    size = (data.size or 0) * data.dtype.itemsize
    stored = data.id.get_storage_size()
    if size > RATIO * stored + SLACK:
        return f"declares {size:,} bytes and stores {stored:,}"
    return None


def _free_memory() -> int:
    """Bytes that are free, or could be."""
    try:
        with open("/proc/meminfo") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def read_all(path: str) -> str | None:
    """Read everything once; why it cannot be read, or None."""
    import h5py

    with h5py.File(path, "r") as file:
        why = fault_of(file)
        if why:
            return why

        def touch(_, item) -> None:
            dict(item.attrs)
            if isinstance(item, h5py.Dataset):
                item[()]

        touch("", file)
        file.visititems(touch)
    return None


def main() -> int:
    """1 with the reason on stdout, or 0."""
    import resource

    seconds = CPU_SECONDS + os.path.getsize(sys.argv[1]) // BYTES_A_SECOND
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        why = read_all(sys.argv[1])
    except BaseException as error:  # whatever a damaged file does
        why = f"{type(error).__name__}: {error}"
    if why:
        sys.stdout.buffer.write(why.encode(errors="replace"))
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main())
