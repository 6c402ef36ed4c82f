"""boards: bitstreams of a design that runs by itself."""
