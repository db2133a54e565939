// SPDX-License-Identifier: Apache-2.0
// The REST interface, from its own description (OpenAPI), with reads to try.
import { byId, el, fill, stranger } from './dom.js';
import { asCurl, shellQuote } from './cite.js';
import { busy, field, showError, startPage } from './frame.js';
import { encodePath } from './identifier.js';
import { call, send } from './rest.js';
import { say } from './say.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];
const SHOWN_MAX = 100000;
const place = byId('work');
let document_ = null;

/** What "$ref" points at, within the document only. */
export function follow(root, node, depth = 0) {
  if (!node?.$ref || depth > 8 || !node.$ref.startsWith('#/')) return node ?? {};
  const found = node.$ref.slice(2).split('/').reduce((at, part) => at?.[part.replace(/~1/g, '/').replace(/~0/g, '~')], root);
  return follow(root, found, depth + 1);
}

const at = (node) => follow(document_, node);

function typeText(schema, depth = 0) {
  const s = at(schema);
  if (depth > 3) return '\u2026';
  if (s.enum) return s.enum.map((v) => JSON.stringify(v)).join(' | ');
  if (s.const !== undefined) return JSON.stringify(s.const);
  for (const key of ['oneOf', 'anyOf']) if (s[key]) return s[key].map((part) => typeText(part, depth + 1)).join(' | ');
  if (s.type === 'array') return typeText(s.items, depth + 1) + '[]';
  if (s.type === 'object' || s.properties) return s.title ?? 'object';
  return [s.type].flat().filter(Boolean).join(' | ') + (s.format ? ` (${s.format})` : '') || 'any';
}

// Descriptions are plain text, but for `names`.
const prose = (text) => String(text ?? '').split('`').map((part, i) => (i % 2 === 1 ? el('code', null, stranger(part)) : part));
const paragraph = (text) => String(text ?? '').split(/\n\s*\n/).filter((t) => t.trim() !== '').map((t) => el('p', null, prose(t.trim())));

function schemaTable(schema) {
  const s = at(schema);
  const properties = Object.entries(s.properties ?? {});
  if (properties.length === 0) return null;
  const required = new Set(s.required ?? []);
  return el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': say('api.members') }, el('table', null,
    el('thead', null, el('tr', null, ['api.member', 'api.type', 'api.meaning'].map((k) => el('th', { scope: 'col' }, say(k))))),
    el('tbody', null, properties.map(([name, property]) => el('tr', null,
      el('th', { scope: 'row' }, el('code', null, stranger(name)), required.has(name) && [' ', el('span.tag', null, say('api.required'))]),
      el('td', null, el('code', null, stranger(typeText(property)))), el('td', null, prose(at(property).description)))))));
}

function parameterTable(parameters) {
  if (parameters.length === 0) return null;
  return el('div', null, el('h3.h4', null, say('api.parameters')), el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': say('api.parameters') }, el('table', null,
    el('thead', null, el('tr', null, ['api.name', 'api.in', 'api.type', 'api.meaning'].map((k) => el('th', { scope: 'col' }, say(k))))),
    el('tbody', null, parameters.map((p) => el('tr', null,
      el('th.tight', { scope: 'row' }, el('code', null, stranger(p.name)), p.required && [' ', el('span.tag', null, say('api.required'))]),
      el('td.tight', null, stranger(p.in)), el('td.tight', null, el('code', null, stranger(typeText(p.schema)))), el('td', null, prose(p.description))))))));
}

function bodies(content) {
  return Object.entries(content ?? {}).map(([type, media]) => el('div.group', null, el('p', null, el('code', null, stranger(type)), ' ', el('span.soft', null, stranger(typeText(media.schema)))), schemaTable(media.schema),
    media.example !== undefined && el('pre.raw', { tabindex: '0' }, stranger(typeof media.example === 'string' ? media.example : JSON.stringify(media.example, null, 2)))));
}

function responses(operation) {
  return el('div', null, el('h3.h4', null, say('api.responses')), el('dl.pair', null, Object.entries(operation.responses ?? {}).map(([status, r]) =>
    [el('dt', null, el('code', null, stranger(status))), el('dd', null, prose(at(r).description),
      Object.keys(at(r).content ?? {}).length > 0 && el('span.soft', null, ' ', stranger(Object.keys(at(r).content).join(', '))))])));
}

const exampleOf = (p) => {
  const example = p.example ?? Object.values(p.examples ?? {})[0]?.value ?? at(p.schema).example ?? at(p.schema).examples?.[0] ?? at(p.schema).default;
  return example === undefined || typeof example === 'object' ? '' : String(example);
};

function tryForm(path, operation, parameters) {
  const fields = parameters.filter((p) => p.in === 'path' || p.in === 'query').map((p) => ({ p, f: field(p.name,
    el('input', { autocomplete: 'off', spellcheck: 'false', placeholder: exampleOf(p) })) }));
  const out = el('div', { 'aria-live': 'polite' });
  const target = () => {
    const query = new URLSearchParams();
    let result = path;
    for (const { p, f } of fields) {
      const value = f.input.value || (p.required ? f.input.placeholder : ''); // as the example has it
      if (p.in === 'path') result = result.replace(`{${p.name}}`, encodePath(value));
      else if (value !== '') query.append(p.name, value);
    }
    const text = query.toString();
    return text === '' ? result : result + '?' + text;
  };
  async function submit(event) {
    event.preventDefault();
    const to = target();
    fill(out, busy(say('api.asking')));
    try {
      const response = await send('GET', to);
      const text = await response.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch { /* as it is */ }
      fill(out, el('pre.raw', { tabindex: '0', 'aria-label': say('api.request') }, stranger('curl ' + shellQuote(location.origin + to))),
        el('p', null, el(response.ok ? 'span.tag.good' : 'span.tag.bad', null, String(response.status)), ' ', el('code', null, stranger(response.headers.get('Content-Type') ?? ''))),
        el('pre.raw', { tabindex: '0', 'aria-label': say('api.answer') }, stranger(shown.slice(0, SHOWN_MAX))));
    } catch (error) {
      fill(out, showError(error));
    }
  }
  return el('form.group', { onsubmit: submit }, el('h3.h4', null, say('api.try')), fields.length > 0 && el('div.fields', null, fields.map(({ f }) => f.node)),
    el('div.row', null, el('button.small', { type: 'submit' }, say('api.send'))), out);
}

function showOperation(path, method, operation, shared) {
  const parameters = [...(shared ?? []), ...(operation.parameters ?? [])].map(at);
  const body = at(operation.requestBody);
  const node = el('details.operation', null, el('summary', null, el('span.method.' + method, null, method.toUpperCase()), el('code', null, stranger(path)), el('span.soft', null, stranger(operation.summary ?? ''))));
  node.addEventListener('toggle', () => {
    if (!node.open || node.childElementCount > 1) return;
    node.append(el('div', null, paragraph(operation.description), parameterTable(parameters),
      body.content && el('div', null, el('h3.h4', null, say('api.body')), bodies(body.content)),
      responses(operation), method === 'get' && tryForm(path, operation, parameters)));
  });
  return node;
}

function show() {
  const groups = new Map();
  for (const [path, item] of Object.entries(document_.paths ?? {})) {
    for (const method of METHODS) {
      if (!item[method]) continue;
      const tag = item[method].tags?.[0] ?? path.split('/').slice(0, 3).join('/'); // "/api/handles"
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(showOperation(path, method, item[method], item.parameters));
    }
  }
  const describe = new Map((document_.tags ?? []).map((t) => [t.name, t.description]));
  const { info = {} } = document_;
  fill(place, el('section.group', null, paragraph(info.description),
    el('p.small', null, el('a', { href: '/api/openapi.json' }, say('api.document')), ' ', el('span.soft', null, stranger(`OpenAPI ${document_.openapi ?? ''} \u00b7 ${info.version ?? ''}`)))),
  [...groups].map(([tag, operations]) => el('section.group', null, el('h2', null, stranger(tag)), paragraph(describe.get(tag)), operations)),
  el('section.group', null, el('h2', null, say('api.shell')), el('p', null, say('api.shellText')), el('pre.raw', { tabindex: '0' }, asCurl(location.origin, '10.1000/182'))));
}

async function start() {
  startPage();
  fill(place, busy(say('api.loading')));
  try {
    document_ = (await call('GET', '/api/openapi.json', { anonymous: true })).body;
    show();
  } catch (error) {
    fill(place, showError(error));
  }
}

start();
