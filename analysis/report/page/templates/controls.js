"use strict";
/* The page: charts, controls, and what changes with them. */

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const views = {};

/* ---------------------------------------------------------------- charts */

/** Draw a chart with the rows of its live data; later rows go into the same view. */
function draw(name, rows = null) {
  const box = byId(`chart-${name}`);
  if (!box) return;
  if (views[name]) {
    views[name].then((view) => view.data(name, rows).resize().runAsync());
    return;
  }
  const spec = data.charts[name];
  if (rows) spec.data.find((source) => source.name === name).values = rows;
  const options = { mode: "vega", renderer: "svg", actions: false };
  views[name] = vegaEmbed(box, spec, options).then((result) => result.view);
}

/* ---------------------------------------------------------------- what is set */

const FIRST = "first", SECOND = "second";
const sides = data.sides || [];
const isFirst = (side, i) => sides.findIndex((other) => other.card === side.card
  && other.workload === side.workload) === i;
const alone = sides.filter(isFirst);  // each device and workload once, without a host if it can
const settings = data.settings ? structuredClone(data.settings) : null;
const nameOf = (side) => `${side.device} ${side.workload}`;

/** The bill of a side of the list: of a core with the chosen host, where there is one. */
function chosen(side) {
  const hosted = sides.find((other) => other.card === side.card
    && other.workload === side.workload && other.host === (settings.host || null));
  return hosted || side;
}

const sideAt = (place) => chosen(alone[settings[place]]);
const priced = (side, at = settings) => priceOf(side, data.knobs, at);
const counts = (price) => (settings.counted === "period" ? price.perPeriod : price.energy);

/* ---------------------------------------------------------------- one unit per column */

const PREFIXED = [[1, ""], [1e-3, "m"], [1e-6, "µ"], [1e-9, "n"], [1e-12, "p"]];

/** The prefix in which the middle one of `values` has one to three digits before the point. */
function prefixFor(values) {
  const sorted = values.filter((x) => x > 0).sort((one, other) => one - other);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)] || 1;
  return PREFIXED.find(([size]) => middle >= size) || PREFIXED[PREFIXED.length - 1];
}

function digits(value) {
  if (value === 0) return "0";
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)) + 1e-9));
  return value.toLocaleString("en", { minimumFractionDigits: Math.min(places, 6),
    maximumFractionDigits: Math.min(places, 6), useGrouping: true });
}

/* ---------------------------------------------------------------- the table of prices */

function cell(row, tag, text, value = null) {
  const made = document.createElement(tag);
  made.textContent = text;
  if (tag === "th") made.scope = "row";
  if (value !== null) {
    made.dataset.value = String(value);
    made.className = "number";
  }
  row.append(made);
}

const NARROW = 0.03;  // a range up to this share of its low end is not shown, as in times.py
const isWide = ({ low, high }) => high > low * (1 + NARROW);

function rangeCell(row, { low, high }, size, isShown) {
  const text = isShown ? `${digits(low / size)} to ${digits(high / size)}` : "";
  cell(row, "td", text, `${low} ${high}`);
}

function showPrices() {
  const prices = alone.map((side) => priced(chosen(side)));
  const whole = prices.filter((price) => !price.refused);
  const [joule, inJoules] = prefixFor(whole.map((price) => counts(price).value));
  const [second, inSeconds] = prefixFor(whole.map((price) => price.time.value));
  const watts = (price) => price.perPeriod.value / settings.period_s;
  const [watt, inWatts] = prefixFor(whole.map(watts));
  byId("energy-unit").textContent = `(${inJoules}J)`;
  byId("time-unit").textContent = `(${inSeconds}s)`;
  byId("power-unit").textContent = `(${inWatts}W)`;

  const rows = prices.map((price, i) => {
    const row = document.createElement("tr");
    row.dataset.side = nameOf(price.side);
    if (i === settings[FIRST]) row.className = FIRST;
    else if (i === settings[SECOND]) row.className = SECOND;
    const { device, instead_of: instead } = price.side;
    cell(row, "th", instead ? `${device} (in place of ${instead})` : device);
    cell(row, "td", price.side.workload);
    if (price.refused) {
      const why = document.createElement("td");
      why.colSpan = 6;
      why.textContent = price.refused;
      row.append(why);
      return row;
    }
    const { value } = counts(price), { time, side } = price;
    cell(row, "td", digits(value / joule), value);
    rangeCell(row, counts(price), joule, side.ranged);
    cell(row, "td", side.timed ? digits(time.value / second) : "", time.value);
    rangeCell(row, time, second, side.timed && isWide(time));
    cell(row, "td", price.side.idles ? digits(watts(price) / watt) : "", watts(price));
    const other = priced(sideAt(SECOND));
    const same = other.refused || nameOf(other.side) === nameOf(price.side);
    cell(row, "td", same ? "" : `× ${Number((value / counts(other).value).toPrecision(3))}`,
      same ? "" : value / counts(other).value);
    return row;
  });
  byId("prices").tBodies[0].replaceChildren(...rows);
}

/* ---------------------------------------------------------------- the answer */

const three = (x) => String(Number(x.toPrecision(3)));

function showAnswer() {
  const answer = byId("answer");
  const first = priced(sideAt(FIRST)), second = priced(sideAt(SECOND));
  const refused = [first, second].find((price) => price.refused);
  answer.classList.toggle("refused", Boolean(refused));
  for (const key of ["ratio", "low", "high", "verdict"]) delete answer.dataset[key];
  if (refused) {
    answer.textContent = `${nameOf(refused.side)}: ${refused.refused}.`;
    return;
  }
  const [one, other] = [nameOf(first.side), nameOf(second.side)];
  if (one === other) {
    answer.textContent = "Choose two different sides.";
    return;
  }
  if (!first.side.ranged || !second.side.ranged) {
    answer.textContent = "A rule has no range: it decides nothing.";
    return;
  }
  const found = ratio(first.bill, second.bill, settings.counted === "period");
  const verdict = verdictOf(found);
  Object.assign(answer.dataset,
    { ratio: found.value, low: found.low, high: found.high, verdict });
  const more = found.value >= 1;
  const [times, from, to] = more ? [found.value, found.low, found.high]
    : [1 / found.value, 1 / found.high, 1 / found.low];
  const sure = verdict === "undecided" ? " The range holds 1: undecided." : "";
  answer.textContent = `At this setting ${one} uses ${three(times)} times ${more ? "more" : "less"} energy than `
    + `${other} (${three(from)} to ${three(to)}).${sure}`;
}

/* ---------------------------------------------------------------- rows of the charts */

/** That of an int8 network is known only where one was executed: else null. */
const accuracyOf = (side, step) => (side.workload === "snn" ? data.accuracy[step]
  : data.int8_accuracy);

function frontRows() {
  if (!data.accuracy) return [];
  const rows = [];
  for (const base of alone) {
    const side = chosen(base);
    const moves = side.workload === "snn";
    for (const step of moves ? data.steps.keys() : [settings.step]) {
      const here = step === settings.step;
      const price = priced(side, { ...settings, step });
      if (price.refused) continue;
      const { value, low, high } = counts(price);
      const accuracy = accuracyOf(side, step);
      if (accuracy === null) continue;
      const steps = moves ? `, ${data.steps[step]} steps` : "";
      rows.push({ side: nameOf(side), energy_j: value, low_j: low, high_j: high, accuracy, here,
        steps: data.steps[step], label: `${nameOf(side)}${steps}: ${inPrefixes(value, "J")}, `
          + `${(100 * accuracy).toFixed(1)} %` });
    }
  }
  return rows;
}

function componentRows() {
  const rows = [];
  const idle = settings.counted === "period";
  for (const place of [FIRST, SECOND]) {
    const price = priced(sideAt(place));
    if (price.refused || (place === SECOND && settings[FIRST] === settings[SECOND])) continue;
    const terms = select(price.bill, "energy_j", idle);
    for (const component of new Set(terms.map((term) => term.component))) {
      const found = estimate(price.bill, terms.filter((term) => term.component === component));
      if (found.value <= 0) continue;
      rows.push({ component, side: nameOf(price.side), energy_j: found.value,
        low_j: Math.max(found.low, found.value * 1e-3), high_j: found.high,
        label: `${nameOf(price.side)}, ${component}: ${inPrefixes(found.value, "J")} `
          + `(${inPrefixes(found.low, "J")} to ${inPrefixes(found.high, "J")})` });
    }
  }
  const largest = new Map();
  for (const { component, energy_j: j } of rows) {
    largest.set(component, Math.max(j, largest.get(component) || 0));
  }
  return rows.sort((one, other) => largest.get(other.component) - largest.get(one.component));
}

function latencyRows() {
  const rows = alone.map((side) => priced(chosen(side)))
    .filter((price) => price.side.timed && price.time && price.time.value > 0)
    .map(({ side, time }) => {
      const shown = inPrefixes(time.value, "s");
      const range = `${inPrefixes(time.low, "s")} to ${inPrefixes(time.high, "s")}`;
      return { side: nameOf(side), time_s: time.value, low_s: time.low, high_s: time.high,
        is_period: false, shown,
        label: `${nameOf(side)}: ${shown}${isWide(time) ? ` (${range})` : ""}` };
    });
  const label = `period: ${inPrefixes(settings.period_s, "s")}`;
  return [...rows, { time_s: settings.period_s, is_period: true, label }];
}

function showTornado(place) {
  const side = sideAt(place);
  const price = priced(side);
  const title = byId(`tornado-${place}-title`);
  if (title) title.textContent = nameOf(side);
  const found = price.refused ? [] : tornado(price.bill, settings.counted === "period");
  draw(`tornado_${place}`, found.slice(0, 8).map((row) => ({ measurement: row.measurement,
    low_j: row.low, high_j: row.high, nominal_j: row.nominal,
    label: `${row.keys}: ${inPrefixes(row.low, "J")} to ${inPrefixes(row.high, "J")}, `
      + `${(100 * row.share).toFixed(1)} % of the variance` })));
}

/* ---------------------------------------------------------------- controls */

/** Show the knobs that the device of a side has, at their present places. */
function showKnobs(place) {
  const { card } = sideAt(place);
  const knobs = data.knobs[card], setting = settings.devices[card];
  const volts = Boolean(knobs && knobs.home_v), clock = Boolean(knobs && knobs.fastest);
  byId(`${place}-voltage-knob`).hidden = !volts;
  byId(`${place}-clock-knob`).hidden = !clock;
  if (volts) {
    for (const input of [byId(`${place}-voltage`), byId(`${place}-voltage-range`)]) {
      input.min = knobs.lowest_v;
      input.max = knobs.highest_v;
      if (document.activeElement !== input) input.value = setting.voltage_v;
    }
  }
  if (clock) {
    const most = highestClock(knobs, setting.voltage_v);
    const number = byId(`${place}-clock`), range = byId(`${place}-clock-range`);
    number.min = knobs.lowest_clock_hz / 1e6;
    number.max = most / 1e6;
    if (document.activeElement !== number) number.value = Number((setting.clock_hz / 1e6).toPrecision(12));
    range.min = 0;
    range.max = 1;
    range.value = Math.log(setting.clock_hz / knobs.lowest_clock_hz)
      / Math.log(most / knobs.lowest_clock_hz);
  }
}

/** A clock that stood at its highest stays there; none is faster than the voltage allows. */
function setVoltage(card, volt) {
  const knobs = data.knobs[card], setting = settings.devices[card];
  const wasFastest = setting.clock_hz >= highestClock(knobs, setting.voltage_v) * (1 - 1e-9);
  setting.voltage_v = volt;
  const most = highestClock(knobs, volt);
  if (wasFastest || setting.clock_hz > most) setting.clock_hz = most;
}

function showAll() {
  for (const place of [FIRST, SECOND]) {
    byId(place).value = settings[place];
    showKnobs(place);
  }
  const period = byId("period");
  if (document.activeElement !== period) period.value = settings.period_s;
  byId("counted").value = settings.counted;
  if (byId("host")) byId("host").value = settings.host;
  if (byId("steps")) {
    byId("steps").value = settings.step;
    byId("steps-shown").textContent = data.steps[settings.step];
    byId("steps").setAttribute("aria-valuetext", `${data.steps[settings.step]} steps`);
  }
  showAnswer();
  showPrices();
  draw("front", frontRows());
  draw("components", componentRows());
  draw("latency", latencyRows());
  for (const place of [FIRST, SECOND]) showTornado(place);
}

/** Run `change` with the number in an input, if it is one. */
function onNumber(id, change) {
  byId(id).addEventListener("input", (event) => {
    const value = event.target.valueAsNumber;
    if (!(value > 0) && event.target.type === "number") return;
    change(value);
    showAll();
  });
}

function listen() {
  if (byId("steps")) onNumber("steps", (step) => { settings.step = step; });
  onNumber("period", (period) => { settings.period_s = period; });
  for (const id of ["counted", "host", FIRST, SECOND]) {
    if (!byId(id)) continue;
    byId(id).addEventListener("change", (event) => {
      const { value } = event.target;
      settings[id] = id === FIRST || id === SECOND ? Number(value) : value;
      showAll();
    });
  }
  for (const place of [FIRST, SECOND]) {
    const card = () => sideAt(place).card;
    for (const id of [`${place}-voltage`, `${place}-voltage-range`]) {
      onNumber(id, (volt) => setVoltage(card(), volt));
    }
    onNumber(`${place}-clock`, (mega) => { settings.devices[card()].clock_hz = mega * 1e6; });
    onNumber(`${place}-clock-range`, (share) => {
      const knobs = data.knobs[card()], setting = settings.devices[card()];
      const most = highestClock(knobs, setting.voltage_v);
      const low = knobs.lowest_clock_hz;
      setting.clock_hz = share >= 1 ? most : Number((low * (most / low) ** share).toPrecision(3));
    });
  }
  byId("knobs").addEventListener("submit", (event) => event.preventDefault());
  byId("knobs").addEventListener("reset", (event) => {
    event.preventDefault();
    Object.assign(settings, structuredClone(data.settings));
    showAll();
  });
}

function begin() {
  for (const name of Object.keys(data.charts)) {
    if (!data.live.includes(name)) draw(name);
  }
  if (!settings) return;
  for (const place of [FIRST, SECOND]) {
    byId(place).replaceChildren(...alone.map((side, i) =>
      new Option(`${side.card}: ${side.workload}`, i)));
  }
  listen();
  showAll();
}

begin();
