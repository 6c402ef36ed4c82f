"""How the networks of the studies are trained, and trained again after an interruption."""
