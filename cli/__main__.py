"""``python -m spikewatt.cli``."""

from .main import main

main()
