// SPDX-License-Identifier: Apache-2.0
// The pages of figures and of the interface.
'use strict';
const assert = require('node:assert/strict');
const { visit, leave, checkAccess, picture } = require('./browser.cjs');

module.exports = {
  async status_is_live({ prefix }) {
    const page = await visit('/web/status.html');
    await page.getByText('Requests a second', { exact: true }).waitFor();
    const count = async () => Number((await page.getByText(/since the start/).textContent()).replace(/\D/g, ''));
    const before = await count();
    await page.evaluate(async (id) => {
      for (let i = 0; i < 300; i++) await fetch('/api/handles/' + id);
    }, `${prefix}/REPORT-2026`);
    await page.locator('.legend').first().getByText('https').waitFor();
    await page.waitForFunction((n) => Number(document.querySelector('.tile small').textContent.replace(/\D/g, '')) >= n + 300, before);
    assert.ok(await page.locator('.chart path.line').count() > 0);
    await page.getByText('As a table').first().click();
    await page.getByRole('rowheader', { name: 'https' }).first().waitFor();
    await checkAccess(page, 'status');
    await picture(page, 'status');
    await page.getByRole('button', { name: 'Pause' }).click();
    const at = await count();
    await page.waitForTimeout(2600);
    assert.equal(await count(), at);
    await leave(page);
  },

  async status_in_trouble() {
    const page = await visit('/web/status.html');
    await page.getByText('Requests a second', { exact: true }).waitFor();
    await page.route('**/api/status', (route) => route.abort());
    await page.getByText('The server cannot be reached.').waitFor();
    await leave(page);
  },

  async figures_that_make_no_sense() {
    const bad = { requests: { '<img src=x onerror=owned()>': 1e300, b: -5 }, latency: { x: { le_us: [], count: [] } }, store: {}, refusals: null, trouble: '<script>' };
    const page = await visit('/web/admin.html');
    let n = 0;
    await page.route('**/api/status', (route) => {
      n += 1;
      return route.fulfill({ json: { responseCode: 1, status: { ...bad, uptime_s: n } } });
    });
    await page.goto(page.url().replace('admin', 'status'));
    await page.getByText('<script>').waitFor();
    await page.waitForTimeout(4500);
    assert.equal(await page.locator('#work img, #work script').count(), 0);
    await leave(page);
  },

  async the_interface_described_and_tried({ prefix }) {
    const page = await visit('/web/api.html');
    const summary = page.locator('.operation > summary').filter({ hasText: 'GET' }).filter({ hasText: '/api/handles/{' }).first();
    await summary.click();
    const operation = page.locator('.operation[open]').first();
    await operation.getByRole('heading', { name: 'Parameters' }).waitFor();
    await operation.locator('form input').first().fill(`${prefix}/REPORT-2026`);
    await operation.getByRole('button', { name: 'Send' }).click();
    await operation.getByText('200', { exact: true }).last().waitFor();
    await operation.locator('pre', { hasText: 'repository.example.org' }).waitFor();
    await checkAccess(page, 'api');
    await picture(page, 'api');
    await leave(page);
  },
};
