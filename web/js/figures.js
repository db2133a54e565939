// SPDX-License-Identifier: Apache-2.0
// From counts since start to what happens now: rates, percentiles, a window of history.

export const SAMPLES_MAX = 300;

const secondsBetween = (a, b) => (b.uptime_s ?? b.time) - (a.uptime_s ?? a.time);

/** Per second and name: what @now has more than @before. Null when the server was started anew. */
export function rates(before, now, part) {
  const seconds = secondsBetween(before, now);
  if (!(seconds > 0)) return null;
  const found = {};
  for (const [name, count] of Object.entries(now[part] ?? {})) {
    const more = count - (before[part]?.[name] ?? 0);
    if (more < 0) return null;
    found[name] = more / seconds;
  }
  return found;
}

export const total = (map) => Object.values(map ?? {}).reduce((sum, n) => sum + n, 0);

/** All doors' times in one: { le_us, count } of what came after @before (null: since start). */
export function latencySince(before, now) {
  let bounds = null;
  let counts = [];
  for (const [door, histogram] of Object.entries(now.latency ?? {})) {
    bounds ??= histogram.le_us;
    const old = before?.latency?.[door]?.count;
    histogram.count.forEach((n, i) => {
      counts[i] = (counts[i] ?? 0) + n - (old?.[i] ?? 0);
    });
  }
  if (bounds === null) return null;
  if (counts.some((n) => n < 0)) counts = counts.map(() => 0);
  return { le_us: bounds, count: counts };
}

/** So many microseconds were enough for @part (0 to 1) of the requests; null when there were none. */
export function percentile(histogram, part) {
  const all = total(histogram?.count);
  if (!(all > 0)) return null;
  let sum = 0;
  for (let i = 0; i < histogram.count.length; i++) {
    const here = histogram.count[i];
    if (sum + here >= part * all && here > 0) {
      const low = i === 0 ? 0 : histogram.le_us[i - 1];
      const high = histogram.le_us[i] ?? low * 2;
      return low + (high - low) * ((part * all - sum) / here);
    }
    sum += here;
  }
  return null;
}

/** The samples of the last minutes. */
export class History {
  constructor(max = SAMPLES_MAX) {
    this.max = max;
    this.samples = [];
  }

  add(status) {
    const last = this.samples[this.samples.length - 1];
    if (last && secondsBetween(last, status) <= 0) this.samples = []; // started anew
    this.samples.push(status);
    if (this.samples.length > this.max) this.samples.shift();
  }

  get last() {
    return this.samples[this.samples.length - 1];
  }

  times() {
    return this.samples.slice(1).map((s) => secondsBetween(s, this.last));
  }

  /** [{ name, values }] per second, the busiest first, at most @most and then the rest as one. */
  rateSeries(part, most, restName) {
    const steps = this.samples.slice(1).map((s, i) => rates(this.samples[i], s, part) ?? {});
    const sums = new Map();
    for (const step of steps) for (const [name, n] of Object.entries(step)) sums.set(name, (sums.get(name) ?? 0) + n);
    const names = [...sums].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name);
    const kept = names.length > most ? names.slice(0, most - 1) : names;
    const rest = names.slice(kept.length);
    const series = kept.map((name) => ({ name, values: steps.map((step) => step[name] ?? 0) }));
    if (rest.length > 0) series.push({ name: restName, values: steps.map((step) => rest.reduce((sum, name) => sum + (step[name] ?? 0), 0)) });
    return series;
  }

  /** [{ name, values }] of something that is told as it is. */
  levelSeries(read) {
    const names = Object.keys(this.last ? read(this.last) : {});
    return names.map((name) => ({ name, values: this.samples.slice(1).map((s) => read(s)[name] ?? 0) }));
  }

  /** Percentiles over the last @span samples at each moment. */
  latencySeries(parts, span = 5) {
    return parts.map(({ name, part }) => ({ name, values: this.samples.slice(1).map((s, i) =>
      percentile(latencySince(this.samples[Math.max(0, i + 1 - span)], s), part)) }));
  }
}

/** A round number at or above @value: the end of an axis. */
export function niceCeiling(value) {
  if (!(value > 0)) return 1;
  const scale = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((n) => n * scale).find((n) => n >= value * 0.9999);
}
