"""hardware: what a study's networks take on FPGAs, in standard cells and on ODIN."""
