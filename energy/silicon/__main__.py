"""Prints the fits of the cards of measured chips: ``python -m spikewatt.energy.silicon``."""

from __future__ import annotations

from .loihi_fit import fit_loihi
from .measurements import SPINN_5
from .spinnaker_fit import fit_spinnaker

for name, fit in (
    ("loihi", fit_loihi()),
    ("spinnaker1", fit_spinnaker()),
    ("spinnaker1_48", fit_spinnaker(SPINN_5)),
):
    print(name)
    for key, found in fit.values.items():
        print(f"  {key}: {found.value:.3g} ({found.low:.3g} to {found.high:.3g})")
    for what, error in fit.residuals.items():
        print(f"  {what}: {error:+.1%}")
