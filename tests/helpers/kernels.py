"""A device whose cycles per event are known."""

from __future__ import annotations

TRUE = {
    "cycles_per_mac_dense": 3.1,
    "cycles_per_mac_conv": 2.4,
    "cycles_per_output": 72.0,
    "cycles_per_pool_element": 6.0,
    "cycles_per_layer": 1000.0,
    "cycles_per_inference": 500.0,
}
TRUE_OVERHEAD = {key: TRUE[key] for key in ("cycles_per_layer", "cycles_per_inference")}
FOUR = ("AD", "IC", "KWS", "VWW")
