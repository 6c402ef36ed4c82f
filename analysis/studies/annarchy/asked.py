"""What a row asks of ANNarchy's own converter."""

from __future__ import annotations

from pydantic import Field

from ..row import Checked

OWN_CONVERTER = "annarchy_own"  # its cell in the tables
OURS_BESIDE = "ours_beside_annarchy_own"  # our first cell, on the same images


class OwnConverter(Checked):
    """The first test images, which ANNarchy's own converter classifies, too."""

    images: int = Field(default=20, ge=1, description="test images, the first ones")
    steps: int = Field(default=200, ge=1, le=10_000, description="of 1 ms each")
    input_encoding: str = Field(
        default="IB",
        pattern="^(IB|CPN|PSO)$",
        description="IB (intrinsically bursting, the study's), CPN (Poisson), PSO (phase)",
    )
