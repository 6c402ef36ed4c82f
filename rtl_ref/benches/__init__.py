"""cocotb benches; each runs inside of a simulator."""
