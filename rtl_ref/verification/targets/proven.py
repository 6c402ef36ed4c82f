"""Targets that show more than a bench can: proofs, and faults that the checks must see."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from .target import Job, Request, Row, Target


class Proofs(Target):
    """Every property set, by induction."""

    name = "proofs"
    does = (
        "by induction: the queue loses, duplicates and reorders nothing; the controller's "
        "handshake and cycles; counters equal the enables of the memories; the AXI answers"
    )
    against = "z3"
    unit = "properties"
    bad = "proofs failed"

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        from ..proofs import check_tools

        check_tools()

    def jobs(self, request: Request) -> Sequence[Job]:
        """A job per property set."""
        from ..property_sets import PROPERTIES

        return [partial(_proof_rows, name) for name in PROPERTIES]


class Faults(Target):
    """Faults, planted one at a time: those written by hand, and some of every module by rule."""

    name = "faults"
    does = "faults planted by rule over all modules, and by hand: each must be seen"
    against = "the checks of its module, nearest first"
    unit = "faults planted"
    bad = "survived"

    def check_tools(self) -> None:
        """Raise MissingToolError where a program is missing; takes no time."""
        from ...simulation.simulator import check_tools
        from ..axi_peripheral import check_tools as check_host

        check_tools("icarus")
        check_host()

    def jobs(self, request: Request) -> Sequence[Job]:
        """The checks on the RTL as it is, then a job per fault."""
        from ..faults.campaign import selected

        return [_without_fault, *(partial(_fault_rows, fault) for fault in selected())]

    def summary(self, rows: Sequence[Row]) -> str:
        """How many were caught, and what survived; what does not build proves nothing."""
        planted = [row for row in rows if row.get("fault")]
        built = [row for row in planted if row["builds"]]
        survived = [row["what"] for row in built if row["mismatches"]]
        caught = len(built) - len(survived)
        text = f"{self.name}: {caught:,} of {len(built):,} faults caught"
        not_built = len(planted) - len(built)
        text += f"; {not_built:,} more do not build." if not_built else "."
        return f"{text} SURVIVED: {'; '.join(survived)}" if survived else text


class AllFaults(Faults):
    """Every fault that the rules make: hours."""

    name = "all-faults"
    does = "every fault that the rules make, 2,000 and more: hours"

    def jobs(self, request: Request) -> Sequence[Job]:
        """A job per fault."""
        from ..faults.campaign import all_faults
        from ..faults.equivalent import is_equivalent

        faults = [fault for fault in all_faults() if not is_equivalent(fault)]
        return [_without_fault, *(partial(_fault_rows, fault) for fault in faults)]


def _proof_rows(name: str) -> list[Row]:
    from ..proofs import prove

    rows = []
    for proof in prove(name):
        sizes = [f"{key.lower()} {value}" for key, value in proof["sizes"].items()]
        what = f"{proof['mode']} {proof['properties']}"
        what += f" ({', '.join(sizes)}), depth {proof['depth']}"
        failed = proof["result"].lower() != "pass"
        row = {
            "what": what,
            "compared": proof["checked"],
            "mismatches": int(failed),
            "where": proof["result"],
            "seconds": proof["seconds"],
        }
        rows.append(row)

    return rows


def _without_fault() -> list[Row]:
    from ..faults.campaign import without_fault

    compared = without_fault()
    what = "the checks of all faults, without a fault"
    return [{"what": what, "compared": compared, "mismatches": 0, "where": ""}]


def _fault_rows(fault) -> list[Row]:
    from ..faults.campaign import caught

    found = caught(fault)
    row = {
        "what": f"{found['file']}:{found['line']}: {found['fault']}",
        "fault": found["fault"],
        "builds": found["builds"],
        "compared": 1,
        "mismatches": int(not found["caught"]),
        "where": found["seen by"],
        "seconds": found["seconds"],
    }
    return [row]
