"""WHAT the core does: SystemVerilog core, its golden model, the bench that compares them."""
