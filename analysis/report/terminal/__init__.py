"""Tables on a terminal, as wide as its page."""
