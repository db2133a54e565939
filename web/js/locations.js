// SPDX-License-Identifier: Apache-2.0
// 10320/loc: the locations in its XML, without the browser's parser (which would make a document).

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const TAG = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/g;
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

export function unescape(text) {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(\w+));/gi, (all, hex, dec, name) => {
    if (name) return ENTITIES[name] ?? all;
    const code = hex ? parseInt(hex, 16) : Number(dec);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}

/** { root: attributes, locations: [attributes] }, or null when it is not such a document. */
export function parseLocations(xml) {
  let root = null;
  const locations = [];
  for (const [, close, name, attributes] of xml.matchAll(TAG)) {
    if (name === undefined || close) continue;
    const found = new Map();
    for (const [, key, a, b] of attributes.matchAll(ATTRIBUTE)) found.set(key, unescape(a ?? b));
    if (root === null) root = found;
    else if (name === 'location' || name === 'loc_template') locations.push(found);
  }
  return root === null ? null : { root, locations };
}
