"""Networks that everybody knows: do they fit, do spikes win? The table of the README."""
