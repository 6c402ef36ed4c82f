"""WHAT it costs: parameter cards, mapping onto cores, core and microcontroller models, prices."""
