"""From Keras: read the graph, choose clips, round to integers."""
