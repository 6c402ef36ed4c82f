"""Names of networks and devices that are given wrongly are refused, not taken for others."""

from __future__ import annotations

import pytest
from spikewatt.energy.pricing.price import price_layers
from spikewatt.errors import SpikewattError


def test_a_network_that_is_no_text():
    with pytest.raises(SpikewattError, match=r"network: must be a name; got .?5"):
        price_layers("mlperf_tiny", "stm32l4r5", network=5)


def test_a_device_named_twice_in_a_setting():
    clocks = {"stm32l4r5": 80e6, "STM32L4R5": 60e6}
    with pytest.raises(SpikewattError, match=r"names each device once; got stm32l4r5 twice"):
        price_layers("mlperf_tiny", "stm32l4r5", network="KWS", clock_hz=clocks)
