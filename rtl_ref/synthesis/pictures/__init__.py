"""pictures: where the modules of a design lie on an FPGA."""
