"""k-bit spiking networks: accuracy, spikes of either sign and operations after each step."""
