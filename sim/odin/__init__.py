"""Networks for the ODIN chip itself, and the files that it is loaded from."""
