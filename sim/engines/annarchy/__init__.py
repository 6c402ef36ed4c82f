"""Neuron equations in C++, generated and compiled by ANNarchy."""
