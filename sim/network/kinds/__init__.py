"""Which neuron reaches which: a class for each kind of connection."""
