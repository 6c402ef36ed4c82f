"""What the rules of the literature ask of a trace or of counts."""
