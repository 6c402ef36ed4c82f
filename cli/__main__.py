"""``python -m spikewatt.cli``."""

from .entry import main

main()
