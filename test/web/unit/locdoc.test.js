// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { destinations, emptyDocument, readDocument } from '../js/locdoc.js';

const MANUAL = `<locations chooseby="locatt,country,weighted">
  <location id="0" href="http://uk.example.com/" country="gb" weight="0"/>
  <location id="1" href="http://www1.example.com/" weight="1"/>
  <location id="2" href="http://www2.example.com/" weight="1" />
</locations>`;
const ODD = `<?xml version="1.0"?>
<!-- all of this -->
<locations x:own='a "b" &amp; c' nshdl="10.SERV/x">text &lt;
  <location href='https://a/?x=1&amp;y=2'	weight="0.5"><extra><location href="inner"/></extra></location>
  <other><![CDATA[<location href="no"/>]]></other><!-- <location href="no"/> -->
  <loc_template href_template="https://b/{hdl}" xml:lang="de"/>
</locations>
<!-- end -->
`;

test('what is not changed stays as it was, to the letter', () => {
  for (const xml of [MANUAL, ODD, '<locations></locations>', '<locations><location/></locations>']) assert.equal(readDocument(xml).text(), xml);
  const odd = readDocument(ODD);
  assert.deepEqual(odd.locations.map((l) => [...l.attributes]), [[['href', 'https://a/?x=1&y=2'], ['weight', '0.5']], [['href_template', 'https://b/{hdl}'], ['xml:lang', 'de']]]);
  odd.locations[0].set('weight', '0.5');
  assert.equal(odd.text(), ODD, 'the same value is no change');
  odd.locations[0].set('weight', '2');
  assert.equal(odd.text(), ODD.replace(`<location href='https://a/?x=1&amp;y=2'	weight="0.5">`, '<location href="https://a/?x=1&amp;y=2" weight="2">'));
  odd.root.set('chooseby', 'weighted');
  assert.match(odd.text(), /<locations x:own="a &quot;b&quot; &amp; c" nshdl="10.SERV\/x" chooseby="weighted">text &lt;\n/);
});

test('add, remove, move', () => {
  const d = readDocument(MANUAL);
  d.move(d.locations[2], -1);
  assert.deepEqual(d.locations.map((l) => l.attributes.get('id')), ['0', '2', '1']);
  d.move(d.locations[0], -1);
  d.move(d.locations[2], 1);
  assert.deepEqual(d.locations.map((l) => l.attributes.get('id')), ['0', '2', '1']);
  d.remove(d.locations[1]);
  const part = d.add();
  part.set('href', 'https://n/?a=1&b="<');
  part.set('empty', '');
  assert.equal(d.text(), MANUAL.split('\n').filter((line) => !line.includes('id="2"')).join('\n').replace('\n</', '\n  <location href="https://n/?a=1&amp;b=&quot;&lt;"/>\n</'));
  const fresh = emptyDocument();
  fresh.add().set('href', 'https://a/');
  fresh.add().set('href', 'https://b/');
  assert.equal(fresh.text(), '<locations>\n  <location href="https://a/"/>\n  <location href="https://b/"/>\n</locations>');
  for (const l of fresh.locations) fresh.remove(l);
  assert.equal(readDocument(fresh.text()).locations.length, 0);
});

test('what is not well-formed, or for a parser only, is no document', () => {
  for (const bad of ['', 'text', '<', '<locations', '<locations>', '<locations/>', '<a></b>', '<a><b></a></b>', '<a b></a>', '<a b=c></a>',
    '<a b="1" b="2"></a>', '<a b="&x;"></a>', '<a>&x;</a>', '<a>& </a>', '<!DOCTYPE a [<!ENTITY x "y">]><a></a>', '<a></a><b></b>', '<a></a>text', 'text<a></a>',
    '<a><!-- </a>', '<a b="<"></a>', '<locations><location></locations>']) assert.equal(readDocument(bad), null, bad);
  const begun = performance.now();
  for (const long of ['<a ' + 'b="c" '.repeat(50000), '<'.repeat(100000), '<!--'.repeat(20000), '<a>'.repeat(30000), '<a><location ' + ' '.repeat(100000)]) assert.equal(readDocument(long), null);
  assert.ok(performance.now() - begun < 4000);
});

test('where visitors go', () => {
  const d = readDocument(MANUAL);
  const to = (visitor, urls = []) => destinations(d, urls, visitor).map((c) => [c.location ? c.location.attributes.get('id') : c.url, c.share]);
  assert.deepEqual(to({ country: 'GB' }), [['0', 1]]);
  assert.deepEqual(to({}), [['1', 0.5], ['2', 0.5]]);
  assert.deepEqual(to({ country: 'de' }), [['1', 0.5], ['2', 0.5]]);
  assert.deepEqual(to({ locatt: 'id:0' }), [['0', 1]]);
  assert.deepEqual(to({ locatt: 'country:us' }), [['1', 0.5], ['2', 0.5]]);
  assert.deepEqual(to({ locatt: 'country', country: 'de' }), [['0', 1]]);
  assert.deepEqual(to({}, ['https://u/']), [['1', 0.5], ['2', 0.5]], 'URL values have the weight 0 beside locations');
  d.root.set('urlWeight', '2');
  assert.deepEqual(to({}, ['https://u/']), [['https://u/', 0.5], ['1', 0.25], ['2', 0.25]]);
  d.root.set('no_legacy', 'yes');
  assert.deepEqual(to({}, ['https://u/']), [['1', 0.5], ['2', 0.5]]);
  for (const l of d.locations) l.set('weight', '-1');
  assert.deepEqual(to({}).map((c) => c[1]), [1 / 3, 1 / 3, 1 / 3]);
  d.locations[1].set('score', '3');
  assert.equal(to({}).length, 3, 'score is none of its steps');
  d.root.set('choose_by', ' Score ,unknown');
  assert.deepEqual(to({}), [['1', 1]]);
  assert.deepEqual(destinations(emptyDocument(), [], {}), []);
  assert.deepEqual(destinations(emptyDocument(), ['https://u/'], {}), [{ location: null, url: 'https://u/', share: 1 }]);
});
