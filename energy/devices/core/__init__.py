"""Cores that take turns at a datapath: who sits where, and what a trace makes them do."""
