// SPDX-License-Identifier: Apache-2.0
'use strict';
const assert = require('node:assert/strict');
const { visit, visitSignedIn, leave, signIn, checkAccess, checkWidth, picture } = require('./browser.cjs');

const signedIn = (page) => page.getByRole('button', { name: 'Sign out' });
const data = (page, n = 0) => page.locator('.edit-value').nth(n).getByLabel('Data', { exact: true });
const review = (page) => page.getByRole('button', { name: 'Review changes' }).click();
const inDialog = (page, name) => page.locator('dialog').getByRole('button', { name, exact: true }).click();
const told = (page, text) => page.locator('#told').getByText(text).waitFor();

async function open(page, id) {
  await page.locator('#admin-id').fill(id);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('heading', { name: id.slice(id.indexOf('/') + 1) }).waitFor();
}

async function change(page, value) {
  await data(page).fill(value);
  await review(page);
  await inDialog(page, 'Send');
}

async function out(page) {
  await signedIn(page).click();
  await page.getByLabel('Who you are').waitFor();
}

module.exports = {
  async sign_in_with_keys_of_every_form({ keys, identity, passphrase }) {
    const sent = [];
    const page = await visit('/web/admin.html');
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    for (const [file, as] of [[keys.pem, 300], [keys.jwk, 300], [keys.other, 302]]) {
      await signIn(page, { file, identity: `${as}:${identity}` });
      await signedIn(page).waitFor();
      assert.equal(await page.locator('#who bdi').textContent(), `${as}:${identity}`);
      await out(page);
    }
    await signIn(page, { file: keys.sealed });
    await page.getByText('The passphrase is wrong.').waitFor();
    await page.getByLabel('Passphrase of the key').fill(passphrase);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await signedIn(page).waitFor();
    assert.doesNotMatch(sent.join(''), /PRIVATE|"d"/, 'nothing of a key was sent');
    await leave(page);
  },

  async sign_in_with_a_secret({ identity, secret }) {
    const sent = [];
    const page = await visit('/web/admin.html');
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    for (const way of ['Secret key', 'Password']) {
      await page.getByLabel('Who you are').fill(`301:${identity}`);
      await page.getByRole('tab', { name: way }).click();
      await page.getByLabel('Secret key (HS_SECKEY)').locator('visible=true').fill(secret);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await signedIn(page).waitFor();
      assert.doesNotMatch(sent.join(''), new RegExp(secret));
      await out(page);
    }
    await leave(page);
  },

  async refused_and_told_why({ keys, identity }) {
    const page = await visit('/web/admin.html');
    for (const [file, as, text] of [[keys.public, `300:${identity}`, 'public half'], [keys.other, `300:${identity}`, 'It says:'],
      [keys.pem, `300:${identity}-none`, 'It says:'], [keys.pem, 'me', 'This is a number, a colon']]) {
      await signIn(page, { file, identity: as });
      await page.getByText(text).first().waitFor();
      assert.equal(await signedIn(page).isVisible(), false);
      await page.reload();
    }
    await picture(page, 'admin-sign-in');
    await leave(page);
  },

  async plain_http_says_where_to_go({ http }) {
    const page = await visit(http + '/web/admin.html');
    await page.getByText('over plain HTTP').first().waitFor();
    await leave(page);
  },

  async create_edit_undo_delete({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    await open(page, prefix + '/created');
    await data(page).fill('not an address');
    await review(page);
    await page.getByText('This is not a whole address').waitFor();
    await data(page).fill('https://example.org/created');
    await page.getByRole('button', { name: 'E-mail' }).click();
    await data(page, 2).fill('someone@example.org');
    await review(page);
    await picture(page, 'admin-review', false);
    await checkAccess(page, 'dialog');
    await inDialog(page, 'Create');
    await told(page, 'was created');

    await change(page, 'https://example.org/changed');
    await told(page, '1 value was changed');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.locator('dialog .old').getByText('https://example.org/changed').waitFor();
    await inDialog(page, 'Undo');
    await told(page, 'as it was before');
    assert.equal(await data(page).inputValue(), 'https://example.org/created');

    await page.locator('.edit-value').nth(1).getByRole('button', { name: 'Remove', exact: true }).click();
    await change(page, 'https://example.org/both');
    await told(page, '2 values were changed');
    assert.equal(await page.locator('.edit-value').count(), 2);

    await page.getByRole('button', { name: 'Delete' }).click();
    await inDialog(page, 'Delete');
    await told(page, 'was deleted');
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await inDialog(page, 'Undo');
    await told(page, 'as it was before');
    assert.equal(await data(page).inputValue(), 'https://example.org/both');
    await leave(page);
  },

  async undo_after_a_reload({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    await open(page, prefix + '/again');
    await data(page).fill('https://example.org/first');
    await review(page);
    await inDialog(page, 'Create');
    await told(page, 'was created');
    await change(page, 'https://example.org/second');
    await told(page, '1 value was changed');
    await page.reload();
    const entry = page.getByRole('button', { name: `Undo: ${prefix}/again, 1 value changed` });
    await entry.click();
    await page.locator('dialog .old').getByText('https://example.org/second').waitFor();
    await page.locator('dialog .new').getByText('https://example.org/first').waitFor();
    await checkAccess(page, 'undo');
    await picture(page, 'admin-undo', false);
    await inDialog(page, 'Undo');
    await told(page, 'as it was before');
    assert.equal(await data(page).inputValue(), 'https://example.org/first');
    await entry.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: `Undo: ${prefix}/again, created` }).waitFor();

    // What holds a secret is not kept, and nothing outlives the session.
    await page.getByRole('button', { name: 'Other' }).click();
    await page.locator('.edit-value').nth(2).getByLabel('Type').fill('HS_SECKEY');
    await data(page, 2).fill('not for the store');
    await review(page);
    await inDialog(page, 'Send');
    await told(page, '1 value was changed');
    const kept = () => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
    assert.match(await kept(), /ansa\.undo/);
    assert.doesNotMatch(await kept(), /not for the store/);
    await out(page);
    assert.doesNotMatch(await kept(), /ansa\.undo|example\.org/);
    await leave(page);
  },

  async one_request_for_a_change_and_the_unseen_stays({ prefix, identity }) {
    const page = await visitSignedIn('/web/admin.html');
    const id = prefix + '/one-request';
    const ask = (method, query, values) => page.evaluate(async ([path, verb, list]) => {
      const { sessionId } = JSON.parse(sessionStorage.getItem('ansa.session'));
      const response = await fetch(path, { method: verb, headers: { Authorization: `Handle sessionId="${sessionId}"`, 'Content-Type': 'application/json' },
        body: list && JSON.stringify({ values: list }) });
      return { status: response.status, body: await response.json() };
    }, ['/api/handles/' + id + query, method, values]);
    const text = (index, value, permissions = '1110') => ({ index, type: 'DESC', permissions, data: { format: 'string', value } });
    const [index, ...rest] = `300:${identity}`.split(':');
    const admin = { index: 100, type: 'HS_ADMIN', data: { format: 'admin', value: { index: Number(index), handle: rest.join(':'), permissions: '111111111111' } } };
    assert.equal((await ask('PUT', '', [text(1, 'one'), text(2, 'two'), text(3, 'unseen', '0100'), admin])).status, 201);
    await open(page, id);
    assert.equal(await page.locator('.edit-value').count(), 3);
    const sent = [];
    page.on('request', (request) => request.method() !== 'GET' && sent.push([request.method(), new URL(request.url()).search, request.headers()['if-match'] ?? '']));
    await page.locator('.edit-value').nth(1).getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: 'E-mail' }).click();
    await data(page, 2).fill('someone@example.org');
    await page.locator('.edit-value').nth(2).getByLabel('Index').fill('7');
    await change(page, 'changed');
    await told(page, '3 values were changed');
    assert.equal(sent.length, 1, JSON.stringify(sent));
    assert.equal(sent[0][0], 'PUT');
    assert.match(sent[0][1], /remove=2/);
    assert.match(sent[0][2], /^"[0-9a-f]{16}"$/);
    const { body } = await ask('GET', '');
    assert.deepEqual(body.values.map((v) => v.index), [1, 7, 100]);
    assert.equal((await ask('DELETE', '?index=3')).status, 200, 'what this administrator cannot read is still there');
    await leave(page);
  },

  async nothing_is_sent_without_a_look({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    await open(page, prefix + '/delete-me');
    const sent = [];
    page.on('request', (request) => request.method() !== 'GET' && sent.push(request.url()));
    await review(page);
    await told(page, 'Nothing is different');
    await data(page).fill('https://example.org/other');
    await review(page);
    await inDialog(page, 'Cancel');
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.keyboard.press('Escape');
    assert.deepEqual(sent, []);
    await leave(page);
  },

  async two_editors({ prefix }) {
    const mine = await visitSignedIn('/web/admin.html');
    const theirs = await visitSignedIn('/web/admin.html');
    await open(mine, prefix + '/edit-me');
    await open(theirs, prefix + '/edit-me');
    await change(theirs, 'https://example.org/theirs');
    await told(theirs, '1 value was changed');
    await change(mine, 'https://example.org/mine');
    await told(mine, 'Somebody was faster');
    await told(mine, 'Both of you changed: 1.');
    await mine.locator('#told .new').getByText('https://example.org/theirs').waitFor();
    await mine.locator('#told .new').getByText('https://example.org/mine').waitFor();
    await picture(mine, 'admin-conflict');
    await mine.getByRole('button', { name: 'Make my changes to their version' }).click();
    await told(mine, 'their version with your changes');
    await review(mine);
    await mine.locator('dialog .old').getByText('https://example.org/theirs').waitFor();
    await inDialog(mine, 'Send');
    await told(mine, '1 value was changed');
    await leave(mine);
    await leave(theirs);
  },

  async forms_by_type({ prefix, identity }) {
    const page = await visitSignedIn(`/web/admin.html#/${prefix}/forms`);
    await page.getByRole('heading', { name: 'forms' }).waitFor();
    await data(page).fill('https://example.org/');
    const admin = page.locator('.edit-value').nth(1);
    assert.equal(await admin.getByRole('textbox', { name: 'Administrator' }).inputValue(), '300:' + identity);
    await admin.getByLabel('list identifiers').check();
    await admin.getByLabel('delete identifiers').uncheck();
    await admin.getByText('Time to live, permissions').click();
    await admin.getByLabel('Everyone may read it').uncheck();
    await admin.getByLabel('Time to live', { exact: true }).fill('3600');
    await page.getByRole('button', { name: 'Locations' }).click();
    await page.getByLabel('Address', { exact: true }).fill('https://example.org/a');
    await page.getByRole('button', { name: 'Other' }).click();
    const other = page.locator('.edit-value').nth(3);
    await other.getByLabel('Type').fill('DATA');
    await other.getByText('Time to live, permissions').click();
    await other.getByLabel('Edit the data as JSON').check();
    await other.getByRole('textbox', { name: 'Data as JSON' }).fill('{"format":"hex","value":"00ff"}');
    await picture(page, 'admin-edit');
    await checkAccess(page, 'editor');
    await review(page);
    await inDialog(page, 'Create');
    await told(page, 'was created');
    const { values } = await page.evaluate(async (id) => {
      const { sessionId } = JSON.parse(sessionStorage.getItem('ansa.session'));
      return (await fetch('/api/handles/' + id, { headers: { Authorization: `Handle sessionId="${sessionId}"` } })).json();
    }, prefix + '/forms');
    const by = Object.fromEntries(values.map((v) => [v.type, v]));
    assert.equal(by.HS_ADMIN.data.value.permissions, '111111110001');
    assert.equal(by.HS_ADMIN.permissions, '1100');
    assert.equal(by.HS_ADMIN.ttl, 3600);
    assert.equal(by.DATA.data.value, 'AP8=');
    assert.match(by['10320/loc'].data.value, /example\.org\/a/);
    await leave(page);
  },

  async a_name_that_the_server_completes({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    await page.locator('#admin-id').fill(prefix + '/');
    await page.getByRole('button', { name: 'Open' }).click();
    await data(page).fill('https://example.org/minted');
    assert.equal(await page.getByLabel('Let the server complete the name').isChecked(), true);
    await review(page);
    await inDialog(page, 'Create');
    await told(page, 'was created');
    assert.match(await page.locator('#admin-id').inputValue(), /^[^/]+\/./);
    await leave(page);
  },

  async hostile_values_in_the_form({ prefix }) {
    const page = await visitSignedIn(`/web/admin.html#/${prefix}/hostile`);
    await page.locator('.edit-value').nth(13).waitFor();
    const made = await page.evaluate(() => document.querySelectorAll('#work script, #work img, #work svg, #work [onerror]').length);
    assert.equal(made, 0);
    await page.locator('.edit-value').nth(1).getByRole('button', { name: 'Remove', exact: true }).click();
    await page.locator('.edit-value').first().getByLabel('Data', { exact: true }).fill('https://example.org/<script>owned()</script>');
    await review(page);
    await page.getByText('it is told where').waitFor(); // its site and list are not what they say they are
    await checkWidth(page, 'hostile form');
    await leave(page);
  },
};
