// SPDX-License-Identifier: Apache-2.0
// A record as something to paste elsewhere.
import { encodePath, isDoi } from './identifier.js';

/** For a POSIX shell. */
export const shellQuote = (text) => "'" + text.replace(/'/g, "'\\''") + "'";

export const asCurl = (origin, id) => 'curl ' + shellQuote(origin + '/api/handles/' + encodePath(id));

export const asJson = (body) => JSON.stringify(body, null, 2);

/** What BibTeX reads as such stands for itself. */
const special = { '\\': '\\textbackslash{}', '{': '\\{', '}': '\\}', $: '\\$', '&': '\\&', '#': '\\#', '%': '\\%', _: '\\_', '^': '\\^{}', '~': '\\~{}' };
export const bibEscape = (text) => text.replace(/[\\{}$&#%_^~]/g, (c) => special[c]).replace(/[\r\n]+/g, ' ');

const text = (value) => (value.data?.format === 'string' ? value.data.value : typeof value.data === 'string' ? value.data : null);

function first(values, ...types) {
  for (const type of types) {
    const found = values.find((v) => v.type.toUpperCase() === type && text(v));
    if (found) return text(found);
  }
  return null;
}

/** An entry with what the record has: at least how to get there. */
export function asBibtex(origin, id, values, today) {
  const key = id.replace(/[^A-Za-z0-9.:/+-]/g, '_');
  const fields = [
    ['title', first(values, 'TITLE', 'DC.TITLE', 'DESC', 'NAME')],
    ['author', first(values, 'CREATOR', 'DC.CREATOR', 'AUTHOR')],
    ['publisher', first(values, 'PUBLISHER', 'DC.PUBLISHER')],
    ['year', /\d{4}/.exec(first(values, 'YEAR', 'DATE', 'DC.DATE') ?? '')?.[0]],
    [isDoi(id) ? 'doi' : 'eprint', id],
    [isDoi(id) ? null : 'eprinttype', 'hdl'],
    ['url', origin + '/' + encodePath(id)],
    ['urldate', today.toISOString().slice(0, 10)],
  ];
  const lines = fields.filter(([name, value]) => name && value).map(([name, value]) =>
    `  ${name} = {${name === 'url' || name === 'doi' ? value.replace(/[{}]/g, encodeURIComponent) : bibEscape(value)}}`);
  return `@misc{${key},\n${lines.join(',\n')}\n}\n`;
}
