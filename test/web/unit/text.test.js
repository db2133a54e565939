// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { asBibtex, asCurl, bibEscape } from '../js/cite.js';
import { parseLocations } from '../js/locations.js';
import shared from '../js/messages.js';
import forAdministrators from '../js/messages.admin.js';
import '../js/words.js';
import { formatBytes, formatDuration, say, sayNodes } from '../js/say.js';
import { rightsOf, rightsText } from '../js/values.js';

const web = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (name) => readFileSync(join(web, name), 'utf8');
const messages = { ...shared, ...forAdministrators };
const pages = readdirSync(web).filter((name) => name.endsWith('.html'));
const modules = readdirSync(join(web, 'js')).filter((name) => name.endsWith('.js') && !name.startsWith('messages.'));

test('sentences', () => {
  assert.equal(say('record.count', { n: 1 }), '1 value');
  assert.equal(say('record.count', { n: 2000 }), '2,000 values');
  assert.deepEqual(sayNodes('missing.title', { id: 'X' }), ['', 'X', ' was not found']);
  assert.throws(() => say('no such'));
  assert.equal(formatDuration(0), 'no time');
  assert.equal(formatDuration(90061), '1 day 1 hour');
  assert.equal(formatBytes(1500000), '1.5 MB');
});

test('the pages say what messages.js says', () => {
  for (const page of pages) {
    const text = read(page);
    const marked = [...text.matchAll(/data-say="([^"]+)"[^>]*>([^<]*)</g)];
    assert.ok(marked.length > 5, page);
    for (const [, key, shown] of marked) assert.equal(shown.replace(/&amp;/g, '&'), messages[key], `${page}: ${key}`);
    for (const [, key, shown] of text.matchAll(/data-say-label="([^"]+)" aria-label="([^"]*)"/g)) assert.equal(shown, messages[key], `${page}: ${key}`);
  }
});

test('every message is used, and every one that is used is there', () => {
  const code = modules.map((name) => read('js/' + name)).join('\n');
  const text = code + pages.map(read).join('\n');
  for (const [, key] of code.matchAll(/\bsay(?:Nodes)?\('([^']+)'[,)]/g)) assert.ok(messages[key] !== undefined, key);
  const fronts = [...code.matchAll(/'([A-Za-z.]+\.)' \+/g), ...code.matchAll(/say\(key \+ '()/g)].map((m) => m[1]);
  for (const key of Object.keys(messages)) {
    const isDirect = text.includes(`'${key}'`) || text.includes(`"${key}"`);
    const isMade = fronts.some((front) => front !== '' && key.startsWith(front)) || /^hint\./.test(key);
    assert.ok(isDirect || isMade, `${key} is not used`);
  }
});

test('nothing that the policy forbids, nothing that makes markup of text', () => {
  for (const page of pages) {
    const text = read(page);
    assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc="\/web\/js\/)/i, page);
    assert.doesNotMatch(text, /(?:src|href)="(?:https?:)?\/\//, page);
  }
  for (const name of modules)
    assert.doesNotMatch(read('js/' + name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser/, name);
  // What stays in the browser goes through one module each: what is kept, and the session.
  for (const name of modules.filter((n) => n !== 'keep.js'))
    assert.doesNotMatch(read('js/' + name), name === 'rest.js' ? /localStorage|indexedDB/ : /localStorage|sessionStorage|indexedDB/, name);
  for (const name of readdirSync(web).filter((n) => n.endsWith('.css')))
    assert.doesNotMatch(read(name), /@import|url\(/, name);
});

test('the first page is under 100 kB, without compression', () => {
  const seen = new Set();
  const size = (name) => {
    if (seen.has(name)) return 0;
    seen.add(name);
    const text = read(name);
    const needs = [...text.matchAll(/^import .*?from '\.\/([^']+)'/gm)].map((m) => 'js/' + m[1]);
    return Buffer.byteLength(text) + needs.reduce((sum, n) => sum + size(n), 0);
  };
  const total = size('index.html') + size('style.css') + size('js/lookup.js');
  assert.ok(total < 100000, String(total));
});

test('locations', () => {
  const found = parseLocations('<?xml version="1.0"?>\n<!-- <location href="no"/> --><locations a=\'1\'>\n<location href="https://a/?x=1&amp;y=2" weight="0.5"></location><location href=\'&#x62;\'/></locations>');
  assert.deepEqual([...found.root], [['a', '1']]);
  assert.deepEqual(found.locations.map((l) => [...l]), [[['href', 'https://a/?x=1&y=2'], ['weight', '0.5']], [['href', 'b']]]);
  for (const bad of ['', 'text', '<', '< locations>', '<!DOCTYPE x>']) assert.equal(parseLocations(bad), null, bad);
  const begun = performance.now();
  parseLocations('<a ' + 'b="c" '.repeat(50000));
  parseLocations('<'.repeat(100000));
  parseLocations('<!--'.repeat(20000));
  assert.ok(performance.now() - begun < 4000);
});

test('rights', () => {
  assert.deepEqual(rightsOf('000000000001'), ['create']);
  assert.deepEqual(rightsOf('1000000000000'), ['listPrefixes']);
  assert.equal(rightsText(rightsOf('1011111110011')), '1011111110011');
  assert.equal(rightsText(rightsOf('011111110011')), '011111110011');
});

test('to paste elsewhere', () => {
  assert.equal(asCurl('https://h', "10.1/it's"), "curl 'https://h/api/handles/10.1/it'\\''s'");
  assert.equal(bibEscape('a_b & {c}\n\\d'), 'a\\_b \\& \\{c\\} \\textbackslash{}d');
  const entry = asBibtex('https://h', '10.1/a', [{ index: 1, type: 'TITLE', data: 'x} , evil = {y' }], new Date(0));
  assert.equal(entry, '@misc{10.1/a,\n  title = {x\\} , evil = \\{y},\n  doi = {10.1/a},\n  url = {https://h/10.1/a},\n  urldate = {1970-01-01}\n}\n');
});
