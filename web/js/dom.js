// SPDX-License-Identifier: Apache-2.0
// Elements from parts. Strings become text nodes, whatever they hold: the only way to markup is
// naming an element here. Links and sources are checked, and there are no on... attributes.

const SAFE_SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:', 'ftp:', 'ftps:']);

/** The address when a browser may be sent there, else null. Ours begin with "/", "#" or "?". */
export function safeHref(href) {
  const text = String(href);
  if (/^[/#?](?![/\\])/.test(text) || text === '/' || text === '#') return text;
  if (/[\u0000-\u0020\u007f]/.test(text)) return null;
  try {
    const url = new URL(text);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'selected', 'indeterminate', 'readOnly', 'hidden', 'open']);

function setAttribute(node, name, value) {
  if (name.startsWith('on') && typeof value === 'function') {
    node.addEventListener(name.slice(2), value);
    return;
  }
  if (/^on|^style$|^srcdoc$/i.test(name)) throw new Error('not allowed: ' + name);
  if (PROPERTIES.has(name)) {
    node[name] = value;
    return;
  }
  if (value === null || value === undefined || value === false) return;
  if (name === 'href' || name === 'action' || name === 'formaction') {
    const href = value.startsWith('blob:' + location.origin) ? value : safeHref(value);
    if (href === null) return;
    node.setAttribute(name, href);
    return;
  }
  node.setAttribute(name, value === true ? '' : String(value));
}

function append(node, child) {
  if (child === null || child === undefined || child === false) return;
  if (Array.isArray(child)) child.forEach((c) => append(node, c));
  else node.append(child instanceof Node ? child : document.createTextNode(String(child)));
}

/** el('td.number', { title: '...' }, 'text', anotherNode). Functions as onclick and so on listen. */
export function el(what, attributes, ...children) {
  const [name, ...classes] = what.split('.');
  const node = document.createElement(name);
  if (classes.length > 0) node.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes ?? {})) setAttribute(node, key, value);
  append(node, children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

/** The same for drawings. */
export function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (/^on|href|^style$/i.test(key)) throw new Error('not allowed: ' + key);
    if (value !== null && value !== undefined) node.setAttribute(key, String(value));
  }
  append(node, children);
  return node;
}

/** Put @children in place of what @node has. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

export const byId = (id) => document.getElementById(id);

// Characters that change the order of others, or cannot be seen at all.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/** A stranger's text on its own: no direction leaks out, and what cannot be seen is named. */
export function stranger(text, className) {
  const node = el(className ? 'bdi.' + className : 'bdi');
  let from = 0;
  for (const match of String(text).matchAll(UNSEEN)) {
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    node.append(text.slice(from, match.index), el('span.unseen', null, 'U+' + code));
    from = match.index + match[0].length;
  }
  node.append(String(text).slice(from));
  return node;
}

let counter = 0;
/** An id no other element has. */
export function freshId(front) {
  counter += 1;
  return front + '-' + counter;
}

/** Give the person a file. */
export function offerFile(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = el('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** Copy, and say so in the live region of the page. */
export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = el('textarea.off-screen', { value: text, readOnly: true, 'aria-hidden': 'true' });
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('copy');
}

/** For those who cannot see the page change. */
export function announce(text) {
  let region = byId('announcer');
  if (!region) {
    region = el('div.off-screen', { id: 'announcer', role: 'status', 'aria-live': 'polite' });
    document.body.append(region);
  }
  region.textContent = '';
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}
