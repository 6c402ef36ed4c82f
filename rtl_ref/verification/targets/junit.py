"""The rows of `spikewatt verify` in the XML that build servers read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from .... import files
from .target import Row


def write_junit(found: Mapping[str, Sequence[Row]], path: Path) -> None:
    """A suite per target, a test case per row, with their seconds.

    Parameters
    ----------
    found : target -> its rows
    path : file to write
    """
    root = ElementTree.Element("testsuites", name="spikewatt verify")
    _count(root, [row for rows in found.values() for row in rows])
    for target, rows in found.items():
        suite = ElementTree.SubElement(root, "testsuite", name=target)
        _count(suite, rows)
        for row in rows:
            _case(suite, target, row)

    files.write(path, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _count(element: ElementTree.Element, rows: Sequence[Row]) -> None:
    errors = sum("error" in row for row in rows)
    failures = sum(row["mismatches"] > 0 and "error" not in row for row in rows)
    seconds = sum(row.get("seconds", 0.0) for row in rows)
    element.set("tests", str(len(rows)))
    element.set("failures", str(failures))
    element.set("errors", str(errors))
    element.set("time", f"{seconds:.3f}")


def _case(suite: ElementTree.Element, target: str, row: Row) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=f"rtl_ref.{target}")
    case.set("name", row["what"])
    case.set("time", f"{row.get('seconds', 0.0):.3f}")
    if "error" in row:
        error = ElementTree.SubElement(case, "error", message=row["error"])
        error.text = row["error"]
    elif row["mismatches"]:
        message = f"{row['mismatches']} mismatches"
        failure = ElementTree.SubElement(case, "failure", message=message)
        failure.text = str(row["where"])
    output = ElementTree.SubElement(case, "system-out")
    output.text = f"{row['compared']} compared"
