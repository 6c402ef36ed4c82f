"""The literature's rules for "does the spiking network win?", on the user's own trace."""
