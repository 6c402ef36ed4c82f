"""What runs: populations, connections, and the network that they make."""
