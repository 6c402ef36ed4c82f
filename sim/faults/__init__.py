"""Networks and inputs with faults: noise, stuck neurons, lost spikes, wrong bits of weights."""
