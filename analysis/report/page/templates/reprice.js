"use strict";
/* Prices of a bill at any setting: sums of count · Π value^power, as in energy/bill.py, and the
   ranges of energy/pricing/uncertainty.py. Nothing here knows of a page. */

const VALUE = 0, LOW = 1, HIGH = 2, MEASUREMENT = 3;
const ENDS = { value: VALUE, low: LOW, high: HIGH };
const IDLE = ["between inferences", "waking"];
const HOST = "host.";

/* ---------------------------------------------------------------- card values at a setting */

const polynomial = (coefficients, x) => coefficients.reduce((sum, c) => sum * x + c, 0);

/** The clock that a device reaches: a number, or a straight line between pairs of V and Hz. */
function highestClock(knobs, volt) {
  if (typeof knobs.fastest === "number") return knobs.fastest;
  const pairs = knobs.fastest;
  for (let i = 1; i < pairs.length; i++) {
    const [v0, f0] = pairs[i - 1], [v1, f1] = pairs[i];
    if (volt <= v1) return f0 + (f1 - f0) * (volt - v0) / (v1 - v0);
  }
  return pairs[pairs.length - 1][1];
}

/** S(V) of laws.py. */
function scale(knobs, volt) {
  const [above, below] = knobs.node;
  const factor = (v) => polynomial(above, v) / polynomial(below, v);
  return (volt / knobs.home_v) ** knobs.exponent * factor(volt) / factor(knobs.home_v);
}

/** A value of a device, with its ends, at the voltage and clock of `setting`. */
function atSetting(own, key, knobs, setting) {
  if (!setting || !knobs) return own;
  return atClock(atVoltage(own, key, knobs, setting), key, knobs, setting);
}

/** Away from its clock a microcontroller's values are less sure: microcontroller_laws.py. */
function atClock(own, key, knobs, setting) {
  const law = knobs.clocked && knobs.clocked[key];
  if (!law) return own;
  const [value, low, high, measurement] = knobs.scaled[key] ? own : law;
  const ratio = setting.clock_hz / knobs.home_hz;
  if (ratio === 1) return [value, low, high, measurement];
  const [lower, higher] = ratio < 1 ? law.slice(4, 6) : law.slice(6, 8);
  const away = Math.max(ratio, 1 / ratio);
  return [value, low / away ** lower, high * away ** higher, measurement];
}

function atVoltage(own, key, knobs, setting) {
  if (key === "clock_hz") {
    if (setting.clock_hz === own[VALUE]) return own;
    return [setting.clock_hz, setting.clock_hz, setting.clock_hz, own[MEASUREMENT]];
  }
  const law = knobs.scaled && knobs.scaled[key];
  if (!law) return own;
  const [value, low, high, measurement, power, width, constant] = law;
  const volt = setting.voltage_v;
  if (volt === knobs.home_v) return [value, low, high, measurement];
  const s = scale(knobs, volt) ** power;
  const wider = constant * Math.max(volt / knobs.home_v, knobs.home_v / volt) ** width;
  return [value * s, low * s / wider, high * s * wider, measurement];
}

/** All values that the terms of a side name. */
function valuesAt(side, knobs, settings) {
  const found = {};
  for (const [key, own] of Object.entries(side.values)) {
    const ofHost = side.host !== null && key.startsWith(HOST);
    const device = ofHost ? side.host : side.card;
    const name = ofHost ? key.slice(HOST.length) : key;
    found[key] = atSetting(own, name, knobs[device], settings.devices[device]);
  }
  return found;
}

/* ---------------------------------------------------------------- sums of terms */

/** A side at a setting: its values, and its terms with one count each. */
function billAt(side, knobs, settings) {
  const terms = side.terms.map(([component, what, powers, counts, perSecond]) => {
    const fixed = typeof counts === "number" ? counts : counts[settings.step];
    return { component, what, powers, count: fixed + perSecond * settings.period_s };
  });
  const values = valuesAt(side, knobs, settings);
  return { side, terms, values, groups: measurements(values) };
}

function select(bill, what, idle = true, component = null) {
  return bill.terms.filter((term) => term.what === what
    && (idle || !IDLE.includes(term.component))
    && (component === null || term.component === component));
}

/** The dot product; the values of one measurement may stand at an end of their range. */
function evaluate(bill, terms, moved = [], end = VALUE) {
  let total = 0;
  for (const { count, powers } of terms) {
    let product = count;
    for (const [key, power] of powers) {
      product *= bill.values[key][moved.includes(key) ? end : VALUE] ** power;
    }
    total += product;
  }
  return total;
}

/* ---------------------------------------------------------------- ranges */

/** Measurement -> keys of the uncertain values that come from it. */
function measurements(values) {
  const groups = new Map();
  for (const [key, [, low, high, name]] of Object.entries(values)) {
    if (low < high) groups.set(name, [...(groups.get(name) || []), key]);
  }
  return groups;
}

const logOf = (ratio) => (ratio <= 0 ? -Infinity : Math.log(ratio));
const rootOfSquares = (numbers) => Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0));

/** P5 and P95 around `nominal`, from the value at either end of each measurement. */
function combine(nominal, ends) {
  const swings = ends.map((pair) => pair.map((x) => logOf(x / nominal)));
  const up = rootOfSquares(swings.map((pair) => Math.max(0, ...pair)));
  const down = rootOfSquares(swings.map((pair) => Math.min(0, ...pair)));
  return { value: nominal, low: nominal * Math.exp(-down), high: nominal * Math.exp(up) };
}

/** Sum of terms with its range. */
function estimate(bill, terms) {
  const nominal = evaluate(bill, terms);
  if (nominal <= 0) return { value: nominal, low: nominal, high: nominal };
  const ends = [...bill.groups.values()].map((keys) =>
    [evaluate(bill, terms, keys, LOW), evaluate(bill, terms, keys, HIGH)]);
  return combine(nominal, ends);
}

/** Energy of the first over that of the second; what both share moves both. */
function ratio(first, second, idle) {
  const above = select(first, "energy_j", idle), below = select(second, "energy_j", idle);
  const quotient = (name, end) => evaluate(first, above, first.groups.get(name), end)
    / evaluate(second, below, second.groups.get(name), end);
  const names = new Set([...first.groups.keys(), ...second.groups.keys()]);
  const ends = [...names].map((name) => [quotient(name, LOW), quotient(name, HIGH)]);
  return combine(quotient(null, VALUE), ends);
}

const verdictOf = (found) => (found.high < 1 ? "wins" : found.low > 1 ? "loses" : "undecided");

/** What matters most: energy with each measurement at its ends, largest swing first. */
function tornado(bill, idle) {
  const terms = select(bill, "energy_j", idle);
  const nominal = evaluate(bill, terms);
  const rows = [];
  for (const [measurement, keys] of bill.groups) {
    const low = evaluate(bill, terms, keys, LOW), high = evaluate(bill, terms, keys, HIGH);
    if (low === nominal && high === nominal) continue;
    const swing = Math.max(Math.abs(logOf(low / nominal)), Math.abs(logOf(high / nominal)));
    rows.push({ measurement, keys: keys.join(", "), low, high, nominal, variance: swing * swing });
  }
  const all = rows.reduce((sum, row) => sum + row.variance, 0) || 1;
  for (const row of rows) row.share = row.variance / all;
  return rows.sort((one, other) => other.variance - one.variance);
}

/* ---------------------------------------------------------------- a side, priced */

/** Why a setting cannot be; "" where it can. */
function refusal(side, knobs, settings) {
  for (const device of [side.card, side.host]) {
    const own = device && knobs[device], setting = settings.devices[device];
    if (!own || !setting) continue;
    const fastest = highestClock(own, setting.voltage_v);
    if (own.home_v && !(setting.voltage_v >= own.lowest_v && setting.voltage_v <= own.highest_v)) {
      return `${device} runs from ${own.lowest_v} to ${own.highest_v} V`;
    }
    if (!(setting.clock_hz >= own.lowest_clock_hz && setting.clock_hz <= fastest * (1 + 1e-9))) {
      const at = own.home_v ? ` at ${setting.voltage_v} V` : "";
      return `${device} runs from ${inPrefixes(own.lowest_clock_hz, "Hz")} to `
        + `${inPrefixes(fastest, "Hz")}${at}`;
    }
  }
  return "";
}

/** Energy, with and without what is used between inferences, and time: each with its range. */
function priceOf(side, knobs, settings) {
  const refused = refusal(side, knobs, settings);
  if (refused) return { side, refused };
  const bill = billAt(side, knobs, settings);
  const time = estimate(bill, select(bill, "time_s"));
  if (side.idles && settings.period_s < time.value) {
    const needed = inPrefixes(time.value, "s");
    return { side, time, refused: `an inference takes ${needed}, longer than the period` };
  }
  return {
    side, bill, time, refused: "",
    energy: estimate(bill, select(bill, "energy_j", false)),
    perPeriod: estimate(bill, select(bill, "energy_j", true)),
  };
}

/** Three digits with an SI prefix, as numbers.py writes them. */
function inPrefixes(value, unit) {
  const prefixes = { 9: "G", 6: "M", 3: "k", 0: "", "-3": "m", "-6": "µ", "-9": "n", "-12": "p" };
  for (const exponent of [9, 6, 3, 0, -3, -6, -9, -12]) {
    const size = 10 ** exponent;
    if (Math.abs(value) >= 0.9995 * size) {
      return `${(value / size).toPrecision(3)} ${prefixes[exponent]}${unit}`;
    }
  }
  return `${Number(value.toPrecision(3))} ${unit}`;
}
