"""Parameter cards: what a device costs per event, with unit, source and range."""
