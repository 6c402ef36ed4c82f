"""The exchange format of spiking simulators."""
