// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyChanges, conflicts, diffRecords, isSameValue, stepsOf, valueLines } from '../js/diff.js';

const url = (index, value, more) => ({ index, type: 'URL', data: { format: 'string', value }, ttl: 86400, ...more });

test('the same in another form is the same', () => {
  const a = url(1, 'x', { timestamp: '2020-01-01T00:00:00Z' });
  assert.ok(isSameValue(a, { index: '1', type: 'URL', data: 'x' }));
  assert.ok(isSameValue(a, { ...a, permissions: '1110', references: [] }));
  const admin = (value) => ({ index: 100, type: 'HS_ADMIN', data: { format: 'admin', value } });
  assert.ok(isSameValue(admin({ handle: 'a/b', index: 1, permissions: '1' }), admin({ permissions: '1', index: 1, handle: 'a/b' })));
  for (const other of [url(1, 'y'), url(1, 'x', { ttl: 1 }), url(1, 'x', { permissions: '1100' }), { ...url(1, 'x'), type: 'URL.2' }])
    assert.ok(!isSameValue(a, other));
});

test('added, removed, changed', () => {
  const before = [url(1, 'a'), url(2, 'b'), url(4, 'd')];
  const after = [url(4, 'D'), url(3, 'c'), url(1, 'a')];
  const changes = diffRecords(before, after);
  assert.deepEqual(changes.map((c) => [c.index, c.kind]), [[2, 'removed'], [3, 'added'], [4, 'changed']]);
  assert.deepEqual(stepsOf(changes), { put: [url(3, 'c'), url(4, 'D')], remove: [2] });
  assert.deepEqual(applyChanges(before, changes).map((v) => v.data.value), ['a', 'c', 'D']);
  assert.deepEqual(diffRecords(applyChanges(before, changes), after), []);
  assert.deepEqual(diffRecords(null, before).map((c) => c.kind), ['added', 'added', 'added']);
  assert.deepEqual(diffRecords(before, null).map((c) => c.kind), ['removed', 'removed', 'removed']);
});

test('time stamps are not sent', () => {
  const changes = diffRecords([], [url(1, 'a', { timestamp: '2020-01-01T00:00:00Z' })]);
  assert.equal('timestamp' in stepsOf(changes).put[0], false);
});

test('two editors', () => {
  const base = [url(1, 'a'), url(2, 'b')];
  const mine = diffRecords(base, [url(1, 'mine'), url(2, 'b')]);
  assert.deepEqual(conflicts(diffRecords(base, [url(1, 'theirs'), url(2, 'b')]), mine), [1]);
  assert.deepEqual(conflicts(diffRecords(base, [url(1, 'mine'), url(2, 'b')]), mine), []);
  assert.deepEqual(conflicts(diffRecords(base, [url(2, 'b')]), mine), [1]);
  assert.deepEqual(conflicts(diffRecords(base, [url(1, 'a')]), mine), []);
});

test('values in words', () => {
  const admin = { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { handle: 'a/b', index: 300, permissions: '000000000001' } } };
  assert.deepEqual(valueLines(admin)[0], '300:a/b\ncreate identifiers');
});
