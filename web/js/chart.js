// SPDX-License-Identifier: Apache-2.0
// Line charts: what was, from left to right, up to now.
import { svg } from './dom.js';
import { niceCeiling } from './figures.js';

const WIDTH = 560;
const HEIGHT = 190;
const LEFT = 46;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;
const ROWS = 4;

function path(points) {
  let text = '';
  let pen = 'M';
  for (const [x, y] of points) {
    if (y === null) {
      pen = 'M';
      continue;
    }
    text += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = 'L';
  }
  return text;
}

function axes(top, span, formatValue, formatTime) {
  const parts = [];
  for (let i = 0; i <= ROWS; i++) {
    const y = HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * i) / ROWS;
    parts.push(svg('line', { class: 'grid', x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
      svg('text', { x: LEFT - 6, y: y + 4, 'text-anchor': 'end' }, formatValue((top * i) / ROWS)));
  }
  for (const part of [0, 0.5, 1]) {
    const x = LEFT + (WIDTH - LEFT - RIGHT) * part;
    parts.push(svg('text', { x, y: HEIGHT - 5, 'text-anchor': ['start', 'middle', 'end'][part * 2] }, formatTime((1 - part) * span)));
  }
  return parts;
}

/**
 * A drawing of @series ([{ name, values }], one value for each of @times: seconds before now).
 * @options: span (seconds shown), formatValue, formatTime, label, least (the axis goes at least to).
 */
export function lineChart(series, times, options) {
  const { span, formatValue, formatTime, label, least = 1 } = options;
  const highest = series.reduce((max, s) => s.values.reduce((m, v) => (v > m ? v : m), max), 0);
  const top = Math.max(least, niceCeiling(highest));
  const xAt = (before) => LEFT + (WIDTH - LEFT - RIGHT) * (1 - before / span);
  const yAt = (value) => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * Math.min(1, value / top);
  const drawing = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart', role: 'img', 'aria-label': label, direction: 'ltr' }, axes(top, span, formatValue, formatTime));
  series.forEach((s, i) => {
    const points = s.values.map((v, j) => [xAt(times[j]), v === null ? null : yAt(v)]).filter(([x]) => x >= LEFT - 1);
    if (points.length === 0) return;
    const line = path(points);
    if (series.length === 1 && !points.some(([, y]) => y === null)) {
      const base = HEIGHT - BOTTOM;
      drawing.append(svg('path', { class: `area s${(i % 6) + 1}`, d: `${line}L${points[points.length - 1][0].toFixed(1)} ${base}L${points[0][0].toFixed(1)} ${base}Z` }));
    }
    const drawn = svg('path', { class: `line s${(i % 6) + 1}`, d: line });
    drawn.setAttribute('fill', 'none');
    drawing.append(drawn);
  });
  return drawing;
}

/** The small square of the colour of series @i. */
export const swatch = (i) => svg('svg', { viewBox: '0 0 10 10', 'aria-hidden': 'true' }, svg('rect', { class: `s${(i % 6) + 1}`, width: 10, height: 10, rx: 2 }));
