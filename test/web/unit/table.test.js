// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessColumns, makeRequests, parseTable } from '../js/table.js';

const cells = (text) => parseTable(text).rows.map((row) => row.cells);
const options = { op: 'create', admin: null, permissions: '011111110011' };

test('tab separated', () => {
  const table = parseTable('handle\turl\n10.1/a\thttps://a/"x"\r\n\n10.1/b\thttps://b\n');
  assert.equal(table.kind, 'tsv');
  assert.deepEqual(table.header, ['handle', 'url']);
  assert.deepEqual(table.rows.map((r) => [r.line, r.cells]), [[2, ['10.1/a', 'https://a/"x"']], [4, ['10.1/b', 'https://b']]]);
});

test('comma separated (RFC 4180)', () => {
  const table = parseTable('id,url,note\n10.1/a,"https://a/?x=1,2","said ""hello""\nand left"\n10.1/b,https://b,\n');
  assert.equal(table.kind, 'csv');
  assert.deepEqual(table.rows.map((r) => r.cells), [['10.1/a', 'https://a/?x=1,2', 'said "hello"\nand left'], ['10.1/b', 'https://b', '']]);
  assert.deepEqual(table.rows.map((r) => r.line), [2, 4]);
  assert.deepEqual(cells('10.1/a;https://a;x\n'), [['10.1/a', 'https://a', 'x']]);
});

test('a quotation mark that is not closed is told with its line', () => {
  const table = parseTable('10.1/a,x\n10.1/b,"y\n10.1/c,z\n');
  assert.deepEqual(table.problems, [{ line: 2, reason: 'quote' }]);
});

test('JSON lines', () => {
  const table = parseTable('\ufeff{"handle":"10.1/a"}\n\n{"handle":\n[1]\n{"handle":"10.1/b"}');
  assert.equal(table.kind, 'jsonl');
  assert.deepEqual(table.rows.map((r) => [r.line, r.record.handle]), [[1, '10.1/a'], [5, '10.1/b']]);
  assert.deepEqual(table.problems.map((p) => p.line), [3, 4]);
});

test('what columns mean', () => {
  assert.deepEqual(guessColumns(parseTable('doi\ttarget\temail\tTitle\n')), ['handle', 'URL', 'EMAIL', 'TITLE']);
  assert.deepEqual(guessColumns(parseTable('https://a\t10.1/a\tx\n')), ['URL', 'handle', '']);
  assert.deepEqual(guessColumns(parseTable('doi\thandle\n')), ['handle', 'HANDLE']);
});

test('rows become requests', () => {
  const table = parseTable('handle\turl\tnote\nhttps://doi.org/10.1/a\thttps://a\t\n\thttps://b\t\nnone\tx\t\n10.1/c\t\t\n10.1/a\thttps://again\t\n');
  const items = makeRequests(table, ['handle', 'URL', 'DESC'], { ...options, admin: { index: 300, handle: '0.NA/10.1' } });
  assert.deepEqual(items[0].request, { op: 'create', handle: '10.1/a', values: [
    { index: 1, type: 'URL', data: { format: 'string', value: 'https://a' } },
    { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { handle: '0.NA/10.1', index: 300, permissions: '011111110011' } } }] });
  assert.deepEqual(items.slice(1).map((i) => [i.line, i.problem]), [[3, 'noId'], [4, 'noSlash'], [5, 'values'], [6, 'again']]);
});

test('more columns than there are indexes below 100', () => {
  const columns = ['handle', ...Array.from({ length: 120 }, (_, i) => 'T' + i)];
  const table = parseTable(['10.1/a', ...Array.from({ length: 120 }, (_, i) => 'v' + i)].join('\t'));
  const indexes = makeRequests(table, columns, options)[0].request.values.map((v) => v.index);
  assert.deepEqual(indexes.slice(97, 101), [98, 99, 200, 201]);
});

test('JSON lines become requests', () => {
  const lines = [
    { handle: '10.1/a', values: [{ index: 1, type: 'URL', data: 'x' }] },
    { op: 'delete', handle: '10.1/b' },
    { op: 'remove', handle: '10.1/c', indexes: [1] },
    { op: 'explode', handle: '10.1/d' },
    { handle: '10.1/e', values: [{ index: 0, type: 'URL', data: 'x' }] },
    { handle: '10.1/f', values: [{ index: 1, type: 'URL', data: 'x' }, { index: 1, type: 'URL', data: 'y' }] },
    { handle: '10.1/g', values: 'x' },
    { values: [] },
    { handle: '10.1/h', values: [null] },
  ];
  const items = makeRequests(parseTable(lines.map((l) => JSON.stringify(l)).join('\n')), [], options);
  assert.deepEqual(items.map((i) => i.problem ?? i.request.op), ['create', 'delete', 'remove', 'op', 'index', 'twice', 'values', 'noId', 'index']);
});

test('200,000 rows in a second or few', () => {
  const text = Array.from({ length: 200000 }, (_, i) => `10.1/${i},"https://example.org/${i}"`).join('\n');
  const begun = performance.now();
  const items = makeRequests(parseTable(text), ['handle', 'URL'], options);
  assert.equal(items.filter((i) => i.request).length, 200000);
  assert.ok(performance.now() - begun < 10000);
});

test('a mistake in a row does not hide what its column is', () => {
  assert.deepEqual(guessColumns(parseTable('10.1/a,https://a/\n,x\n10.1/b,\n')), ['handle', 'URL']);
  assert.deepEqual(guessColumns(parseTable('10.1/a,x,https://a/\n10.1/b,y,\n')), ['handle', '', 'URL']);
});
