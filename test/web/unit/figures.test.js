// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, latencySince, niceCeiling, percentile, rates } from '../js/figures.js';

test('rates', () => {
  const a = { uptime_s: 10, requests: { udp: 100, tcp: 5 } };
  const b = { uptime_s: 12, requests: { udp: 300, tcp: 5, tls: 4 } };
  assert.deepEqual(rates(a, b, 'requests'), { udp: 100, tcp: 0, tls: 2 });
  assert.equal(rates(b, a, 'requests'), null);
  assert.equal(rates(a, { uptime_s: 12, requests: { udp: 3 } }, 'requests'), null);
});

test('percentiles', () => {
  const h = { le_us: [1, 2, 4], count: [50, 40, 9, 1] };
  assert.equal(percentile(h, 0.5), 1);
  assert.equal(percentile(h, 0.9), 2);
  assert.equal(percentile(h, 0.99), 4);
  assert.equal(percentile(h, 1), 8);
  assert.equal(percentile({ le_us: [1], count: [0, 0] }, 0.5), null);
  assert.equal(percentile(null, 0.5), null);
});

test('latency of all doors since a moment', () => {
  const at = (n) => ({ latency: { udp: { le_us: [1, 2], count: [n, 0, 1] }, tcp: { le_us: [1, 2], count: [0, n, 0] } } });
  assert.deepEqual(latencySince(at(1), at(3)), { le_us: [1, 2], count: [2, 2, 0] });
  assert.deepEqual(latencySince(at(3), at(1)).count, [0, 0, 0]);
  assert.equal(latencySince(null, {}), null);
});

test('the busiest, and the rest as one', () => {
  const h = new History(3);
  for (const i of [0, 1, 2, 3]) h.add({ uptime_s: i, requests: { a: i, b: 10 * i, c: 5 * i, d: 2 * i, e: 0 } });
  assert.equal(h.samples.length, 3);
  assert.deepEqual(h.times(), [1, 0]);
  assert.deepEqual(h.rateSeries('requests', 3, 'rest'), [
    { name: 'b', values: [10, 10] }, { name: 'c', values: [5, 5] }, { name: 'rest', values: [3, 3] }]);
  h.add({ uptime_s: 0, requests: {} });
  assert.equal(h.samples.length, 1, 'a server that was started anew');
});

test('ends of axes', () => {
  for (const [value, end] of [[0, 1], [1, 1], [1.1, 2], [21, 25], [49, 50], [51, 100], [0.03, 0.05]]) assert.equal(niceCeiling(value), end);
});
