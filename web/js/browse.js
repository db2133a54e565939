// SPDX-License-Identifier: Apache-2.0
// Browse: the prefixes of the server, the identifiers of a prefix, filtered as one types.
import { announce, byId, el, fill, stranger } from './dom.js';
import { field, note, showError, startPage } from './frame.js';
import { call, session, streamIdentifiers } from './rest.js';
import { formatNumber, say } from './say.js';
import { recordHref } from './show.js';
import { ListWindow } from './window.js';

const FILTER_STEP = 20000; // names looked at before the page may breathe
const place = byId('work');
let names = []; // of the prefix that is shown
let shown = null; // indexes in names that pass the filter; null = all
let filterText = '';
let loading = null; // AbortController
let filterRun = 0;
let list, count, prefixBox, filterBox, told;

const nameAt = (row) => names[shown === null ? row : shown[row]];

function fillRow(row, index) {
  const name = nameAt(index);
  const at = filterText === '' ? -1 : name.toLowerCase().indexOf(filterText);
  row.append(el('span.n', null, formatNumber((shown === null ? index : shown[index]) + 1)));
  if (at < 0) row.append(stranger(name));
  else row.append(el('bdi', null, stranger(name.slice(0, at)), el('mark', null, stranger(name.slice(at, at + filterText.length))), stranger(name.slice(at + filterText.length))));
}

function tellCount() {
  const all = names.length;
  count.textContent = shown === null ? say('browse.count', { n: all }) : say('browse.filtered', { n: shown.length, all });
  if (loading) count.textContent += ' ' + say('browse.more');
}

/** Filter without stopping the page: some names, then a breath. */
async function filter() {
  filterRun += 1;
  const run = filterRun;
  filterText = filterBox.input.value.trim().toLowerCase();
  if (filterText === '') {
    shown = null;
    list.setCount(names.length);
    tellCount();
    return;
  }
  const found = [];
  for (let i = 0; i < names.length; i += FILTER_STEP) {
    const end = Math.min(names.length, i + FILTER_STEP);
    for (let j = i; j < end; j++) if (names[j].toLowerCase().includes(filterText)) found.push(j);
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
    if (run !== filterRun) return;
  }
  shown = found;
  list.setCount(found.length);
  tellCount();
  announce(count.textContent);
}

function takeNames(more) {
  const from = names.length;
  for (const name of more) names.push(name);
  if (shown !== null) {
    for (let i = from; i < names.length; i++) if (names[i].toLowerCase().includes(filterText)) shown.push(i);
  }
}

function markPrefix(prefix) {
  for (const button of place.querySelectorAll('.prefixes button')) {
    if (button.dataset.prefix === prefix) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
  }
}

async function load(prefix) {
  loading?.abort();
  const mine = new AbortController();
  loading = mine;
  names = [];
  shown = filterBox.input.value.trim() === '' ? null : [];
  fill(told);
  byId('browse-list').hidden = false;
  history.replaceState(null, '', '#/' + encodeURIComponent(prefix));
  markPrefix(prefix);
  list.setCount(0);
  tellCount();
  let drawn = 0;
  try {
    await streamIdentifiers(prefix, (more) => {
      takeNames(more);
      if (performance.now() - drawn < 250) return;
      drawn = performance.now();
      list.setCount(shown?.length ?? names.length, true);
      tellCount();
    }, mine.signal);
  } catch (error) {
    if (error.name === 'AbortError') return;
    fill(told, showError(error), error.status === 401 && signInNote());
  }
  loading = null;
  list.setCount(shown?.length ?? names.length, true);
  tellCount();
  announce(count.textContent);
}

const signInNote = () => el('p', null, el('a.button', { href: '/web/admin.html' }, say('browse.signIn')));
const plainPrefix = (name) => name.replace(/^0\.NA\//i, '');

async function showPrefixes(into) {
  try {
    const { body } = await call('GET', '/api/prefixes');
    const prefixes = (body.prefixes ?? []).map(plainPrefix).sort();
    if (prefixes.length === 0) return;
    fill(into, el('h2', null, say('browse.prefixes')),
      el('ul.prefixes', null, prefixes.slice(0, 5000).map((p) => el('li', null,
        el('button', { type: 'button', 'data-prefix': p, onclick: () => open(p) }, stranger(p))))));
    place.firstElementChild.classList.add('has-prefixes');
    into.hidden = false;
    if (location.hash.startsWith('#/')) markPrefix(prefixBox.input.value);
    else open(prefixes.find((p) => session()?.id.endsWith('/' + p)) ?? prefixes[0]);
  } catch { /* not for this administrator: a prefix can still be typed */ }
}

function open(prefix) {
  prefixBox.input.value = prefix;
  load(prefix);
}

function pageButtons() {
  const button = (key, move) => el('button.small', { type: 'button', onclick: () => {
    move();
    list.node.focus();
  } }, say(key));
  const jump = el('input.jump', { type: 'number', min: '1', 'aria-label': say('browse.jump'), placeholder: say('browse.jumpShort'), onkeydown: (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    list.select(Number(jump.value) - 1);
    list.node.focus();
  } });
  const at = () => (list.current < 0 ? Math.floor(list.top) : list.current);
  return el('div.row', null,
    button('browse.first', () => list.select(0)), button('browse.previous', () => list.select(at() - list.perPage)),
    button('browse.next', () => list.select(at() + list.perPage)), button('browse.last', () => list.select(list.count - 1)), jump);
}

function build() {
  prefixBox = field(say('browse.prefix'), el('input', { autocomplete: 'off', spellcheck: 'false', placeholder: '20.500.12345', required: true }));
  filterBox = field(say('browse.filter'), el('input', { type: 'search', autocomplete: 'off', spellcheck: 'false', oninput: () => filter() }));
  list = new ListWindow(say('browse.identifiers'), fillRow, (index) => location.assign(recordHref(nameAt(index))));
  count = el('p', { role: 'status' });
  told = el('div');
  const side = el('section.card', { hidden: true, 'aria-label': say('browse.prefixes') });
  const form = el('form', { onsubmit: (event) => {
    event.preventDefault();
    const prefix = plainPrefix(prefixBox.input.value.trim());
    if (prefix !== '') open(prefix);
  } }, el('div.fields', null, prefixBox.node, filterBox.node), el('div.row.off-screen', null, el('button', { type: 'submit' }, say('browse.show'))));
  fill(place, el('div.panes', null, side,
    el('section.card', { 'aria-label': say('browse.identifiers') }, form, told,
      el('div.editor', { id: 'browse-list', hidden: true }, el('div.row.ends', null, count, pageButtons()), list.node, el('p.small.soft', null, say('browse.keys'))))));
  showPrefixes(side);
}

function show() {
  if (session() === null) {
    loading?.abort();
    fill(place, note('', el('p', null, say('browse.needsSession')), signInNote()));
    return;
  }
  if (byId('browse-list')) return;
  build();
  if (location.hash.length > 2) {
    try {
      open(decodeURIComponent(location.hash.slice(2)));
    } catch { /* not an address of ours */ }
  }
}

startPage();
window.addEventListener('ansa-session', show);
show();
