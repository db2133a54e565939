// SPDX-License-Identifier: Apache-2.0
'use strict';
const assert = require('node:assert/strict');
const { visit, leave, checkWidth, picture } = require('./browser.cjs');

const record = (page) => page.getByRole('heading', { name: 'REPORT-2026' });

module.exports = {
  async every_form_of_an_identifier({ prefix }) {
    const page = await visit('/');
    for (const form of [`${prefix}/REPORT-2026`, ` hdl:${prefix}/REPORT-2026 `, `<doi:${prefix}/REPORT-2026>`,
      `https://hdl.handle.net/${prefix}/REPORT-2026?noredirect`, `${prefix}%2FREPORT-2026`]) {
      await page.goto('about:blank');
      await page.goBack();
      await page.getByLabel('Identifier').fill(form);
      await page.keyboard.press('Enter');
      await record(page).waitFor();
      assert.equal(new URL(page.url()).hash, `#/${prefix}/REPORT-2026`);
    }
    await leave(page);
  },

  async a_record_that_a_person_understands({ prefix }) {
    const page = await visit(`/#/${prefix}/REPORT-2026`);
    await record(page).waitFor();
    await page.getByRole('link', { name: 'https://repository.example.org/records/report-2026' }).first().waitFor();
    await page.getByRole('columnheader', { name: 'Weight' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'https://mirror.example.net/r/2026?a=1&b=2' }).getAttribute('href'), 'https://mirror.example.net/r/2026?a=1&b=2');
    assert.equal(await page.getByRole('link', { name: 'repository@example.org' }).getAttribute('href'), 'mailto:repository@example.org');
    await page.getByText('create identifiers').waitFor();
    await page.getByText('may be cached for 1 day').first().waitFor();
    await page.getByRole('img', { name: 'QR code' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Follow the link' }).getAttribute('href'), `/${prefix}/REPORT-2026`);
    assert.equal(await page.title(), `${prefix}/REPORT-2026 - Ansa`);
    await checkWidth(page, 'record');
    await leave(page);
  },

  async sites_and_keys({ prefix }) {
    const page = await visit(`/#/0.NA/${prefix}`);
    await page.getByText('Primary site').waitFor();
    await page.getByText('127.0.0.1', { exact: true }).first().waitFor();
    await page.getByText('RSA key, 2048 bits').waitFor();
    await page.getByText('Ed25519 key, 256 bits').waitFor();
    await page.getByText('National library', { exact: true }).waitFor();
    const body = await page.textContent('#result');
    assert.doesNotMatch(body, /correct horse/, 'a secret key is not public');
    await leave(page);
  },

  async raw_forms_are_one_click_away({ prefix }) {
    const page = await visit(`/#/${prefix}/REPORT-2026`);
    await record(page).waitFor();
    await page.locator('.value summary', { hasText: 'Raw' }).first().click();
    await page.locator('.raw.hex').first().waitFor();
    assert.match(await page.locator('.raw.hex').first().textContent(), /^000000 {2}68 74 74 70 73/);
    await page.getByText('The record as JSON').click();
    const json = await page.locator('.side pre').textContent();
    assert.equal(JSON.parse(json).handle, `${prefix}/REPORT-2026`);
    await leave(page);
  },

  async copies({ prefix, https }) {
    const page = await visit(`/#/${prefix}/REPORT-2026`, { permissions: ['clipboard-read', 'clipboard-write'] });
    await record(page).waitFor();
    const copy = async (name) => {
      await page.locator('.copies').getByRole('button', { name, exact: true }).click();
      await page.locator('#announcer', { hasText: 'Copied: ' + name }).waitFor({ state: 'attached' });
      return page.evaluate(() => navigator.clipboard.readText());
    };
    assert.equal(await copy('Identifier'), `${prefix}/REPORT-2026`);
    assert.equal(await copy('curl'), `curl '${https}/api/handles/${prefix}/REPORT-2026'`);
    assert.equal(await copy('Link'), `${https}/${prefix}/REPORT-2026`);
    assert.match(await copy('BibTeX'), /^@misc\{[^]*title = \{Annual report of the national library, 2026\}/);
    assert.equal(JSON.parse(await copy('JSON')).responseCode, 1);
    await leave(page);
  },

  async links_into_the_page_and_the_way_back({ prefix }) {
    const page = await visit(`/?q=hdl:${prefix}/REPORT-2026`);
    await record(page).waitFor();
    await page.getByRole('link', { name: `0.NA/${prefix}` }).first().click();
    await page.getByText('Primary site').waitFor();
    await page.goBack();
    await record(page).waitFor();
    await page.goBack().catch(() => {});
    await leave(page);
  },

  async what_is_not_there({ prefix }) {
    const page = await visit('/');
    await page.getByLabel('Identifier').fill(`${prefix}/REPORT-2026.`);
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByRole('heading', { name: 'was not found' }).waitFor();
    await picture(page, 'lookup-missing');
    await page.getByRole('link', { name: `${prefix}/REPORT-2026`, exact: true }).click();
    await record(page).waitFor();
    await leave(page);
  },

  async hostile_values_stay_text({ prefix }) {
    const page = await visit('/');
    await page.evaluate(() => {
      window.owned = () => { throw new Error('owned'); };
    });
    for (const id of [`${prefix}/hostile`, `${prefix}/"><img src=x onerror=owned()>`]) {
      await page.getByLabel('Identifier').fill(id);
      await page.keyboard.press('Enter');
      await page.locator('.values .value').first().waitFor();
      for (const summary of await page.locator('.value summary').all()) await summary.click();
      const bad = await page.evaluate(() => ({
        made: document.querySelectorAll('#result script, #result img, #result iframe, #result [onerror], #result [onload], #result [onmouseover], #result style').length,
        links: [...document.querySelectorAll('#result a')].map((a) => a.href).filter((h) => !/^(https:|mailto:)/.test(h)),
        elsewhere: [...document.querySelectorAll('#result a')].map((a) => a.getAttribute('href')).filter((h) => h.startsWith('//')),
        bidi: /[\u202e\u2066\u200b]/.test([...document.querySelectorAll('.value-data')].map((n) => n.textContent).join('')),
        polluted: {}.x === 1 || {}.owned === 1,
      }));
      assert.deepEqual(bad, { made: 0, links: [], elsewhere: [], bidi: false, polluted: false });
      await checkWidth(page, id);
    }
    assert.doesNotMatch(await page.title(), /^owned$/);
    await page.goto(page.url().replace(/#.*/, `#/${prefix}/hostile`));
    await page.getByText('U+202E').first().waitFor();
    assert.equal(await page.getByRole('link', { name: 'Follow the link' }).count(), 1, 'one of its URLs can be followed');
    await picture(page, 'lookup-hostile');
    await leave(page);
  },

  async without_javascript({ prefix }) {
    const page = await visit('/', { javaScriptEnabled: false });
    await page.locator('#q').fill(`${prefix}/REPORT-2026`);
    await page.locator('#ask button').click();
    await page.getByRole('heading', { name: 'REPORT-2026' }).waitFor();
    assert.equal(await page.locator('table').count() > 0, true);
    await picture(page, 'resolver-record');
    await page.goto(page.url().replace('REPORT-2026', 'nothing'));
    await page.getByRole('heading', { name: 'Not Found' }).waitFor();
    await picture(page, 'resolver-missing');
    await leave(page);
  },
};
