// SPDX-License-Identifier: Apache-2.0
// Whatever people paste, and the identifier in it.

// Never part of an identifier that somebody means: they come along when text is copied.
const UNSEEN = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const SCHEME = /^(?:info:(?:doi|hdl)\/|urn:(?:doi|hdl|eidr):|(?:doi|hdl|handle)(?:\s*:\s*|\s+)(?=\S*\/))/i;
const PREFIX = '(?:0\\.NA|[0-9][0-9A-Za-z-]*(?:\\.[0-9A-Za-z-]+)*)';
const IN_PATH = new RegExp('(?:^|/)(' + PREFIX + '/.+)$');
const QUOTES = { '<': '>', '"': '"', "'": "'", '(': ')', '[': ']', '{': '}', '\u201c': '\u201d', '\u2018': '\u2019', '\u00ab': '\u00bb', '\u201e': '\u201c' };

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function unwrap(text) {
  let inner = text;
  for (;;) {
    const last = QUOTES[inner[0]];
    const end = inner.replace(/[.,;]+$/, '');
    if (!last || inner.length < 2 || !end.endsWith(last)) return inner;
    inner = end.slice(1, -1).trim();
  }
}

// The identifier in the path of a resolver's or publisher's address, else in a parameter of it.
function fromUrl(text) {
  let url;
  try {
    url = new URL(/^[a-z]+:\/\//i.test(text) ? text : 'https://' + text);
  } catch {
    return null;
  }
  for (const part of [url.hash.replace(/^#\/?/, '/'), url.pathname.replace(/^\/api\/handles\//, '/')]) {
    const path = decode(part) ?? part;
    const found = IN_PATH.exec(path.replace(/^\/(?:hdl:|doi:)/i, '/'));
    if (found) return found[1];
  }
  for (const name of ['hdl', 'doi', 'id', 'q', 'handle', 'identifier']) {
    const value = url.searchParams.get(name);
    if (value) return normalise(value)?.id ?? null;
  }
  const rest = decode(url.pathname.slice(1));
  return rest && rest.includes('/') ? rest : null;
}

function strip(text) {
  let id = text;
  for (;;) {
    const shorter = id.replace(SCHEME, '').trimStart();
    if (shorter === id) return id;
    id = shorter;
  }
}

/**
 * The identifier that @text means: { id, others }; others are ids it might mean as well, for
 * when there is no such record. Null when there is nothing in it.
 */
export function normalise(text) {
  const given = unwrap(String(text).replace(UNSEEN, '').replace(/[\u00a0\u2000-\u200a\u3000]/g, ' ').trim());
  if (given === '') return null;
  const oneLine = given.replace(/\s*[\r\n]+\s*/g, '');
  let id = null;
  const isUrl = /^https?:\/\//i.test(oneLine) || /^(?:www\.|dx\.)?[a-z0-9-]+\.(?:org|net|com|eu|de|info|int)\//i.test(oneLine);
  if (isUrl) id = fromUrl(oneLine);
  if (id === null) {
    id = strip(oneLine);
    if (/%[0-9A-Fa-f]{2}/.test(id) && !id.includes('/')) id = strip(decode(id) ?? id);
  }
  if (id === '') return null;
  const others = new Set();
  if (/%[0-9A-Fa-f]{2}/.test(id)) others.add(decode(id));
  others.add(id.replace(/[.,;:!?)\]}>'"\u201d\u2019\u2026]+$/, ''));
  others.add(id.replace(/\s+/g, ''));
  if (!id.includes('/')) others.add('0.NA/' + id);
  others.delete(id);
  others.delete(null);
  others.delete('');
  return { id, others: [...others] };
}

/** The path of @id: "/" may stay, unless a browser would take a part for "here" or "above". */
export function encodePath(id) {
  const parts = id.split('/');
  const isPlain = !parts.some((part) => part === '.' || part === '..') && parts[0] !== '';
  return parts.map(encodeURIComponent).join(isPlain ? '/' : '%2F');
}

export const prefixOf = (id) => (id.includes('/') ? id.slice(0, id.indexOf('/')) : id);
export const suffixOf = (id) => (id.includes('/') ? id.slice(id.indexOf('/') + 1) : '');

/** DOIs have their own resolver and citation formats. */
export const isDoi = (id) => /^10\.[0-9.]+\//.test(id);

/** "300:0.NA/10.1000" as { index, handle }, else null. */
export function parseIdentity(text) {
  const match = /^\s*([0-9]{1,10})\s*:\s*(\S.*?)\s*$/.exec(text);
  if (!match || Number(match[1]) > 4294967295) return null;
  return { index: Number(match[1]), handle: match[2] };
}
