// SPDX-License-Identifier: Apache-2.0
// Administer: one record in a form, what changes before it is sent, and the way back.
import './words.js';
import { announce, byId, el, fill, stranger } from './dom.js';
import { applyChanges, conflicts, diffRecords, stepsOf, valueLines, withoutTime } from './diff.js';
import { Editor } from './edit.js';
import { busy, confirmWith, field, note, showError, startPage } from './frame.js';
import { encodePath, normalise, parseIdentity, prefixOf } from './identifier.js';
import { keepUndo, keptUndo } from './keep.js';
import { changeValues, createRecord, deleteRecord, readRecord, session } from './rest.js';
import { formatAge, say, sayNodes } from './say.js';
import { linkToId, showFacts, showId } from './show.js';
import { signInForm } from './signin.js';
import { tabs } from './tabs.js';
import { uploadPanel } from './upload.js';
import { DEFAULT_RIGHTS } from './values.js';

const UNDO_MAX = 50;
const HISTORY_SHOWN = 10;
const place = byId('work');
let undoable = []; // { id, before, after, time, by }: records, null = there was none
let current = null; // { id, values (null: new), etag, editor }

export const me = () => parseIdentity(session()?.id ?? '');

/* What changes */

const typesOf = ({ before, after }, value) => (before && after && before.type !== after.type ? `${before.type} \u2192 ${after.type}` : String(value.type));

function showChange(change) {
  const value = change.after ?? change.before;
  const kind = { added: 'good', removed: 'bad', changed: 'warn' }[change.kind];
  const [old, wanted] = [change.before, change.after].map((v) => (v ? valueLines(v) : []));
  // Of a changed value the first line, and what is different.
  const lines = (side, mine, theirs) => el(side === 'old' ? 'pre.old' : 'pre.new', { 'aria-label': say('diff.' + side) },
    stranger(mine.filter((line, i) => i === 0 || !theirs.includes(line)).join('\n').slice(0, 20000)));
  return el('li', null,
    el('h3', null, el('span.tag.' + kind, null, say('diff.' + change.kind)), el('code', null, '#' + change.index), stranger(typesOf(change, value))),
    change.before && lines('old', old, wanted), change.after && lines('new', wanted, old));
}

const showChanges = (changes) => el('ol.diff', null, changes.map(showChange));

/* Sending, and the way back */

/** Make @changes to the record with @etag: one request, so nobody sees a half of it. */
async function send(id, changes, etag) {
  const { put, remove: gone } = stepsOf(changes);
  await changeValues(id, put, gone, etag);
}

function remember(id, before, after) {
  undoable.push({ id, before, after, time: Date.now(), by: session()?.id });
  if (undoable.length > UNDO_MAX) undoable.shift();
  keepUndo(undoable);
}

function tellDone(text, id) {
  announce(text);
  const last = undoable[undoable.length - 1];
  return note('good', el('p', null, text), el('div.row', null,
    id && el('a', { href: '/#/' + encodePath(id) }, say('admin.view')),
    last && el('button.small', { type: 'button', onclick: () => undo(last) }, say('admin.undo'))));
}

/** Make the record what it was before that change, after a look at what this changes now. */
async function undo(entry) {
  try {
    const now = await readRecord(entry.id, { authoritative: true });
    const since = diffRecords(entry.after, now.values);
    const changes = diffRecords(now.values, entry.before);
    const content = [since.length > 0 && note('warn', el('p', null, say('admin.undoChanged'))), showChanges(changes)];
    if (changes.length > 0 && !(await confirmWith(say('admin.undoTitle', { id: entry.id }), content, say('admin.undo')))) return;
    if (entry.before === null) {
      if (now.values !== null) await deleteRecord(entry.id, now.etag);
    } else if (now.values === null) await createRecord(entry.id, entry.before.map(withoutTime));
    else if (changes.length > 0) await send(entry.id, changes, now.etag);
    undoable = undoable.filter((other) => other !== entry);
    keepUndo(undoable);
    await open(entry.id, tellDone(say('admin.undone'), entry.id));
  } catch (error) {
    showBelow(showError(error));
  }
}

/* What was done in this tab, the last of it first. */
function showHistory() {
  const what = ({ before, after }) => (before === null ? say('history.created') : after === null ? say('history.deleted')
    : say('history.changed', { n: diffRecords(before, after).length }));
  const rows = undoable.slice(-HISTORY_SHOWN).reverse().map((entry) => el('li.row.ends', null,
    el('span', null, el('button.plain.small', { type: 'button', onclick: () => open(entry.id) }, stranger(entry.id)), ' ', what(entry), ' ',
      el('span.soft.small', null, formatAge((entry.time - Date.now()) / -1000))),
    el('button.small', { type: 'button', 'aria-label': say('history.undoOf', { id: entry.id, what: what(entry) }), onclick: () => undo(entry) }, say('history.undo'))));
  fill(byId('history'), rows.length > 0 && el('section.card', { 'aria-labelledby': 'history-title' },
    el('h2', { id: 'history-title' }, say('history.title')), el('p.hint.soft.small', null, say('history.text')), el('ol.history', null, rows)));
}

function showBelow(node) {
  fill(byId('told'), node);
  node.scrollIntoView({ block: 'nearest' });
}

/* Two editors */

async function showConflict(mine) {
  const { id, values: base } = current;
  const theirs = await readRecord(id, { authoritative: true });
  const theirChanges = diffRecords(base, theirs.values);
  const both = conflicts(theirChanges, mine);
  const mergeMine = () => {
    const merged = applyChanges(theirs.values ?? [], mine);
    startEditor({ id, values: theirs.values, etag: theirs.etag }, merged, note('warn', el('p', null, say('conflict.merged'))));
  };
  showBelow(note('warn',
    el('h3', null, say('conflict.title')),
    el('p', null, theirs.values === null ? say('conflict.deleted') : say('conflict.text')),
    both.length > 0 && el('p', null, say('conflict.both', { indexes: both.join(', ') })),
    el('div.two', null,
      el('section', null, el('h3', null, say('conflict.theirs')), showChanges(theirChanges)),
      el('section', null, el('h3', null, say('conflict.mine')), showChanges(mine))),
    el('div.row', null,
      theirs.values !== null && el('button.primary', { type: 'button', onclick: mergeMine }, say('conflict.merge')),
      el('button', { type: 'button', onclick: () => open(id) }, say('conflict.take')))));
}

/* The record in the form */

async function review() {
  let after;
  fill(byId('told'));
  try {
    after = await current.editor.read();
  } catch (error) {
    showBelow(note('bad', el('p', null, error.message)));
    error.control?.focus();
    return;
  }
  const { id, values, etag } = current;
  const changes = diffRecords(values, after);
  if (changes.length === 0 && values !== null) {
    showBelow(note('', el('p', null, say('admin.same'))));
    return;
  }
  if (after.length === 0) {
    showBelow(note('bad', el('p', null, say('admin.noValues'))));
    return;
  }
  const isMine = !after.some((v) => v.type.toUpperCase() === 'HS_ADMIN');
  const mints = current.mint?.input.checked === true;
  const content = [
    el('p', null, sayNodes(values === null ? 'admin.willCreate' : 'admin.willChange', { id: showId(id) })),
    isMine && note('warn', el('p', null, say('admin.noAdmin'))), showChanges(changes)];
  if (!(await confirmWith(say('admin.reviewTitle'), content, say(values === null ? 'admin.create' : 'admin.send')))) return;
  try {
    if (values === null) {
      const { body } = await createRecord(id, after, mints);
      remember(body.handle ?? id, null, after);
      await open(body.handle ?? id, tellDone(say('admin.created', { id: body.handle ?? id }), body.handle ?? id));
    } else {
      await send(id, changes, etag);
      remember(id, values, after);
      await open(id, tellDone(say('admin.saved', { n: changes.length }), id));
    }
  } catch (error) {
    if (error.status === 412) await showConflict(changes).catch((e) => showBelow(showError(e)));
    else showBelow(showError(error));
  }
}

async function remove() {
  const { id, values, etag } = current;
  const content = [el('p', null, sayNodes('admin.willDelete', { id: showId(id) })), showFacts(values),
    el('p.soft', null, say('admin.deleteHint'))];
  if (!(await confirmWith(say('admin.deleteTitle'), content, say('admin.delete'), true))) return;
  try {
    await deleteRecord(id, etag);
    remember(id, values, null);
    showIdle(tellDone(say('admin.deleted', { id })));
  } catch (error) {
    if (error.status === 412) await showConflict([]).catch((e) => showBelow(showError(e)));
    else showBelow(showError(error));
  }
}

function startEditor(record, values, told) {
  const isNew = record.values === null;
  const editor = new Editor(values, { admin: me() });
  current = { ...record, editor };
  let mint = null;
  if (isNew && /[/.-]$/.test(record.id)) {
    const input = el('input', { type: 'checkbox', checked: record.id.endsWith('/') });
    mint = el('label.check', null, input, say('admin.mint'));
    current.mint = { input };
  }
  fill(byId('record'),
    el('form.editor', { 'aria-labelledby': 'edit-title', novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      review();
    } },
    el('header.record-head', null, el('h2', { id: 'edit-title', class: 'record-title', tabindex: '-1' }, showId(record.id)),
      isNew ? el('p.soft', null, say('admin.new')) : showFacts(record.values), mint),
    el('div', { id: 'told' }, told), editor.node,
    el('div.row.ends.sticky', null,
      el('div.row', null,
        el('button.primary', { type: 'submit' }, say('admin.review')),
        el('button', { type: 'button', onclick: () => open(record.id) }, say('admin.discard'))),
      !isNew && el('button.danger', { type: 'button', onclick: remove }, say('admin.delete')))));
  showHistory();
  byId('edit-title').focus({ preventScroll: true });
}

const starting = () => {
  const admin = me();
  const values = [{ index: 1, type: 'URL', data: { format: 'string', value: '' } }];
  if (admin) values.push({ index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { ...admin, permissions: DEFAULT_RIGHTS } } });
  return values;
};

function showIdle(told) {
  current = null;
  fill(byId('record'), el('div', { id: 'told' }, told), el('p.soft', null, say('admin.idle')));
  showHistory();
}

async function open(id, told) {
  byId('admin-id').value = id;
  fill(byId('record'), busy(say('lookup.busy')));
  try {
    const record = await readRecord(id, { authoritative: true });
    if (location.hash !== '#/' + encodePath(id)) history.replaceState(null, '', '#/' + encodePath(id));
    startEditor(record, record.values ?? starting(), told);
  } catch (error) {
    fill(byId('record'), showError(error), el('p', null, linkToId(id)));
  }
}

/* The page */

function recordPanel() {
  const id = field(say('admin.id'), el('input', { id: 'admin-id', dir: 'auto', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', placeholder: suggestPrefix() + '/' }), say('admin.idHint'));
  const form = el('form.card.with-button', { role: 'search', onsubmit: (event) => {
    event.preventDefault();
    const found = normalise(id.input.value);
    id.wrong(found?.id.includes('/') ? null : say('edit.badId'));
    if (found?.id.includes('/')) open(found.id);
    else id.input.focus();
  } }, id.node, el('div.row', null, el('button.primary', { type: 'submit' }, say('admin.open'))));
  return el('div.editor', null, form, el('section', { id: 'record', 'aria-label': say('admin.record') }), el('div', { id: 'history' }));
}

function suggestPrefix() {
  const handle = me()?.handle ?? '';
  if (/^0\.NA\//i.test(handle)) return handle.slice(5);
  return handle === '' ? '20.500.12345' : prefixOf(handle);
}

function fromAddress() {
  if (!location.hash.startsWith('#/') || location.hash.length < 3) return null;
  try {
    return decodeURIComponent(location.hash.slice(2));
  } catch {
    return null;
  }
}

let isSignedIn = null;
function show() {
  const now = session() !== null;
  if (now === isSignedIn) return;
  isSignedIn = now;
  if (!now) {
    fill(place, signInForm(() => {}));
    return;
  }
  undoable = keptUndo(session().id);
  const ways = tabs(say('admin.ways'), [
    { id: 'record', label: say('admin.oneRecord'), node: recordPanel() },
    { id: 'upload', label: say('admin.table'), node: uploadPanel() },
  ]);
  fill(place, ways.node);
  const wanted = fromAddress();
  if (wanted) open(wanted);
  else showIdle();
}

startPage();
window.addEventListener('ansa-session', show);
window.addEventListener('hashchange', () => {
  const wanted = fromAddress();
  if (wanted && session() && wanted !== current?.id) open(wanted);
});
show();
