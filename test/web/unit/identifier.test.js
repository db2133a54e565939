// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePath, normalise, parseIdentity } from '../js/identifier.js';

const FORMS = [
  ['bare', '10.1000/182', '10.1000/182'],
  ['doi:', 'doi:10.1000/182', '10.1000/182'],
  ['DOI with a space', 'DOI: 10.1000/182', '10.1000/182'],
  ['doi twice', 'doi:DOI:10.1000/182', '10.1000/182'],
  ['hdl:', 'HDL:20.1000/100', '20.1000/100'],
  ['info:doi/', 'info:doi/10.1000/182', '10.1000/182'],
  ['urn:doi:', '<urn:doi:10.1000/182>', '10.1000/182'],
  ['a resolver', 'https://doi.org/10.1000/182', '10.1000/182'],
  ['a resolver of old', 'http://dx.doi.org/10.1000/182', '10.1000/182'],
  ['a resolver without scheme', 'doi.org/10.1000/182', '10.1000/182'],
  ['hdl: in a path', 'https://hdl.handle.net/hdl:20.1000/100', '20.1000/100'],
  ['percent-encoded in a path', 'https://doi.org/10.1000%2F182%3Fa', '10.1000/182?a'],
  ['query of a resolver', 'https://hdl.handle.net/20.1000/100?noredirect', '20.1000/100'],
  ['a publisher', 'https://publisher.example/doi/abs/10.1002/(SICI)1-2', '10.1002/(SICI)1-2'],
  ['the REST interface', 'https://id.example:8000/api/handles/0.NA/20.500.12345', '0.NA/20.500.12345'],
  ['our own link', 'https://id.example/#/20.500.12345/x%20y', '20.500.12345/x y'],
  ['in a parameter', 'https://id.example/?hdl=10.1000/182', '10.1000/182'],
  ['percent-encoded', '10.1000%2F182', '10.1000/182'],
  ['white space around', '  \t10.1000/182\u00a0\n', '10.1000/182'],
  ['a line break within', '10.1000/\n  182', '10.1000/182'],
  ['angle brackets', '<10.1000/182>', '10.1000/182'],
  ['quotation marks', '\u201c10.1000/182\u201d.', '10.1000/182'],
  ['brackets of a sentence', '(10.1000/182).', '10.1000/182'],
  ['brackets of the name stay', '10.1002/(SICI)1097', '10.1002/(SICI)1097'],
  ['characters that cannot be seen', '\u202a10.1000/1\u200b82\u202c\ufeff', '10.1000/182'],
  ['any script', 'hdl:20.500.12345/\u0643\u062a\u0627\u0628', '20.500.12345/\u0643\u062a\u0627\u0628'],
  ['spaces of the name stay', '20.500.12345/a b', '20.500.12345/a b'],
  ['percent signs of the name stay', '20.500.12345/100%', '20.500.12345/100%'],
  ['a scheme that is none of ours', 'javascript:alert(1)', 'javascript:alert(1)'],
];

test('every form of an identifier', () => {
  for (const [rule, text, id] of FORMS) assert.equal(normalise(text)?.id, id, rule);
});

test('nothing is nothing', () => {
  for (const text of ['', ' ', '\u200b', '<>', 'doi:']) assert.ok(!normalise(text)?.id.includes('/'), text);
  assert.equal(normalise(''), null);
});

test('what else it may mean', () => {
  assert.deepEqual(normalise('10.1000/182.').others, ['10.1000/182']);
  assert.deepEqual(normalise('10.1000/a%20b').others, ['10.1000/a b']);
  assert.deepEqual(normalise('10.1000/a b').others, ['10.1000/ab']);
  assert.deepEqual(normalise('20.500.12345').others, ['0.NA/20.500.12345']);
});

test('hostile text takes no time', () => {
  const begun = performance.now();
  for (const text of ['('.repeat(100000), '10.'.repeat(50000), 'doi:'.repeat(50000), '/'.repeat(100000), 'https://'.repeat(20000)]) normalise(text);
  assert.ok(performance.now() - begun < 3000);
});

test('paths that a browser would change', () => {
  assert.equal(encodePath('10.1000/a b?#%'), '10.1000/a%20b%3F%23%25');
  assert.equal(encodePath('10.1000/a/b'), '10.1000/a/b');
  assert.equal(encodePath('10.1000/../x'), '10.1000%2F..%2Fx');
  assert.equal(encodePath('10.1000/.'), '10.1000%2F.');
  assert.equal(encodePath('/x'), '%2Fx');
});

test('identities', () => {
  assert.deepEqual(parseIdentity(' 300:0.NA/10.1000 '), { index: 300, handle: '0.NA/10.1000' });
  assert.deepEqual(parseIdentity('300:a:b'), { index: 300, handle: 'a:b' });
  for (const bad of ['', '300', ':x', 'x:y', '99999999999:x', '4294967296:x']) assert.equal(parseIdentity(bad), null, bad);
});
