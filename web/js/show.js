// SPDX-License-Identifier: Apache-2.0
// A record for people: each value by its meaning, its raw forms one click away.
import { el, safeHref, stranger } from './dom.js';
import { prefixOf, suffixOf } from './identifier.js';
import { parseLocations } from './locations.js';
import { dataOctets, encodeKey, hexDump, sha256, toHex } from './octets.js';
import { formatAge, formatBytes, formatTime, say, sayNodes } from './say.js';
import { dataOf, keyFacts, permissionsOf, permissionsText, rightsOf, ttlText, typeName } from './values.js';

const SHOWN_MAX = 2000; // characters of a text at first
const PARTS_MAX = 500; // of a list within one value

/** The identifier with its prefix set off. */
export function showId(id) {
  const node = el('bdi.id', { dir: 'auto' });
  if (!id.includes('/')) return stranger(id, 'id');
  node.append(el('span.prefix', null, stranger(prefixOf(id))), el('span.slash', null, '/'), stranger(suffixOf(id)));
  return node;
}

export const recordHref = (id) => '/#/' + encodeURIComponent(id).replace(/%2F/g, '/');

export const linkToId = (id) => el('a', { href: recordHref(id) }, stranger(id));

function linkTo(url) {
  const trimmed = url.trim();
  const href = safeHref(trimmed);
  if (href === null || !/^[a-z]+:/i.test(trimmed)) return stranger(url);
  return el('a', { href, rel: 'noreferrer' }, stranger(trimmed));
}

function showText(text) {
  if (text.length <= SHOWN_MAX) return stranger(text);
  const node = el('div', null, stranger(text.slice(0, SHOWN_MAX)), '\u2026 ');
  node.append(el('button.plain', { type: 'button', onclick: () => node.replaceChildren(stranger(text)) },
    say('value.all', { n: text.length })));
  return node;
}

/** "value 300 of 0.NA/10.1000", as a link. */
export function showRef(ref) {
  const link = linkToId(String(ref.handle));
  return el('span', null, Number(ref.index) === 0 ? sayNodes('ref.any', { id: link })
    : sayNodes('ref.value', { index: String(ref.index), id: link }));
}

const tags = (words) => el('ul.rights', null, words.map((word) => el('li', null, el('span.tag', null, word))));

function showAdmin(admin) {
  const rights = rightsOf(admin.permissions);
  return [
    el('p.main', null, sayNodes('admin.who', { ref: showRef(admin) })),
    rights.length > 0 ? tags(rights.map((right) => say('right.' + right))) : el('p', null, say('right.none')),
  ];
}

export function fingerprint(jwk) {
  try {
    return toHex(sha256(encodeKey(jwk)));
  } catch {
    return null;
  }
}

export function showKey(jwk) {
  const { kind, bits } = keyFacts(jwk);
  const print = fingerprint(jwk);
  return [
    el('p.main', null, say('key.kind', { kind, bits: String(bits) })),
    print && el('p', null, say('key.fingerprint'), ' ', el('span.fingerprint', { dir: 'ltr' }, print.match(/.{1,8}/g).join(' '))),
  ];
}

function showServer(server) {
  const interfaces = (server.interfaces ?? []).slice(0, PARTS_MAX);
  const print = server.publicKey?.format === 'key' ? fingerprint(server.publicKey.value) : null;
  const does = (i) => say(i.query && i.admin ? 'site.both' : i.admin ? 'site.admin' : i.query ? 'site.query' : 'site.nothing');
  return el('li.server', null,
    el('p', null, el('strong', null, stranger(String(server.address))), ' ', el('span.soft', null, say('site.server', { number: String(server.serverId) }))),
    el('ul.rights', null, interfaces.map((i) => el('li', null,
      el('span.tag.none', { title: does(i) }, `${i.protocol} ${i.port}`), el('span.soft.small', null, ' ', does(i))))),
    print && el('p.small', null, say('key.fingerprint'), ' ', el('span.fingerprint', { dir: 'ltr' }, print.match(/.{1,8}/g).join(' '))));
}

export function showSite(site) {
  const words = [say(site.primarySite ? 'site.primary' : 'site.mirror'),
    site.serialNumber !== undefined && say('site.serial', { number: String(site.serialNumber) }),
    site.protocolVersion !== undefined && say('site.protocol', { version: String(site.protocolVersion) })].filter(Boolean);
  const attributes = (site.attributes ?? []).slice(0, PARTS_MAX);
  return [
    el('p.main', null, words.join(' \u00b7 ')),
    attributes.length > 0 && el('dl.pair.small', null, attributes.map((a) => [el('dt', null, stranger(String(a.name))), el('dd', null, showText(String(a.value)))])),
    el('ul.servers', null, (site.servers ?? []).slice(0, PARTS_MAX).map(showServer)),
  ];
}

function showLocations(xml) {
  const found = parseLocations(xml);
  if (found === null || found.locations.length === 0) return showText(xml);
  const known = ['href', 'href_template', 'weight', 'country'];
  const others = (location) => [...location].filter(([name]) => !known.includes(name));
  const head = ['loc.href', 'loc.weight', 'loc.country', 'loc.other'].map((key) => el(key === 'loc.weight' ? 'th.number' : 'th', { scope: 'col' }, say(key)));
  const rows = found.locations.slice(0, PARTS_MAX).map((location) => el('tr', null,
    el('th', { scope: 'row' }, linkTo(location.get('href') ?? location.get('href_template') ?? '')),
    el('td.number', null, stranger(location.get('weight') ?? '1')),
    el('td', null, stranger(location.get('country') ?? '')),
    el('td', null, others(location).map(([name, value]) => [el('span.soft', null, stranger(name), ' '), stranger(value), ' ']))));
  const roots = [...found.root];
  return [
    el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': say('loc.table') }, el('table.locations', null,
      el('thead', null, el('tr', null, head)), el('tbody', null, rows))),
    roots.length > 0 && el('p.small.soft', null, roots.map(([name, value]) => [stranger(name), ' = ', stranger(value), '  '])),
  ];
}

function showData(value) {
  const { format, value: data } = dataOf(value);
  const type = value.type.toUpperCase();
  switch (format) {
    case 'admin': return showAdmin(data);
    case 'site': return showSite(data);
    case 'key': return showKey(data);
    case 'vlist':
      return el('ul', null, data.slice(0, PARTS_MAX).map((ref) => el('li', null, showRef(ref))));
    case 'string': break;
    default: {
      const octets = dataOctets(value.data);
      return el('p', null, octets === null ? say('value.unknown') : say('value.octets', { n: octets.length }));
    }
  }
  if (/^10320\/LOC(\.|$)/.test(type)) return showLocations(data);
  if (type === 'EMAIL' && /^[^\s@:?&]+@[^\s@:?&]+$/.test(data)) return el('p.main', null, el('a', { href: 'mailto:' + data }, stranger(data)));
  if (type === 'HS_ALIAS' || type === 'HS_SERV') return el('p.main', null, linkToId(data));
  if (/^https?:\/\/\S+$/i.test(data.trim()) && data.length <= SHOWN_MAX) return el('p.main', null, linkTo(data));
  if (/^\s*<|^\s*\{/.test(data)) return el('pre.raw', { tabindex: '0' }, stranger(data.slice(0, 20000)));
  return el('p.main', null, showText(data));
}

function rawForms(value) {
  const octets = dataOctets(value.data);
  const node = el('details', null, el('summary', null, say('value.raw')));
  node.addEventListener('toggle', () => {
    if (!node.open || node.childElementCount > 1) return;
    node.append(el('pre.raw', { tabindex: '0', 'aria-label': say('raw.json') }, stranger(JSON.stringify(value, null, 2).slice(0, 200000))));
    if (octets !== null) node.append(el('pre.raw.hex', { tabindex: '0', 'aria-label': say('raw.hex'), dir: 'ltr' }, hexDump(octets)));
  });
  return node;
}

const isoTime = (text) => (Number.isNaN(Date.parse(text)) ? null : new Date(text));

function showMore(value, now) {
  const changed = value.timestamp ? isoTime(value.timestamp) : null;
  const isDefault = permissionsOf(value).join() === 'true,true,true,false';
  return el('div.value-more', null,
    changed && el('span', { title: formatTime(changed) }, say('value.changed', { age: formatAge((now - changed) / 1000) })),
    value.ttl !== undefined && el('span', null, ttlText(value.ttl)),
    isDefault ? el('span', { title: permissionsText(value) }, say('permissions.usual')) : el('span', null, permissionsText(value)),
    value.references?.length > 0 && el('span', null, say('value.references'), ' ', value.references.slice(0, 20).map((ref) => [showRef(ref), ' '])),
    rawForms(value));
}

export function showValue(value, now = Date.now()) {
  const name = typeName(value.type);
  const octets = dataOctets(value.data);
  return el('li.value', null,
    el('div.value-type', null,
      name ? el('strong', null, name) : el('strong', null, stranger(value.type)),
      name && el('code', null, stranger(value.type)),
      el('code', { title: say('value.index') }, '#' + value.index),
      octets !== null && octets.length > 999 && el('code', null, formatBytes(octets.length))),
    el('div.value-data', null, showData(value), showMore(value, now)));
}

/** All values, the ones people come for first, then by index. */
const rank = (value) => {
  const type = value.type.toUpperCase();
  if (type === 'URL') return 0;
  if (/^URL\.|^10320\/LOC/.test(type)) return 1;
  return type.startsWith('HS_') ? 3 : 2;
};
export const inOrder = (values) => [...values].sort((a, b) => rank(a) - rank(b) || a.index - b.index);

export const showValues = (values) => el('ol.values.card', { 'aria-label': say('record.values') }, inOrder(values).map((v) => showValue(v)));

export function showFacts(values) {
  const times = values.map((v) => Date.parse(v.timestamp)).filter((t) => !Number.isNaN(t));
  const ttls = values.map((v) => v.ttl).filter((t) => typeof t === 'number');
  return el('ul.facts', null,
    el('li', null, say('record.count', { n: values.length })),
    times.length > 0 && el('li', { title: formatTime(new Date(Math.max(...times))) }, say('value.changed', { age: formatAge((Date.now() - Math.max(...times)) / 1000) })),
    ttls.length > 0 && el('li', null, ttlText(Math.min(...ttls))));
}

