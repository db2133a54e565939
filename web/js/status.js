// SPDX-License-Identifier: Apache-2.0
// Figures of the server, live.
import { byId, el, fill, stranger } from './dom.js';
import { lineChart, swatch } from './chart.js';
import { History, latencySince, percentile, rates, total } from './figures.js';
import { note, showError, startPage } from './frame.js';
import { call } from './rest.js';
import { formatBytes, formatDuration, formatNumber, say } from './say.js';

const EVERY_MS = 2000;
const SPAN_S = 300;
const SERIES_MAX = 6;
const place = byId('work');
const history = new History(Math.ceil((SPAN_S * 1000) / EVERY_MS) + 2);
let isPaused = false;
let isBuilt = false;
let paused, tiles, told;

function formatUs(us) {
  if (us === null) return '\u2013';
  if (us >= 1000000) return formatNumber(us / 1000000, 2) + ' s';
  return us >= 1000 ? formatNumber(us / 1000, us < 10000 ? 1 : 0) + ' ms' : formatNumber(us, us < 10 ? 1 : 0) + ' \u00b5s';
}
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const shortNumber = (n) => compact.format(n);
const formatRate = (n) => (n === null ? '\u2013' : formatNumber(n, n < 10 ? 1 : 0));
const agoText = (seconds) => (seconds === 0 ? say('status.now') : say('status.ago', { duration: formatDuration(seconds) }));

const CHARTS = [
  { key: 'doors', series: () => history.rateSeries('requests', SERIES_MAX, say('status.rest')), axis: shortNumber, value: formatRate },
  { key: 'latency', series: () => history.latencySeries([['p50', 0.5], ['p90', 0.9], ['p99', 0.99]].map(([name, part]) => ({ name, part }))), axis: formatUs, value: formatUs, least: 100 },
  { key: 'operations', series: () => history.rateSeries('operations', SERIES_MAX, say('status.rest')), axis: shortNumber, value: formatRate },
  { key: 'responses', series: () => history.rateSeries('responses', SERIES_MAX, say('status.rest')), axis: shortNumber, value: formatRate },
  { key: 'connections', series: () => history.levelSeries((s) => s.connections ?? {}), axis: shortNumber, value: formatRate, least: 4 },
  { key: 'refusals', series: () => history.rateSeries('refusals', SERIES_MAX, say('status.rest')), axis: shortNumber, value: formatRate },
  { key: 'store', series: () => history.levelSeries((s) => ({ [say('status.used')]: s.store?.used_bytes ?? 0 })), axis: formatBytes, value: formatBytes },
  { key: 'records', series: () => history.levelSeries((s) => ({ [say('status.records')]: s.store?.records ?? 0 })), axis: shortNumber, value: (n) => formatNumber(n) },
];

// As much as there is, at least half a minute, in steps.
const spanOf = (times) => [30, 60, 120, SPAN_S].find((span) => (times[0] ?? 0) <= span) ?? SPAN_S;

function tile(key, value, more) {
  return el('div.tile', null, el('dt', null, say(key)), el('dd', null, value, more && el('small', null, more)));
}

function showTiles() {
  const now = history.last;
  const before = history.samples[Math.max(0, history.samples.length - 6)];
  const isFirst = before === now;
  const perSecond = isFirst ? null : rates(before, now, 'requests');
  const latency = latencySince(isFirst ? null : before, now);
  const hits = (now.cache?.hits ?? 0) - (isFirst ? 0 : (before.cache?.hits ?? 0));
  const misses = (now.cache?.misses ?? 0) - (isFirst ? 0 : (before.cache?.misses ?? 0));
  const limit = now.store?.limit_bytes ?? now.store?.size_bytes;
  fill(tiles,
    tile('status.rate', perSecond === null ? '\u2013' : formatRate(total(perSecond)), say('status.sinceStart', { n: total(now.requests) })),
    tile('status.p99', formatUs(percentile(latency, 0.99)), say('status.median', { time: formatUs(percentile(latency, 0.5)) })),
    now.store && tile('status.records', formatNumber(now.store.records ?? 0), now.store.prefixes !== undefined && say('status.prefixes', { n: now.store.prefixes })),
    now.store && tile('status.storeUsed', formatBytes(now.store.used_bytes ?? 0), limit && say('status.of', { size: formatBytes(limit) })),
    tile('status.connections', formatNumber(total(now.connections)), now.sessions !== undefined && say('status.sessions', { n: now.sessions })),
    now.cache && tile('status.cache', hits + misses > 0 ? formatNumber((100 * hits) / (hits + misses), 1) + '\u00a0%' : '\u2013', say('status.cacheHint')),
    now.memory_bytes > 0 && tile('status.memory', formatBytes(now.memory_bytes), now.cpu_s !== undefined && say('status.cpu', { time: now.cpu_s < 10 ? formatNumber(now.cpu_s, 1) + ' s' : formatDuration(now.cpu_s, 'short') })),
    tile('status.uptime', formatDuration(now.uptime_s ?? 0, 'short'), now.version && say('status.version', { version: String(now.version) })));
}

function tableOf(series, chart) {
  const stats = (values) => {
    const known = values.filter((v) => v !== null);
    if (known.length === 0) return [null, null, null];
    return [known[known.length - 1], known.reduce((a, b) => a + b, 0) / known.length, Math.max(...known)];
  };
  const cell = (v) => el('td.number', null, v === null ? '\u2013' : chart.value(v));
  return el('table', null,
    el('thead', null, el('tr', null, ['status.what', 'status.now', 'status.mean', 'status.highest'].map((k, i) => el(i === 0 ? 'th' : 'th.number', { scope: 'col' }, say(k))))),
    el('tbody', null, series.map((s) => el('tr', null, el('th', { scope: 'row' }, stranger(s.name)), stats(s.values).map(cell)))));
}

function showChart(chart) {
  const series = chart.series();
  const times = history.times();
  const latest = (s) => s.values[s.values.length - 1] ?? null;
  const latestText = (s) => (latest(s) === null ? '\u2013' : chart.value(latest(s)));
  const summary = series.map((s) => `${s.name} ${latestText(s)}`).join(', ');
  fill(chart.drawing, lineChart(series, times, { span: spanOf(times), formatValue: chart.axis, formatTime: agoText, least: chart.least, label: say('chart.' + chart.key) + ': ' + (summary || say('status.nothing')) }));
  fill(chart.legend, series.length === 0 ? el('li', null, say('status.nothing')) : series.map((s, i) => el('li', null, swatch(i), stranger(s.name), ' ', el('b', null, latestText(s)))));
  if (chart.details.open) fill(chart.table, tableOf(series, chart));
}

function build() {
  isBuilt = true;
  tiles = el('dl.tiles');
  told = el('div', { 'aria-live': 'polite' });
  paused = el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => {
    isPaused = !isPaused;
    paused.setAttribute('aria-pressed', String(isPaused));
    paused.textContent = say(isPaused ? 'status.resume' : 'status.pause');
  } }, say('status.pause'));
  const cards = CHARTS.map((chart) => {
    chart.drawing = el('div');
    chart.legend = el('ul.legend');
    chart.table = el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': say('status.tableOf', { what: say('chart.' + chart.key) }) });
    chart.details = el('details', { ontoggle: () => showChart(chart) }, el('summary', null, say('status.asTable')), chart.table);
    return el('section.card.chart-card', { 'aria-labelledby': 'chart-' + chart.key }, el('h2', { id: 'chart-' + chart.key }, say('chart.' + chart.key)), chart.drawing, chart.legend, chart.details);
  });
  fill(place, told, tiles, el('div.charts', null, cards),
    el('div.row.ends', null, el('p.small.soft', null, say('status.metrics'), ' ', el('a', { href: '/metrics' }, '/metrics'), ' \u00b7 ', el('a', { href: '/healthz' }, '/healthz'), ' \u00b7 ', el('a', { href: '/readyz' }, '/readyz')), paused));
}

async function step() {
  if (isPaused || document.hidden) return;
  try {
    const { body } = await call('GET', '/api/status');
    if (!isBuilt) build();
    history.add(body.status ?? {});
    fill(told, body.status?.trouble ? note('bad', el('p', null, stranger(String(body.status.trouble)))) : null);
    showTiles();
    CHARTS.forEach(showChart);
  } catch (error) {
    fill(isBuilt ? told : place, showError(error));
  }
}

startPage();
step();
setInterval(step, EVERY_MS);
