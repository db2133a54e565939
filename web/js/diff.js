// SPDX-License-Identifier: Apache-2.0
// What a change changes: value by value, by index. Time stamps are the server's and do not count.
import { say } from './say.js';
import { dataOf, DEFAULT_PERMISSIONS, permissionsText, rightsOf, ttlText } from './values.js';

export const DEFAULT_TTL_S = 86400;

function sorted(data) {
  if (Array.isArray(data)) return data.map(sorted);
  if (data === null || typeof data !== 'object') return data;
  return Object.fromEntries(Object.keys(data).sort().map((key) => [key, sorted(data[key])]));
}

const comparable = (value) => JSON.stringify([
  String(value.type), sorted(dataOf(value)), value.ttl ?? DEFAULT_TTL_S,
  String(value.permissions ?? DEFAULT_PERMISSIONS), sorted(value.references ?? []),
]);

export const isSameValue = (a, b) => comparable(a) === comparable(b);

/** [{ index, kind, before, after }] in the order of indexes; kind: added, removed, changed. */
export function diffRecords(before, after) {
  const old = new Map((before ?? []).map((v) => [Number(v.index), v]));
  const wanted = new Map((after ?? []).map((v) => [Number(v.index), v]));
  const indexes = [...new Set([...old.keys(), ...wanted.keys()])].sort((a, b) => a - b);
  const changes = [];
  for (const index of indexes) {
    const [a, b] = [old.get(index), wanted.get(index)];
    if (a === undefined) changes.push({ index, kind: 'added', after: b });
    else if (b === undefined) changes.push({ index, kind: 'removed', before: a });
    else if (!isSameValue(a, b)) changes.push({ index, kind: 'changed', before: a, after: b });
  }
  return changes;
}

/** What to put and what to remove for @changes. */
export const stepsOf = (changes) => ({
  put: changes.filter((c) => c.after).map((c) => withoutTime(c.after)),
  remove: changes.filter((c) => !c.after).map((c) => c.index),
});

export function withoutTime(value) {
  const rest = { ...value };
  delete rest.timestamp;
  return rest;
}

/** @changes made to @values. */
export function applyChanges(values, changes) {
  const result = new Map(values.map((v) => [Number(v.index), v]));
  for (const change of changes) {
    if (change.after) result.set(change.index, change.after);
    else result.delete(change.index);
  }
  return [...result.values()].sort((a, b) => a.index - b.index);
}

/** Indexes that both changed, and not to the same. */
export function conflicts(theirs, mine) {
  const other = new Map(theirs.map((c) => [c.index, c]));
  return mine.filter((c) => {
    const t = other.get(c.index);
    return t !== undefined && !(t.after && c.after ? isSameValue(t.after, c.after) : !t.after && !c.after);
  }).map((c) => c.index);
}

const refText = (ref) => `${ref.index}:${ref.handle}`;

function dataLines({ format, value }) {
  if (typeof value === 'string') return value;
  if (format === 'vlist' && Array.isArray(value)) return value.map(refText).join('\n');
  if (format !== 'admin') return JSON.stringify(value, null, 1);
  const rights = rightsOf(value.permissions).map((right) => say('right.' + right));
  return refText(value) + '\n' + (rights.length > 0 ? rights.join(', ') : say('right.none'));
}

/** A value as a few lines of text, to compare by eye. */
export function valueLines(value) {
  const data = dataOf(value);
  const lines = [dataLines(data), `${ttlText(value.ttl ?? DEFAULT_TTL_S)}. ${permissionsText(value)}`];
  if (value.references?.length > 0) lines.push(value.references.map(refText).join(', '));
  return lines;
}
