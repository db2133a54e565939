// SPDX-License-Identifier: Apache-2.0
// 10320/loc as a document that can be changed and keeps what is not changed, to the letter; and
// what the web resolver makes of it. No elements here.
import { unescape } from './locations.js';

const ATTRIBUTE = /\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const NAME = /[A-Za-z_][\w:.-]*/y;
const PREDEFINED = new Set(['amp', 'lt', 'gt', 'quot', 'apos']);

const escapeAttribute = (text) => text.replace(/[&<>"\t\n\r]/g, (c) =>
  ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\t': '&#9;', '\n': '&#10;', '\r': '&#13;' })[c]);

const hasGoodReferences = (text) => [...text.matchAll(/&([^;]*;?)/g)].every(([, r]) =>
  /^#\d{1,7};$|^#x[0-9a-f]{1,6};$/i.test(r) || (r.endsWith(';') && PREDEFINED.has(r.slice(0, -1))));

/* One piece of markup from @at: { end, kind, name, attributes }; null when it is none that we know. */
function readMarkup(xml, at) {
  for (const [open, close] of [['<!--', '-->'], ['<?', '?>'], ['<![CDATA[', ']]>']]) {
    if (!xml.startsWith(open, at)) continue;
    const end = xml.indexOf(close, at + open.length);
    return end < 0 ? null : { end: end + close.length, kind: open === '<![CDATA[' ? 'text' : 'aside' };
  }
  const isEnd = xml[at + 1] === '/';
  NAME.lastIndex = at + (isEnd ? 2 : 1);
  const name = NAME.exec(xml)?.[0];
  if (!name) return null;
  let from = NAME.lastIndex;
  const attributes = new Map();
  for (;;) {
    ATTRIBUTE.lastIndex = from;
    const found = ATTRIBUTE.exec(xml);
    if (!found) break;
    const text = found[2] ?? found[3];
    if (isEnd || attributes.has(found[1]) || !hasGoodReferences(text)) return null;
    attributes.set(found[1], unescape(text.replace(/[\t\n\r]/g, ' ')));
    from = ATTRIBUTE.lastIndex;
  }
  while (/\s/.test(xml[from] ?? '')) from += 1;
  const isEmpty = !isEnd && xml.startsWith('/>', from);
  if (!isEmpty && xml[from] !== '>') return null;
  return { end: from + (isEmpty ? 2 : 1), kind: isEnd ? 'end' : isEmpty ? 'empty' : 'begin', name, attributes };
}

class Part {
  constructor(name, attributes, source, inner) {
    this.name = name;
    this.attributes = attributes;
    this.source = source; // as it was, until it is changed
    this.inner = inner; // between its tags; null: it has none
  }

  set(name, value) {
    if ((this.attributes.get(name) ?? '') === value) return;
    if (value === '') this.attributes.delete(name);
    else this.attributes.set(name, value);
    this.source = null;
  }

  tag(isEmpty) {
    const attributes = [...this.attributes].map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`).join('');
    return `<${this.name}${attributes}${isEmpty ? '/>' : '>'}`;
  }

  text() {
    if (this.source !== null) return this.source;
    return this.inner === null ? this.tag(true) : `${this.tag(false)}${this.inner}</${this.name}>`;
  }
}

const isLocation = (name) => name === 'location' || name === 'loc_template';

export class LocationDocument {
  constructor(head, root, pieces, tail) {
    this.head = head;
    this.root = root; // a Part whose source is its begin tag
    this.pieces = pieces; // Parts that are locations, and strings for all else
    this.tail = tail;
  }

  get locations() {
    return this.pieces.filter((piece) => piece instanceof Part);
  }

  text() {
    const begin = this.root.source ?? this.root.tag(false);
    return this.head + begin + this.pieces.map((piece) => (piece instanceof Part ? piece.text() : piece)).join('') + this.tail;
  }

  add() {
    const at = this.pieces.findLastIndex((piece) => piece instanceof Part);
    const blank = this.pieces.find((piece) => typeof piece === 'string' && /^\s+$/.test(piece)) ?? '\n  ';
    const part = new Part('location', new Map(), null, null);
    this.pieces.splice(at + 1, 0, at < 0 ? '\n  ' : blank, part);
    if (this.pieces[this.pieces.length - 1] === part) this.pieces.push('\n');
    return part;
  }

  remove(part) {
    const at = this.pieces.indexOf(part);
    const before = this.pieces[at - 1];
    const hasBlank = typeof before === 'string' && /^\s+$/.test(before);
    this.pieces.splice(hasBlank ? at - 1 : at, hasBlank ? 2 : 1);
  }

  /** Change places with the location @by places on; what stands between stays. */
  move(part, by) {
    const all = this.locations;
    const other = all[all.indexOf(part) + by];
    if (!other) return;
    const [a, b] = [this.pieces.indexOf(part), this.pieces.indexOf(other)];
    [this.pieces[a], this.pieces[b]] = [other, part];
  }
}

export const emptyDocument = () => new LocationDocument('', new Part('locations', new Map(), null, ''), ['\n'], '</locations>');

/** The document, or null when it is not well-formed or has what only an XML parser should read. */
export function readDocument(xml) {
  let root = null;
  let head = '';
  const pieces = [];
  const open = []; // names of what is open, the root first
  let from = 0; // of what was not taken yet
  let begun = null; // the location that is open: { markup, at }
  const take = (end) => {
    if (end > from) pieces.push(xml.slice(from, end));
  };
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', at)) {
    const between = xml.slice(from, at);
    if (root === null && between.trim() !== '') return null;
    const markup = readMarkup(xml, at);
    if (markup === null || (markup.kind === 'text' && open.length === 0)) return null;
    const { end, kind, name } = markup;
    if (root === null) from = end;
    if (kind === 'begin' || kind === 'empty') {
      if (root === null) {
        if (kind === 'empty') return null;
        head = xml.slice(0, at);
        root = new Part(name, markup.attributes, xml.slice(at, end), '');
        from = end;
      } else if (open.length === 0) return null;
      else if (open.length === 1 && isLocation(name)) {
        take(at);
        if (kind === 'empty') pieces.push(new Part(name, markup.attributes, xml.slice(at, end), null));
        else begun = { markup, at };
        from = kind === 'empty' ? end : at;
      }
      if (kind === 'begin') open.push(name);
    } else if (kind === 'end') {
      if (open.pop() !== name) return null;
      if (open.length === 0) {
        take(at);
        const rest = xml.slice(end).replace(/<!--[\s\S]*?-->/g, '');
        return rest.trim() === '' && pieces.every((p) => p instanceof Part || hasGoodText(p)) ? new LocationDocument(head, root, pieces, xml.slice(at)) : null;
      }
      if (open.length === 1 && begun) {
        pieces.push(new Part(name, begun.markup.attributes, xml.slice(begun.at, end), xml.slice(begun.markup.end, at)));
        begun = null;
        from = end;
      }
    }
    at = end;
  }
  return null;
}

const hasGoodText = (text) => hasGoodReferences(text.replace(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>/g, ''));

/* What the resolver chooses (rest-api 7.2) */

const numberOf = (text, otherwise) => (/^\s*-?\d+(\.\d*)?\s*$|^\s*-?\.\d+\s*$/.test(text ?? '') ? Number(text) : otherwise);
export const hrefOf = (part) => part.attributes.get('href') ?? part.attributes.get('href_template') ?? null;

function keep(left, test) {
  const kept = left.filter(test);
  return kept.length > 0 ? kept : left;
}

const METHODS = {
  locatt: (left, { locatt }) => locatt.reduce((now, [key, value]) =>
    (now.length > 1 ? keep(now, (c) => c.attributes.has(key) && (value === null || c.attributes.get(key) === value)) : now), left),
  country: (left, { country }) => (country === '' ? left : keep(left, (c) => c.attributes.get('country')?.trim().toLowerCase() === country)),
  score: (left) => {
    const score = (c) => numberOf(c.attributes.get('score'), 0);
    const best = Math.max(...left.map(score));
    return left.filter((c) => score(c) === best);
  },
};

/**
 * Where visitors are sent: [{ location, url, share }], share from 0 to 1, most likely first.
 * @urls: the URL values of the record. @visitor: country, locatt as "key:value" or "key".
 */
export function destinations(document, urls, { country = '', locatt = '' } = {}) {
  const setting = (name) => document.root.attributes.get(name);
  const hasUrls = !/^\s*(true|yes|1)\s*$/i.test(setting('no_legacy') ?? '');
  const urlWeight = numberOf(setting('urlWeight'), 0);
  let left = [
    ...document.locations.filter((part) => hrefOf(part) !== null).map((part) => ({
      location: part, url: hrefOf(part), attributes: part.attributes, weight: numberOf(part.attributes.get('weight'), 1) })),
    ...(hasUrls ? urls : []).map((url) => ({ location: null, url, attributes: new Map([['href', url], ['weight', String(urlWeight)]]), weight: urlWeight })),
  ];
  const wanted = locatt.split(',').map((part) => part.trim()).filter((part) => part !== '').map((part) => {
    const colon = part.indexOf(':');
    return colon < 0 ? [part, null] : [part.slice(0, colon), part.slice(colon + 1)];
  });
  const visitor = { country: country.trim().toLowerCase(), locatt: wanted };
  const methods = (setting('choose_by') ?? setting('chooseby') ?? 'locatt,address,country,score,weighted').toLowerCase().split(',').map((m) => m.trim());
  for (const method of methods) {
    if (left.length <= 1 || method === 'weighted') break;
    if (Object.hasOwn(METHODS, method)) left = METHODS[method](left, visitor);
  }
  if (left.length === 1) return [{ location: left[0].location, url: left[0].url, share: 1 }];
  const total = left.reduce((sum, c) => sum + Math.max(0, c.weight), 0);
  return left.map((c) => ({ location: c.location, url: c.url, share: total > 0 ? Math.max(0, c.weight) / total : 1 / left.length }))
    .filter((c) => c.share > 0).sort((a, b) => b.share - a.share);
}
