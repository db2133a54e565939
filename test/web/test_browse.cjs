// SPDX-License-Identifier: Apache-2.0
'use strict';
const assert = require('node:assert/strict');
const { visit, visitSignedIn, leave, picture } = require('./browser.cjs');

const MANY = 500000;
const FRAME_MS_MAX = 250; // on a busy machine; a page that makes all rows takes seconds
const counted = (page) => page.locator('main p[role=status]');
const list = (page) => page.getByRole('listbox', { name: 'Identifiers' });

module.exports = {
  async only_for_administrators() {
    const page = await visit('/web/browse.html');
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await leave(page);
  },

  async prefixes_identifiers_filter({ prefix }) {
    const page = await visitSignedIn('/web/browse.html');
    await page.getByRole('button', { name: prefix, exact: true }).waitFor();
    await counted(page).getByText(/^2,5\d\d identifiers$/).waitFor();
    await page.getByLabel('Filter').fill('ITEM.24');
    await counted(page).getByText(/^100 of 2,5\d\d identifiers$/).waitFor();
    await picture(page, 'browse-filter');
    await page.getByLabel('Filter').fill('report');
    await page.getByRole('option', { name: 'REPORT-2026' }).click();
    await page.getByRole('heading', { name: 'REPORT-2026' }).waitFor();
    await leave(page);
  },

  async keys({ prefix }) {
    const page = await visitSignedIn(`/web/browse.html#/${prefix}`);
    await counted(page).getByText(/^2,5\d\d identifiers$/).waitFor();
    await list(page).focus();
    const current = async () => Number(await page.locator('[role=option][aria-selected=true]').getAttribute('aria-posinset'));
    const last = Number(await page.getByRole('option').first().getAttribute('aria-setsize'));
    await page.keyboard.press('End');
    assert.equal(await current(), last);
    await page.keyboard.press('Home');
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
    assert.equal(await current(), 4);
    await page.keyboard.press('PageDown');
    assert.ok(await current() > 8);
    assert.equal(await page.evaluate(() => {
      const active = document.getElementById(document.activeElement.getAttribute('aria-activedescendant'));
      const [a, b] = [active.getBoundingClientRect(), document.activeElement.getBoundingClientRect()];
      return active.getAttribute('aria-selected') === 'true' && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
    }), true, 'the current row is in view');
    await page.keyboard.press('Enter');
    await page.locator('#record-title').waitFor();
    await leave(page);
  },

  async half_a_million_stay_smooth() {
    const page = await visitSignedIn('/web/admin.html');
    const body = Array.from({ length: MANY }, (_, i) => `{"handle":"10.1016/j.item.${String(i).padStart(6, '0')}"}\n`).join('');
    await page.route('**/api/handles?*', (route) => route.fulfill({ contentType: 'application/jsonl', body }));
    await page.goto(page.url().replace('admin.html', 'browse.html#/10.1016'));
    await counted(page).getByText('500,000 identifiers', { exact: true }).waitFor({ timeout: 60000 });
    const seen = await page.evaluate(async () => {
      const box = document.querySelector('[role=listbox]');
      const frame = () => new Promise((resolve) => {
        requestAnimationFrame(resolve);
      });
      const frames = [];
      let rows = 0;
      for (let i = 0; i <= 60; i++) {
        const before = performance.now();
        box.scrollTop = (box.scrollHeight * i) / 60;
        await frame();
        await frame();
        frames.push(performance.now() - before);
        rows = Math.max(rows, box.querySelectorAll('[role=option]').length);
      }
      const visible = () => [...box.querySelectorAll('[role=option]')].filter((r) => r.getBoundingClientRect().bottom <= box.getBoundingClientRect().bottom + 1);
      const lastRow = visible().pop().textContent;
      box.scrollTop = 0;
      await frame();
      await frame();
      for (let i = 0; i < 20; i++) {
        box.scrollTop += 60;
        await frame();
        await frame();
      }
      const top = visible().find((r) => r.getBoundingClientRect().top >= box.getBoundingClientRect().top).getAttribute('aria-posinset');
      return { slowest: Math.max(...frames), rows, lastRow, top: Number(top) };
    });
    assert.ok(seen.slowest < FRAME_MS_MAX, `a frame took ${seen.slowest} ms`);
    assert.ok(seen.rows < 100, `${seen.rows} rows are elements`);
    assert.match(seen.lastRow, /j\.item\.499999$/);
    assert.ok(seen.top >= 30 && seen.top <= 40, `1,200 pixels are 33 rows, not ${seen.top}`);
    await page.getByLabel('Go to number').fill('250000');
    await page.keyboard.press('Enter');
    await page.getByRole('option', { name: 'j.item.249999' }).waitFor();
    await picture(page, 'browse-many');
    await page.getByLabel('Filter').fill('99999');
    await counted(page).getByText('5 of 500,000 identifiers').waitFor();
    await leave(page);
  },
};
