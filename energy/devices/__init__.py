"""What each kind of device does with a trace, and what it charges for."""
