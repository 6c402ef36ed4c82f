"""Keys of the card of a neuromorphic core: values with their units, and limits.

One line each in `docs/reference/card_keys.md`: what it means, and when it is needed.
"""

from __future__ import annotations

SIZE = (1, 10**12)
SWITCH = (0, 1)  # whether the core can do it

# What the links between cores cost, which only networks on several cores pay.
LINK_KEYS = (
    "energy_per_router_cycle_j",
    "router_leakage_power_w",
    "cycles_per_routed_event",
    "cycles_per_hop",
    "area_of_router_m2",
)

# A core that a clock drives: all of them, and each has a price.
CLOCKED_UNITS = {
    "clock_hz": "Hz",
    "energy_per_sop_j": "J",
    "energy_per_neuron_update_j": "J",
    "energy_per_neuron_access_j": "J",
    "energy_per_clock_cycle_j": "J",
    "energy_per_routed_event_j": "J",
    "energy_per_router_cycle_j": "J",
    "leakage_power_w": "W",
    "router_leakage_power_w": "W",
    "cycles_per_sop": "",
    "cycles_per_event": "",
    "cycles_per_neuron_update": "",
    "cycles_per_neuron_access": "",
    "cycles_per_step": "",
    "cycles_per_output_spike": "",
    "cycles_per_routed_event": "",
    "cycles_per_hop": "",
    "area_per_synapse_bit_m2": "m**2",
    "area_besides_synapses_m2": "m**2",
    "area_of_router_m2": "m**2",
    "regulator_efficiency": "",
}

# What any chip may say beside these.
OF_ANY_CHIP = {
    "energy_per_event_j": "J",
    "energy_per_active_update_j": "J",
    "energy_per_spike_j": "J",
    "chip_static_power_w": "W",
    "companion_power_w": "W",
}
# Work of a core that no clock counts.
WORK_TIMES = {
    "time_per_sop_s": "s",
    "time_per_event_s": "s",
    "time_per_neuron_update_s": "s",
    "time_per_spike_s": "s",
}
# What each step costs, whatever happens in it.
BARRIER_ENERGIES = {
    "barrier_energy_j": "J",
    "barrier_energy_per_core_j": "J",
}
BARRIER_TIMES = {
    "barrier_time_s": "s",
    "barrier_time_per_input_core_s": "s",
}
TICK = {"step_time_s": "s"}

NEW_UNITS = {**OF_ANY_CHIP, **WORK_TIMES, **BARRIER_ENERGIES, **BARRIER_TIMES, **TICK}

LIMITS = {
    "neurons_per_core": SIZE,
    "axons_per_core": SIZE,
    "weight_bits": SIZE,
    "bits_beside_weight": (0, 64),  # of a synapse: ODIN keeps one that switches its learning
    "state_bits": SIZE,
    "signs_per_axon": (1, 2),
    "doubling_accumulator": SWITCH,
    "zero_skipping": SWITCH,
    "reset_to_zero": SWITCH,
    "neuron_gates": SWITCH,
    "resets_by_subtraction": SWITCH,
    "leaks": SWITCH,
    "spikes_per_step": SIZE,
    "layers_share_cores": SWITCH,
    "cores_per_chip": SIZE,
    "chips_per_board": SIZE,
    "companion_sleeps": SWITCH,
    "barrier_input_cores": (0, 10**12),  # input cores that barrier_time_s holds for
}
# What holds where a card does not say it. None: as many as the network takes, on one chip.
UNSAID_LIMITS: dict[str, int | None] = {
    "resets_by_subtraction": 1,
    "leaks": 0,
    "neuron_gates": 0,
    "spikes_per_step": 1,
    "layers_share_cores": 1,
    "cores_per_chip": None,
    "chips_per_board": 1,
    "companion_sleeps": 1,
    "barrier_input_cores": 0,
}
# Likewise, and written into each card that is read.
LIMIT_DEFAULTS = {"reset_to_zero": 0, "bits_beside_weight": 0}
