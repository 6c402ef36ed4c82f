"""Lines of ``methods.csv``: what a method saves, for each cell and device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..kinds.method import WITH, WITHOUT
from .measured import tails


def method_lines(
    study: str, row: str, found: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Lines of a row: `found` is what was measured of each cell."""
    before = {each["device"]: each for each in found[WITHOUT]["devices"]}
    lines = []
    for cell, run in found.items():
        shared = {"study": study, "row": row, "cell": cell} | _of_all_devices(cell, found)
        for device in run["devices"]:
            other = before.get(device["device"]) if cell == WITH else None
            lines.append(shared | _of_a_device(device, other))
    return lines


def _of_all_devices(cell: str, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    run, before = found[cell], found[WITHOUT]
    images = run["images"]
    line: dict[str, Any] = {"images": images, "chosen": run["chosen"]}
    for name in ("operations", "nonzero_operations"):
        line[name] = run[name] / images
        if cell == WITH:
            line[f"{name}_saved"] = 1 - line[name] / (before[name] / before["images"])
    line["steps"] = run["steps_sum"] / images
    line["monitor_updates"] = run["updates"] / images
    if "planes_sum" in run:
        line["planes"] = run["planes_sum"] / images
        line["planes_share"] = run["planes_sum"] / run["full_planes_sum"]
    if cell == WITH:
        line["accuracy_lost"] = before["right"] / before["images"] - run["right"] / images
        line["steps_share"] = run["steps_sum"] / before["steps_sum"]
        line["reran"] = run["reran"] / images
    return line


def _of_a_device(device: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    kept = ("device", "priced_as", "energy_j", "time_s", "memory_bytes", "cores")
    line = {name: device[name] for name in (*kept, "physical_operations")} | tails(device)
    line["inferences_priced"] = len(device["weights"])
    saved = {
        "energy_saved": "energy_j",
        "time_saved": "time_s",
        "memory_saved": "memory_bytes",
        "cores_saved": "cores",
        "physical_operations_saved": "physical_operations",
    }
    for column, name in saved.items():
        if before is not None and before[name] and device[name] is not None:
            line[column] = 1 - device[name] / before[name]
    return line
