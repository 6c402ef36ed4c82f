"""The golden model of the core, and the words that it takes."""
