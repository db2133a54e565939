// SPDX-License-Identifier: Apache-2.0
// The first page: one box, one record.
import { announce, byId, copyText, el, fill, offerFile, stranger } from './dom.js';
import { busy, note, showError, startPage } from './frame.js';
import { encodePath, isDoi, normalise } from './identifier.js';
import { call, readRecord, recordPath } from './rest.js';
import { say, sayNodes } from './say.js';
import { linkToId, recordHref, showFacts, showId, showValues } from './show.js';
import { hasTarget } from './values.js';

const result = byId('result');
const box = byId('q');
let running = null; // AbortController of the look-up under way
let shown = null; // identifier on the page

function copyButton(key, text) {
  return el('button.small', { type: 'button', onclick: async () => {
    try {
      await copyText(text());
      announce(say('copy.done', { what: say(key) }));
    } catch {
      announce(say('copy.failed'));
    }
  } }, say(key));
}

// What only a record needs is fetched with the first one.
const later = () => Promise.all([import('./qr.js'), import('./cite.js')]);

function qrCard(link, { qrDrawing }) {
  const drawing = qrDrawing(link, say('qr.label'));
  return el('section.card', { 'aria-label': say('side.link') },
    drawing, el('a.small', { href: link }, stranger(link)),
    drawing && el('button.small.no-print', { type: 'button', onclick: () =>
      offerFile('identifier.svg', 'image/svg+xml', new XMLSerializer().serializeToString(drawing)) }, say('qr.save')));
}

function copyCard(record, { asBibtex, asCurl, asJson }) {
  const { origin } = location;
  return el('section.card.no-print', { 'aria-labelledby': 'copy-title' },
    el('h2', { id: 'copy-title' }, say('copy.title')),
    el('div.copies', null,
      copyButton('copy.id', () => record.id),
      copyButton('copy.link', () => origin + '/' + encodePath(record.id)),
      copyButton('copy.curl', () => asCurl(origin, record.id)),
      copyButton('copy.json', () => asJson(record.body)),
      copyButton('copy.bibtex', () => asBibtex(origin, record.id, record.values, new Date()))),
    el('details', null, el('summary', null, say('record.raw')),
      el('pre.raw', { tabindex: '0', 'aria-label': say('record.raw') }, stranger(asJson(record.body).slice(0, 500000)))),
    el('a.small', { href: recordPath(record.id) }, say('record.api')));
}

function actions(record) {
  return el('div.row.no-print', null,
    hasTarget(record.values) && el('a.button.primary', { href: '/' + encodePath(record.id) }, say('record.open')),
    el('a.button', { href: '/web/admin.html#/' + encodePath(record.id) }, say('record.edit')),
    el('button', { type: 'button', onclick: () => lookUp(record.id, { authoritative: true }) }, say('record.again')));
}

function showRecord(record, [qr, cite]) {
  const link = location.origin + '/' + encodePath(record.id);
  const isEmpty = record.values.length === 0;
  fill(result, el('article.record', { 'aria-labelledby': 'record-title' },
    el('header.record-head', null,
      el('h2', { id: 'record-title', class: 'record-title', tabindex: '-1' }, showId(record.id)),
      showFacts(record.values), actions(record)),
    el('div.record-body', null,
      isEmpty ? note('warn', el('p', null, say('record.empty'))) : showValues(record.values),
      el('div.side', null, qrCard(link, qr), copyCard(record, cite)))));
  document.title = record.id + ' - Ansa';
}

async function otherPlaces(id) {
  try {
    const { body } = await call('GET', '/api/site', { anonymous: true });
    const names = (body.site?.servers ?? []).map((s) => s.address).join(', ');
    return names === '' ? null : el('p', null, say('missing.where', { place: location.host }), ' ', el('span.soft', null, stranger(names)));
  } catch {
    return null;
  }
}

async function showMissing(id, others) {
  const suggestions = others.map((other) => el('li', null, linkToId(other)));
  fill(result, el('section.card', { 'aria-labelledby': 'record-title' },
    el('h2', { id: 'record-title', tabindex: '-1' }, sayNodes('missing.title', { id: showId(id) })),
    el('p', null, say('missing.text')),
    suggestions.length > 0 && el('div', null, el('p', null, say('missing.suggestions')), el('ul', null, suggestions)),
    await otherPlaces(id),
    el('ul', null,
      el('li', null, say('missing.spelling')),
      isDoi(id) && el('li', null, el('a', { href: 'https://doi.org/' + encodePath(id), rel: 'noreferrer' }, say('missing.doi'))),
      !isDoi(id) && el('li', null, el('a', { href: 'https://hdl.handle.net/' + encodePath(id), rel: 'noreferrer' }, say('missing.hdl'))),
      el('li', null, el('a', { href: '/web/admin.html#/' + encodePath(id) }, say('missing.create'))))));
}

/** Look @id up and show it. */
async function lookUp(id, { others = [], authoritative = false } = {}) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  result.setAttribute('aria-busy', 'true');
  fill(result, busy(say('lookup.busy')));
  document.body.classList.add('has-result');
  shown = id;
  try {
    const [record, modules] = await Promise.all([readRecord(id, { signal, authoritative }), later()]);
    if (record.values === null) await showMissing(id, others);
    else showRecord(record, modules);
    announce(record.values === null ? say('missing.short') : say('record.count', { n: record.values.length }));
  } catch (error) {
    if (error.name === 'AbortError') return;
    fill(result, showError(error));
  }
  result.setAttribute('aria-busy', 'false');
  byId('record-title')?.focus({ preventScroll: true });
}

function welcome() {
  const part = (key) => el('section', null, el('h2', null, say(key + '.title')), el('p', null, say(key + '.text')));
  const forms = ['10.1000/182', 'doi:10.1000/182', 'hdl:20.1000/100', 'https://doi.org/10.1000/182', '10.1000%2F182', '<urn:doi:10.1000/182>'];
  shown = null;
  document.title = say('title.lookup');
  document.body.classList.remove('has-result');
  fill(result, el('ul.forms', { 'aria-label': say('lookup.forms') }, el('li.soft.small', null, say('lookup.forms')), forms.map((form) => el('li', null, el('code', null, form)))),
    el('div.hints', null, part('hint.record'), part('hint.link'), part('hint.admin')));
}

function fromAddress() {
  const hash = location.hash.startsWith('#/') ? location.hash.slice(2) : '';
  if (hash !== '') {
    try {
      return decodeURIComponent(hash);
    } catch {
      return hash;
    }
  }
  const query = new URLSearchParams(location.search);
  return query.get('q') ?? query.get('hdl') ?? '';
}

function follow() {
  const wanted = fromAddress();
  const found = normalise(wanted);
  box.value = found ? found.id : wanted;
  if (!found) welcome();
  else if (found.id !== shown) lookUp(found.id, { others: found.others });
}

function submit(event) {
  event.preventDefault();
  const found = normalise(box.value);
  if (!found) {
    box.focus();
    return;
  }
  box.value = found.id;
  history.pushState(null, '', recordHref(found.id));
  lookUp(found.id, { others: found.others });
}

startPage();
byId('ask').addEventListener('submit', submit);
window.addEventListener('popstate', follow);
window.addEventListener('hashchange', follow);
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  event.preventDefault();
  box.focus();
  box.select();
});
follow();
