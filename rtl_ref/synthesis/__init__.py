"""The core as gates: FPGA, standard cells, timing and activity."""
