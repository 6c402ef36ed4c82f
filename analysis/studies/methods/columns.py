"""Columns of ``methods.csv``: what a method saves, a line for each cell and device."""

from __future__ import annotations

METHODS = "methods.csv"
SHOWN = ("p50", "p95", "p99", "largest")
# Saved and lost are shares, beside the cell `without`. Operations are per image: all, those of
# weights that are not 0, and those that cores perform, whatever the weight. `planes` and `steps`
# are means over images, `reran` the share of images that ran a further stage.
METHOD_COLUMNS = (
    "study",
    "row",
    "cell",
    "device",
    "priced_as",
    "images",
    "accuracy_lost",
    "operations",
    "nonzero_operations",
    "physical_operations",
    "operations_saved",
    "nonzero_operations_saved",
    "physical_operations_saved",
    "planes",
    "planes_share",
    "steps",
    "steps_share",
    "reran",
    "monitor_updates",
    "energy_j",
    *(f"energy_{name}_j" for name in SHOWN),
    "energy_saved",
    "time_s",
    *(f"time_{name}_s" for name in SHOWN),
    "time_saved",
    "memory_bytes",
    "memory_saved",
    "cores",
    "cores_saved",
    "inferences_priced",
    "chosen",
)

ROBUSTNESS = "robustness.csv"
# As of `spikewatt.robustness`: accuracies are shares, levels shares of what is hit.
ROBUSTNESS_COLUMNS = (
    "study",
    "row",
    "network",
    "fault",
    "level",
    "seeds",
    "images",
    "accuracy",
    "accuracy_lowest",
    "accuracy_highest",
    "accuracy_seeds_low",
    "accuracy_seeds_high",
    "accuracy_images_low",
    "accuracy_images_high",
    "points_lost",
)
