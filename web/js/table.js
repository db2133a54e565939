// SPDX-License-Identifier: Apache-2.0
// Tables of records: tab or comma separated, or a JSON object a line. No elements here.
import { normalise } from './identifier.js';

export const ROWS_MAX = 2000000;
const ID_NAMES = /^(handle|hdl|doi|pid|id|identifier|name|ark)$/i;

function guessSeparator(line) {
  if (line.includes('\t')) return '\t';
  const count = (c) => line.split(c).length;
  return count(';') > count(',') ? ';' : ',';
}

// RFC 4180: cells may be quoted, and then hold separators, line ends and doubled quotes.
function parseSeparated(text, separator) {
  const rows = [];
  const problems = [];
  let line = 1;
  let at = 0;
  while (at < text.length && rows.length < ROWS_MAX) {
    const row = { line, cells: [] };
    for (;;) {
      let cell = '';
      if (text[at] === '"' && separator !== '\t') {
        const begin = line;
        for (at += 1; ;) {
          const quote = text.indexOf('"', at);
          if (quote < 0) {
            problems.push({ line: begin, reason: 'quote' });
            cell += text.slice(at);
            at = text.length;
            break;
          }
          cell += text.slice(at, quote);
          at = quote + 1;
          if (text[at] !== '"') break;
          cell += '"';
          at += 1;
        }
        line += cell.split('\n').length - 1;
      }
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\n') end += 1;
      row.cells.push(cell + text.slice(at, end).replace(/\r$/, ''));
      at = end + 1;
      if (text[end] !== separator) break;
    }
    line += 1;
    if (row.cells.length > 1 || row.cells[0].trim() !== '') rows.push(row);
  }
  return { rows, problems };
}

function parseJsonLines(text) {
  const rows = [];
  const problems = [];
  text.split('\n').forEach((part, i) => {
    if (part.trim() === '') return;
    const line = i + 1;
    try {
      const record = JSON.parse(part);
      if (record === null || typeof record !== 'object' || Array.isArray(record)) throw new Error('object');
      rows.push({ line, record });
    } catch {
      problems.push({ line, reason: 'json' });
    }
  });
  return { rows, problems };
}

/** { kind, header, rows, problems }: rows have .line and .cells, or .record for JSON lines. */
export function parseTable(given) {
  const text = given.replace(/^\ufeff/, '');
  const first = text.split('\n', 1)[0];
  if (/^\s*\{/.test(first)) return { kind: 'jsonl', header: null, ...parseJsonLines(text) };
  const separator = guessSeparator(first);
  const { rows, problems } = parseSeparated(text, separator);
  const head = rows[0]?.cells ?? [];
  const isHeader = head.length > 0 && head.some((cell) => cell.trim() !== '') && !head.some((cell) => cell.includes('/') && !/^10320\//.test(cell));
  const header = isHeader ? rows.shift().cells.map((cell) => cell.trim()) : null;
  return { kind: separator === '\t' ? 'tsv' : 'csv', header, rows, problems };
}

/** What each column probably is: "handle", a type, or "" to leave it out. */
export function guessColumns({ header, rows }) {
  const width = Math.max(header?.length ?? 0, ...rows.slice(0, 100).map((row) => row.cells.length));
  const columns = Array.from({ length: width }, (_, i) => {
    const name = header?.[i] ?? '';
    if (ID_NAMES.test(name)) return 'handle';
    if (/^(url|uri|link|location|target)$/i.test(name)) return 'URL';
    if (/^e-?mail$/i.test(name)) return 'EMAIL';
    if (name !== '') return name.toUpperCase();
    // What most of them are: a mistake in one row does not hide what the column is.
    const cells = rows.slice(0, 20).map((row) => row.cells[i] ?? '').filter((c) => c !== '');
    const mostly = (test) => cells.length > 0 && cells.filter(test).length * 2 >= cells.length;
    if (mostly((c) => /^https?:\/\//i.test(c))) return 'URL';
    return mostly((c) => c.includes('/')) ? 'handle' : '';
  });
  const ids = columns.map((c, i) => (c === 'handle' ? i : -1)).filter((i) => i >= 0);
  ids.slice(1).forEach((i) => {
    columns[i] = header?.[i]?.toUpperCase() ?? '';
  });
  if (ids.length === 0 && width > 0) columns[0] = 'handle';
  return columns;
}

function adminValue({ index, handle }, permissions) {
  return { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { handle, index, permissions } } };
}

function checkValues(values) {
  if (!Array.isArray(values) || values.length === 0) return 'values';
  const indexes = new Set();
  for (const value of values) {
    const index = Number(value?.index);
    if (!Number.isInteger(index) || index < 1 || index > 4294967295) return 'index';
    if (indexes.has(index)) return 'twice';
    indexes.add(index);
    if (typeof value.type !== 'string' || value.type === '' || value.data === undefined) return 'value';
  }
  return null;
}

const OPERATIONS = new Set(['create', 'put', 'add', 'remove', 'delete']);

function fromJson(row, options) {
  const { record } = row;
  const handle = record.handle ?? record.id;
  if (typeof handle !== 'string' || handle === '') return { line: row.line, problem: 'noId' };
  const op = record.op ?? options.op;
  if (!OPERATIONS.has(op)) return { line: row.line, handle, problem: 'op' };
  if (op === 'delete') return { line: row.line, handle, request: { op, handle } };
  if (op === 'remove') {
    const indexes = record.indexes ?? record.index;
    const isList = Array.isArray(indexes) && indexes.length > 0;
    return isList ? { line: row.line, handle, request: { op, handle, indexes } } : { line: row.line, handle, problem: 'index' };
  }
  const values = Array.isArray(record.values) ? [...record.values] : record.values;
  if (Array.isArray(values) && options.admin && op !== 'add' && !values.some((v) => v?.type === 'HS_ADMIN'))
    values.push(adminValue(options.admin, options.permissions));
  const problem = checkValues(values);
  return problem ? { line: row.line, handle, problem } : { line: row.line, handle, request: { op, handle, values } };
}

function fromCells(row, columns, options) {
  const at = columns.indexOf('handle');
  const found = at < 0 ? null : normalise(row.cells[at] ?? '');
  if (!found) return { line: row.line, problem: 'noId' };
  const handle = found.id;
  if (!handle.includes('/')) return { line: row.line, handle, problem: 'noSlash' };
  const values = [];
  let index = 1;
  columns.forEach((type, i) => {
    const text = (row.cells[i] ?? '').trim();
    if (type === 'handle' || type === '' || text === '') return;
    if (index === 100) index = 200; // administrators are from 100 on
    values.push({ index, type, data: { format: 'string', value: text } });
    index += 1;
  });
  if (values.length === 0) return { line: row.line, handle, problem: 'values' };
  if (options.admin) values.push(adminValue(options.admin, options.permissions));
  return { line: row.line, handle, request: { op: options.op, handle, values } };
}

/**
 * What to send for each row: { line, handle, request } or { line, handle?, problem }.
 * @options: op, admin ({ index, handle } or null), permissions.
 */
export function makeRequests(table, columns, options) {
  const seen = new Map();
  return table.rows.map((row) => {
    const item = row.record ? fromJson(row, options) : fromCells(row, columns, options);
    if (item.request && !row.record) {
      if (seen.has(item.handle)) return { line: item.line, handle: item.handle, problem: 'again', other: seen.get(item.handle) };
      seen.set(item.handle, item.line);
    }
    return item;
  });
}
