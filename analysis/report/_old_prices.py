"""Stands in for energy.pricing.prices until that is here."""

from dataclasses import dataclass, field

import pandas as pd

from ...energy.pricing import price as P
from ...energy.pricing import verdicts as V
from ...energy.pricing import waterfall as W
from ...errors import DoesNotFitError, SpikewattError


@dataclass
class Prices:
    frame: pd.DataFrame
    does_not_fit: dict = field(default_factory=dict)

    @property
    def bills(self):
        return self.frame.attrs["bills"]

    @property
    def period_s(self):
        return self.frame.attrs["period_s"]

    @property
    def assumptions(self):
        return self.frame.attrs["assumptions"]

    def totals(self, idle=True):
        return P.totals(self.frame, idle)

    def verdicts(self, everything=True):
        return V.verdicts(self.frame, everything)

    def battery_life(self, battery="cr2032"):
        return P.battery_life(self.frame, battery)

    def tornado(self, rows=5):
        return V.tornadoes(self.frame, rows)

    def break_evens(self, trace):
        return V.break_evens(trace, self.frame)

    def explain(self, first, second, workload=None):
        sides = [V.side_of(self.frame, d.split("+")[0], workload) for d in (first, second)]
        return W.explain(*sides)


def price_devices(trace, devices, period_s, network=None, host=None, library=None):
    return _collected(
        devices,
        period_s,
        lambda d: P.price(trace, d, network=network, period_s=period_s, host=host, library=library),
    )


def price_layers_on_devices(table, devices, period_s, network=None, library=None, clock_hz=None):
    return _collected(
        devices, period_s, lambda d: P.price_layers(table, d, library, clock_hz, network, period_s)
    )


def _collected(devices, period_s, price_on):
    frames, does_not_fit = [], {}
    names = [device if isinstance(device, str) else device.name for device in devices]
    if len(set(names)) < len(names):
        raise SpikewattError(
            "price.devices", "must have different names (the key `name` of a card)", names
        )
    for device, name in zip(devices, names, strict=True):
        try:
            frames.append(price_on(device))
        except DoesNotFitError as error:
            does_not_fit[name] = str(error)
    frame = (
        pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(P.COLUMNS))
    )
    attrs = {
        key: [entry for f in frames for entry in f.attrs[key]] for key in ("assumptions", "bills")
    }
    frame.attrs = {**attrs, "period_s": period_s}
    return Prices(frame, does_not_fit)
