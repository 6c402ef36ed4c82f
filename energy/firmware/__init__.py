"""Networks as C on a Cortex-M: compiled, executed in an emulator, and counted."""
