// SPDX-License-Identifier: Apache-2.0
// What stays in this browser, bounded and never a secret: old versions in the tab (sessionStorage,
// gone when one signs out), unfinished uploads by the digest of their file (localStorage).

export const UNDO_KEY = 'ansa.undo'; // rest.js takes it away when one signs out
const UNDO_MAX = 50;
const UNDO_SIZE_MAX = 2000000; // characters
const UPLOADS_KEY = 'ansa.uploads';
const UPLOADS_MAX = 20;
const UPLOAD_AGE_MAX_MS = 6 * 86400000; // the server keeps a key for a week

function read(store, key) {
  try {
    const list = JSON.parse(store.getItem(key));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

function write(store, key, list) {
  try {
    if (list.length === 0) store.removeItem(key);
    else store.setItem(key, JSON.stringify(list));
  } catch { /* no room, or not allowed: then it is forgotten */ }
}

/* Old versions: { id, before, after, time, by } */

const isSecret = (value) => String(value.type).toUpperCase().startsWith('HS_SECKEY');
const mayStay = (entry) => ![...(entry.before ?? []), ...(entry.after ?? [])].some(isSecret);

export function keepUndo(entries) {
  const kept = [];
  let size = 0;
  for (const entry of entries.slice(-UNDO_MAX).reverse()) {
    if (!mayStay(entry)) continue;
    size += JSON.stringify(entry).length;
    if (size > UNDO_SIZE_MAX) break;
    kept.unshift(entry);
  }
  write(sessionStorage, UNDO_KEY, kept);
}

export const keptUndo = (by) => read(sessionStorage, UNDO_KEY).filter((entry) => entry.by === by);

/* Uploads: { digest, by, name, size, key, op, admin, columns, all, next, piece, good, bad, badCount, time } */

const isFresh = (entry) => Date.now() - entry.time < UPLOAD_AGE_MAX_MS && entry.time <= Date.now() + 60000;

export const keptUploads = (by) => read(localStorage, UPLOADS_KEY).filter((entry) => entry.by === by && isFresh(entry));

export function keepUpload(entry) {
  const others = read(localStorage, UPLOADS_KEY).filter((other) => other.key !== entry.key && isFresh(other));
  write(localStorage, UPLOADS_KEY, [...others, { ...entry, time: Date.now() }].slice(-UPLOADS_MAX));
}

export function forgetUpload(key) {
  write(localStorage, UPLOADS_KEY, read(localStorage, UPLOADS_KEY).filter((entry) => entry.key !== key));
}
