// SPDX-License-Identifier: Apache-2.0
'use strict';
const assert = require('node:assert/strict');
const { visitSignedIn, leave, signIn, checkAccess, picture } = require('./browser.cjs');

const TAB = { name: 'A table of records' };

function table(prefix, count) {
  const rows = Array.from({ length: count }, (_, i) => `${prefix}/up.${i}\thttps://example.org/up/${i}\t<b>title</b> ${i}`);
  return ['handle\turl\ttitle', ...rows, '\thttps://example.org/none\tx', `${prefix}/up.0\thttps://example.org/again\tx`].join('\n') + '\n';
}

async function choose(page, name, text) {
  await page.getByRole('tab', TAB).click();
  await page.getByLabel('Table', { exact: true }).setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
}

module.exports = {
  async a_table_with_mistakes({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    await choose(page, 'records.tsv', table(prefix, 2500));
    await page.getByText('2,500 records are ready').waitFor();
    await page.getByText('2 lines are left out').waitFor();
    await page.getByText('The identifier is in line 2 already.').waitFor();
    await page.getByText('There is no identifier.').waitFor();
    assert.equal(await page.getByLabel('Meaning of url').inputValue(), 'URL');
    await page.getByLabel('Meaning of title').selectOption('DESC');
    await picture(page, 'admin-upload');
    await checkAccess(page, 'preview');
    await page.getByRole('button', { name: 'Send them' }).click();
    await page.getByText('Done: the server took 2,500 records.').first().waitFor({ timeout: 60000 });
    const body = await page.evaluate(async (id) => (await fetch('/api/handles/' + id)).json(), prefix + '/up.2499');
    assert.deepEqual(body.values.filter((v) => v.index < 100).map((v) => [v.type, v.data.value]), [['URL', 'https://example.org/up/2499'], ['DESC', '<b>title</b> 2499']]);
    await leave(page);
  },

  async refusals_are_told_by_line({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    await choose(page, 'records.jsonl', [`${prefix}/REPORT-2026`, `${prefix}/line.1`, '10.999999/elsewhere'].map((handle) =>
      JSON.stringify({ handle, values: [{ index: 1, type: 'URL', data: 'https://example.org/' }] })).join('\n'));
    await page.getByRole('button', { name: 'Send them' }).click();
    await page.getByText('2 were refused.').waitFor();
    await page.getByText('The identifier exists already.').first().waitFor();
    await picture(page, 'admin-upload-refused');
    await leave(page);
  },

  async cut_off_and_gone_on({ prefix }) {
    const page = await visitSignedIn('/web/admin.html');
    const keys = [];
    await page.route('**/api/batch', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length !== 2) return route.continue();
      await route.fetch(); // the server has done it, but its answer is lost
      return route.abort();
    });
    await choose(page, 'records.csv', Array.from({ length: 2500 }, (_, i) => `${prefix}/cut.${i},https://example.org/${i}`).join('\n'));
    await page.getByRole('button', { name: 'Send them' }).click();
    await page.getByText('nothing is done twice').waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Done: the server took 2,500 records.').first().waitFor();
    assert.equal(keys.length, 4);
    assert.equal(keys[1], keys[2], 'a piece is sent again under its key');
    assert.equal(new Set(keys).size, 3);
    assert.equal(await page.getByText('refused').count(), 0, 'nothing was created twice');
    await leave(page);
  },

  async page_closed_and_gone_on_in_another({ prefix, https }) {
    const rows = Array.from({ length: 2500 }, (_, i) => (i === 7 ? `${prefix}/REPORT-2026` : `${prefix}/later.${i}`) + `,https://example.org/${i}`).join('\n');
    const keys = [];
    const first = await visitSignedIn('/web/admin.html');
    const context = first.context();
    await context.route('**/api/batch', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length !== 2) return route.continue();
      await route.fetch(); // the server has done the second piece, and nobody hears of it
      return route.abort();
    });
    await choose(first, 'records.csv', rows);
    await first.getByRole('button', { name: 'Send them' }).click();
    await first.getByText('nothing is done twice').waitFor();
    const session = await first.evaluate(() => JSON.parse(sessionStorage.getItem('ansa.session')).sessionId);
    const kept = await first.evaluate(() => JSON.stringify(localStorage));
    assert.match(kept, /records\.csv/);
    assert.ok(!kept.includes(session) && !kept.includes('example.org/3'), 'neither secrets nor records are kept');
    await first.close();

    const page = await context.newPage();
    page.troubles = first.troubles;
    await page.goto(https + '/web/admin.html');
    await signIn(page);
    await page.getByRole('tab', TAB).click();
    await page.getByText('Not finished: records.csv, 1,000 of 2,500 records').waitFor();
    await choose(page, 'other.csv', rows.replace('/0', '/9'));
    await page.getByText('2,500 records are ready').waitFor();
    await choose(page, 'the-same.csv', rows);
    await page.getByText('1,000 of 2,500 records were answered').waitFor();
    await checkAccess(page, 'resume');
    await picture(page, 'admin-upload-resume');
    await page.getByRole('button', { name: 'Go on from there' }).click();
    await page.getByText('Done: the server took 2,499 records.').first().waitFor({ timeout: 60000 });
    await page.getByText('1 was refused.').first().waitFor();
    await page.getByText(`${prefix}/REPORT-2026`).first().waitFor();
    assert.equal(keys.length, 4);
    assert.equal(keys[1], keys[2], 'the piece that nobody heard of is asked for again');
    assert.doesNotMatch(await page.evaluate(() => JSON.stringify(localStorage)), /records\.csv/);
    await leave(page);
  },
};
