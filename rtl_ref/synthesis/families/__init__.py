"""families: FPGA families that the core is placed on, one class each."""
