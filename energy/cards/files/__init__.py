"""Card files: their schema, their laws, and every fault of a file at once, with its line."""
