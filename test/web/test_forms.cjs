// SPDX-License-Identifier: Apache-2.0
// Values edited by what they mean: locations, administrators, keys, sites.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { visitSignedIn, leave, checkAccess, checkWidth, picture, focused } = require('./browser.cjs');

const PHONE = { width: 390, height: 844 };
const XML = `<locations chooseby="locatt,country,weighted" ours="kept">
  <!-- the mirrors -->
  <location id="0" href="https://uk.example.org/" country="gb" weight="0" cr_type="x&amp;y"><note>kept</note></location>
  <location id="1" href="https://one.example.org/" weight="1"/>
</locations>`;

const row = (page, n) => page.locator('.locrows > li').nth(n - 1);
const value = (page, n) => page.locator('.edit-value').nth(n);
const destinations = (page) => page.locator('.destinations li').allTextContents();

async function withRecord(page, id, values) {
  await page.evaluate(async ([path, list]) => {
    const { sessionId } = JSON.parse(sessionStorage.getItem('ansa.session'));
    await fetch(path, { method: 'PUT', headers: { Authorization: `Handle sessionId="${sessionId}"`, 'Content-Type': 'application/json' }, body: JSON.stringify({ values: list }) });
  }, ['/api/handles/' + id, values]);
  await page.locator('#admin-id').fill(id);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.locator('.edit-value').first().waitFor();
}

async function add(page, kind) {
  await page.locator('.new-kinds').getByRole('button', { name: kind }).click();
}

async function sent(page) {
  await page.locator('#record .sticky button.primary').click();
  await page.locator('dialog button.primary').click();
  await page.locator('#told .note.good').waitFor();
}

const stored = (page, id, type) => page.evaluate(async ([path, wanted]) => {
  const { values } = await (await fetch('/api/handles/' + path)).json();
  return values.filter((v) => v.type === wanted).map((v) => v.data.value);
}, [id, type]);

const admin = (identity) => ({ index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { handle: identity, index: 300, permissions: '111111111111' } } });

module.exports = {
  async locations_as_rows({ prefix, identity }) {
    const page = await visitSignedIn('/web/admin.html');
    const id = prefix + '/locations';
    await withRecord(page, id, [{ index: 1, type: 'URL', data: 'https://plain.example.org/' }, { index: 2, type: '10320/loc', data: XML }, admin(identity)]);
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText('Nothing is different').waitFor();
    assert.equal(await row(page, 1).getByLabel('Address').inputValue(), 'https://uk.example.org/');
    assert.equal(await row(page, 1).getByLabel('Value of cr_type').inputValue(), 'x&y');

    await page.getByRole('button', { name: 'Add a location' }).click();
    assert.equal(await focused(page), 'Address');
    await page.keyboard.type('https://two.example.org/?a=1&b="2"');
    await row(page, 3).getByLabel('Weight').fill('3');
    await row(page, 3).getByText('Further attributes').click();
    await row(page, 3).getByRole('button', { name: 'Add an attribute' }).click();
    await page.keyboard.type('id');
    await page.keyboard.press('Tab');
    await page.keyboard.type('2');
    assert.deepEqual(await destinations(page), ['75\u202f% https://two.example.org/?a=1&b="2"', '25\u202f% https://one.example.org/']);
    await page.getByLabel('Visitor\u2019s country').fill('GB');
    assert.deepEqual(await destinations(page), ['always https://uk.example.org/']);
    await page.getByLabel('Asked for (locatt)').fill('id:2');
    assert.deepEqual(await destinations(page), ['always https://two.example.org/?a=1&b="2"']);
    await checkAccess(page, 'locations');
    await picture(page, 'forms-locations');
    await page.setViewportSize({ width: 1120, height: 1090 });
    await row(page, 2).evaluate((node) => node.scrollIntoView({ block: 'start' }));
    await picture(page, 'forms-locations-part', false);

    await page.getByRole('button', { name: 'Move location 3 up' }).focus();
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'Move location 2 up', 'the focus goes along');
    await page.locator('#announcer').getByText('It is location 2 of 3 now.').waitFor();
    await page.getByRole('button', { name: 'Remove location 3' }).click();
    await page.getByLabel('Visitor\u2019s country').fill('');
    await page.getByLabel('Asked for (locatt)').fill('');
    await page.getByLabel('Edit as XML').check();
    const xml = `<locations chooseby="locatt,country,weighted" ours="kept">
  <!-- the mirrors -->
  <location id="0" href="https://uk.example.org/" country="gb" weight="0" cr_type="x&amp;y"><note>kept</note></location>
  <location href="https://two.example.org/?a=1&amp;b=&quot;2&quot;" weight="3" id="2"/>
</locations>`;
    assert.equal(await page.getByLabel('XML of the locations').inputValue(), xml);
    await page.getByLabel('XML of the locations').fill('<locations><');
    await page.getByLabel('Edit as XML').click();
    await page.getByText('This XML is not well-formed').first().waitFor();
    await page.getByLabel('XML of the locations').fill(xml);
    await page.getByLabel('Edit as XML').uncheck();
    assert.equal(await row(page, 2).getByLabel('Weight').inputValue(), '3');
    await sent(page);
    assert.deepEqual(await stored(page, id, '10320/loc'), [xml]);
    const led = await page.evaluate(async (path) => (await fetch('/' + path + '?locatt=id:0', { redirect: 'manual' })).type, id);
    assert.equal(led, 'opaqueredirect');
    await leave(page);
  },

  async locations_that_cannot_be_right({ prefix }) {
    const page = await visitSignedIn(`/web/admin.html#/${prefix}/bad-locations`, { viewport: PHONE });
    await page.locator('.edit-value').first().waitFor();
    await value(page, 0).getByLabel('Data', { exact: true }).fill('https://example.org/');
    await add(page, 'Locations');
    for (const [label, wrong, text, right] of [['Address', 'nowhere', 'This is not a whole address', 'https://example.org/'], ['Weight', 'heavy', 'A weight is a number', '1'],
      ['Country', 'Germany', 'A country is two letters', 'de']]) {
      await row(page, 1).getByLabel(label).fill(wrong);
      await page.getByRole('button', { name: 'Review changes' }).click();
      await page.getByText(text).waitFor();
      assert.equal(await focused(page), label);
      await row(page, 1).getByLabel(label).fill(right);
    }
    await checkWidth(page, 'phone');
    await checkAccess(page, 'phone');
    await picture(page, 'forms-locations-phone');
    await leave(page);
  },

  async references_are_checked({ prefix, identity }) {
    const page = await visitSignedIn(`/web/admin.html#/${prefix}/references`);
    await page.locator('.edit-value').first().waitFor();
    const who = page.getByRole('textbox', { name: 'Administrator' });
    for (const [text, told] of [[`300:${identity}`, 'Found: Public key, RSA key, 2048 bits.'], [`302:${identity}`, 'Found: Public key, Ed25519 key, 256 bits.'],
      [`200:${identity}`, 'Found: Administrator group.'], [`100:${identity}`, 'which nobody can sign in with'], [`77:${identity}`, 'shows no value 77'],
      [`300:${prefix}/nothing-there`, 'There is no identifier'], [`0:${identity}`, 'Any key of']]) {
      await who.fill(text);
      await who.blur();
      await page.locator('.checked').getByText(told).waitFor();
    }
    await add(page, 'Other');
    await value(page, 2).getByLabel('Type').fill('HS_VLIST');
    await value(page, 2).getByLabel('Type').blur();
    await page.getByLabel('Members').fill(`300:${identity}\n9:${identity}`);
    await page.getByLabel('Members').blur();
    await value(page, 2).getByText('shows no value 9').waitFor();
    await picture(page, 'forms-references');
    await checkAccess(page, 'references');
    await leave(page);
  },

  async keys_as_people_have_them({ prefix, keys }) {
    const page = await visitSignedIn(`/web/admin.html#/${prefix}/keys`);
    await page.locator('.edit-value').first().waitFor();
    await value(page, 0).getByLabel('Data', { exact: true }).fill('https://example.org/');
    await add(page, 'Public key');
    const key = page.getByRole('textbox', { name: 'Public key' });
    await page.getByLabel('Or its file').setInputFiles(keys.public);
    await value(page, 2).getByText('RSA key, 2048 bits').waitFor();
    const jwk = JSON.parse(fs.readFileSync(keys.jwk, 'utf8'));
    await key.fill('nonsense');
    await page.getByText('This is no public key').waitFor();
    await page.getByLabel('Or its file').setInputFiles(keys.pem);
    await page.getByText('That was a private key').waitFor();
    assert.equal(await key.inputValue(), '', 'a private key does not stay in the page');
    await page.getByLabel('Or its file').setInputFiles(keys.jwk);
    await value(page, 2).getByText('RSA key, 2048 bits').waitFor();
    assert.doesNotMatch(await key.inputValue(), /"d"/);
    await picture(page, 'forms-key');
    await checkAccess(page, 'key');
    await sent(page);
    assert.deepEqual(await stored(page, prefix + '/keys', 'HS_PUBKEY'), [{ kty: 'RSA', n: jwk.n, e: jwk.e }]);
    await leave(page);
  },

  async a_site_as_servers({ prefix, identity }) {
    const page = await visitSignedIn('/web/admin.html');
    const id = prefix + '/site';
    const [site] = await stored(page, identity, 'HS_SITE');
    await withRecord(page, id, [{ index: 1, type: 'HS_SITE', data: { format: 'site', value: site } }, admin(identity)]);
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText('Nothing is different').waitFor();
    await page.getByLabel('Serial number').fill('x');
    await page.getByLabel('IP address').fill('999.1.1.1');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText('An IPv4 or IPv6 address.').waitFor();
    await page.getByText('A whole number from 0 to 65535.').waitFor();
    assert.equal(await focused(page), 'Serial number');
    await page.getByLabel('Serial number').fill('7');
    await page.getByLabel('IP address').fill('2001:db8::1');
    await page.getByRole('button', { name: 'Add an interface' }).click();
    assert.equal(await focused(page), 'Protocol');
    await page.locator('.interface').last().getByLabel('Protocol').selectOption('HTTPS');
    await page.locator('.interface').last().getByLabel('Port').fill('443');
    await checkAccess(page, 'site');
    await picture(page, 'forms-site');
    await sent(page);
    const [now] = await stored(page, id, 'HS_SITE');
    assert.equal(now.serialNumber, 7);
    assert.match(now.servers[0].address, /^2001:db8:/);
    assert.deepEqual(now.servers[0].publicKey, site.servers[0].publicKey);
    assert.deepEqual(now.servers[0].interfaces.at(-1), { query: true, admin: false, protocol: 'HTTPS', port: 443 });
    assert.deepEqual(now.attributes, site.attributes);
    await leave(page);
  },

  async mail_has_an_at({ prefix }) {
    const page = await visitSignedIn(`/web/admin.html#/${prefix}/mail`);
    await page.locator('.edit-value').first().waitFor();
    await value(page, 0).getByLabel('Data', { exact: true }).fill('https://example.org/');
    await add(page, 'E-mail');
    await value(page, 2).getByLabel('Data', { exact: true }).fill('library.example.org');
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByText('This is no e-mail address.').waitFor();
    await value(page, 2).getByLabel('Data', { exact: true }).fill('library@example.org');
    await sent(page);
    assert.deepEqual(await stored(page, prefix + '/mail', 'EMAIL'), ['library@example.org']);
    await leave(page);
  },

  async two_thousand_values({ prefix, identity }) {
    const page = await visitSignedIn('/web/admin.html');
    const many = Array.from({ length: 2000 }, (_, i) => ({ index: i + 200, type: 'DESC', data: 'value ' + i }));
    const begun = Date.now();
    await withRecord(page, prefix + '/many', [admin(identity), ...many]);
    await value(page, 2000).waitFor();
    await value(page, 1000).getByLabel('Data', { exact: true }).fill('other');
    await sent(page);
    const ms = Date.now() - begun;
    assert.ok(ms < 20000, ms + ' ms');
    assert.equal((await stored(page, prefix + '/many', 'DESC'))[999], 'other');
    await leave(page);
  },
};
