// SPDX-License-Identifier: Apache-2.0
// What holds on every page: without a mouse, for programs that read aloud, small, dark, right to left.
'use strict';
const assert = require('node:assert/strict');
const { visit, visitSignedIn, leave, signIn, checkAccess, checkWidth, picture, focused } = require('./browser.cjs');

const PAGES = ['/', '/web/browse.html', '/web/admin.html', '/web/status.html', '/web/api.html'];
const name = (address) => address.replace(/^\/web\/|\.html.*$|\/#.*$/g, '').replace(/^\/$/, 'home') || 'record';
const PHONE = { width: 390, height: 844 };
const SMALLEST = { width: 320, height: 640 };

async function settled(page, address) {
  await page.locator('main h1').waitFor();
  if (address.includes('#')) await page.locator('#record-title, .edit-value').first().waitFor();
  else if (address.includes('status')) await page.locator('.tile').first().waitFor();
  else if (address === '/') await page.locator('.hints').waitFor();
  else await page.locator('#work > *').first().waitFor();
}

module.exports = {
  async accessible_in_light_dark_and_on_a_phone({ prefix }) {
    const addresses = [...PAGES, `/#/${prefix}/REPORT-2026`, `/#/0.NA/${prefix}`, `/#/${prefix}/hostile`];
    for (const [look, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: PHONE, hasTouch: true, isMobile: true }]]) {
      for (const address of addresses) {
        const page = await visit(address, options);
        await settled(page, address);
        await checkAccess(page, `${look} ${address}`);
        await checkWidth(page, `${look} ${address}`);
        const at = address.startsWith('/#/0.NA') ? 'prefix' : address.endsWith('hostile') ? null : name(address);
        if (at) await picture(page, `${at}-${look}`);
        await leave(page);
      }
    }
  },

  async administration_accessible_in_dark_and_on_a_phone({ prefix }) {
    for (const [look, options] of [['dark', { colorScheme: 'dark' }], ['phone', { viewport: PHONE, hasTouch: true, isMobile: true }]]) {
      const page = await visitSignedIn(`/web/admin.html#/${prefix}/REPORT-2026`, options);
      await page.locator('.edit-value').first().waitFor();
      await checkAccess(page, look);
      await checkWidth(page, look);
      await picture(page, `admin-edit-${look}`);
      await leave(page);
    }
  },

  async narrow_and_right_to_left({ prefix }) {
    for (const address of [...PAGES, `/#/${prefix}/REPORT-2026`, `/#/0.NA/${prefix}`]) {
      const page = await visit(address, { viewport: SMALLEST });
      await settled(page, address);
      await checkWidth(page, '320 px ' + address);
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      await checkWidth(page, 'right to left ' + address);
      if (address.endsWith('REPORT-2026')) await picture(page, 'record-rtl');
      await leave(page);
    }
  },

  async look_up_without_a_mouse({ prefix }) {
    const page = await visit('/');
    await page.locator('.hints').waitFor();
    assert.equal(await focused(page), 'Identifier', 'the box has the focus');
    await page.keyboard.type(prefix + '/REPORT-2026');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'REPORT-2026' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'record-title');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Follow the link');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Edit');
    const seen = new Set();
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      seen.add(await focused(page));
      const ring = await page.evaluate(() => {
        const node = document.activeElement;
        const style = getComputedStyle(node);
        return node === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
      });
      assert.ok(ring, 'the focus can be seen');
    }
    for (const wanted of ['BibTeX', 'Raw', 'Save the QR code']) assert.ok(seen.has(wanted), wanted);
    await page.keyboard.press('/');
    assert.equal(await focused(page), 'Identifier');
    await leave(page);
  },

  async past_the_navigation_in_one_step() {
    for (const address of PAGES.slice(1)) {
      const page = await visit(address);
      await settled(page, address);
      await page.evaluate(() => document.activeElement?.blur());
      await page.keyboard.press('Tab');
      assert.equal(await focused(page), 'Skip to the content', address);
      await page.keyboard.press('Enter');
      await page.waitForFunction(() => document.activeElement?.id === 'main');
      await leave(page);
    }
  },

  async edit_without_a_mouse({ prefix, keys, identity }) {
    const page = await visit('/web/admin.html');
    const tabTo = async (wanted) => {
      for (let i = 0; i < 80; i++) {
        if ((await focused(page)).startsWith(wanted)) return;
        await page.keyboard.press('Tab');
      }
      assert.fail('no way to ' + wanted);
    };
    await tabTo('Who you are');
    await page.keyboard.type('300:' + identity);
    await tabTo('Key file');
    await page.keyboard.press('ArrowRight');
    assert.equal(await focused(page), 'Secret key');
    await page.keyboard.press('ArrowLeft');
    await page.getByLabel('Your private key').setInputFiles(keys.pem); // the window of files is the system's
    await tabTo('Sign in');
    await page.keyboard.press('Enter');
    await page.locator('#admin-id').waitFor();
    await tabTo('Identifier');
    await page.keyboard.type(prefix + '/by-keyboard');
    await page.keyboard.press('Enter');
    await page.locator('.edit-value').first().waitFor();
    await tabTo('Data');
    await page.keyboard.type('https://example.org/keyboard');
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor();
    assert.equal(await focused(page), 'Create');
    await page.keyboard.press('Enter');
    await page.getByText('was created').first().waitFor();
    await leave(page);
  },

  async every_state_of_administration_is_accessible({ prefix, keys }) {
    for (const [look, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['forced colours', { forcedColors: 'active' }]]) {
      const page = await visit('/web/admin.html', options);
      const state = (name) => checkAccess(page, `${look}: ${name}`);
      await signIn(page, { file: keys.other });
      await page.getByText('It says:').waitFor();
      await state('sign-in refused');
      await signIn(page);
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await state('nothing open');
      await page.locator('#admin-id').fill('no slash');
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByText('An identifier has a prefix').waitFor();
      await state('a wrong identifier');

      await page.locator('#admin-id').fill(prefix + '/REPORT-2026');
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByRole('textbox', { name: 'Administrator' }).scrollIntoViewIfNeeded();
      await page.getByText('Found: Public key').waitFor();
      for (const more of await page.locator('.edit-value > details > summary').all()) await more.click();
      await state('everything unfolded');
      await page.getByLabel('Edit as XML').check();
      await page.getByLabel('XML of the locations').fill('<');
      await page.locator('.edit-value').first().getByLabel('Data', { exact: true }).fill('nowhere');
      await page.locator('.edit-value').first().getByLabel('Time to live', { exact: true }).fill('soon');
      await page.getByRole('button', { name: 'Review changes' }).click();
      await page.getByText('it is told where').waitFor();
      await state('mistakes');
      await page.getByRole('button', { name: 'Discard changes' }).click();
      await page.getByRole('textbox', { name: 'Administrator' }).scrollIntoViewIfNeeded();
      await page.getByText('Found: Public key').waitFor();
      await page.getByRole('button', { name: 'Remove', exact: true }).nth(2).click();
      await page.getByRole('button', { name: 'Review changes' }).click();
      await page.locator('dialog').waitFor();
      await state('review');
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Delete', exact: true }).click();
      await page.locator('dialog').waitFor();
      await state('delete');
      await page.keyboard.press('Escape');

      await page.getByRole('tab', { name: 'A table of records' }).click();
      await state('no table');
      await page.getByLabel('Table', { exact: true }).setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from(`${prefix}/REPORT-2026,https://example.org/\n,x\n`) });
      await page.getByText('1 line is left out').waitFor();
      await state('a table with mistakes');
      await page.getByRole('button', { name: 'Send them' }).click();
      await page.getByText('1 was refused.').first().waitFor();
      await state('refused lines');
      if (look !== 'light') await picture(page, 'admin-upload-' + look.split(' ')[0]);
      await leave(page);
    }
  },

  async what_comes_later_is_announced({ prefix }) {
    const page = await visit('/');
    const announced = (text) => page.locator('#announcer').getByText(text).waitFor();
    const look = async (id) => {
      await page.getByLabel('Identifier').fill(id);
      await page.keyboard.press('Enter');
    };
    await look(prefix + '/REPORT-2026');
    await announced('5 values');
    await page.getByRole('button', { name: 'JSON', exact: true }).click();
    await announced(/Copied: JSON|did not allow/);
    await look(prefix + '/nothing');
    await announced('Not found');
    assert.equal(await page.locator('#announcer').getAttribute('aria-live'), 'polite');
    await page.route('**/api/handles/**', (route) => route.abort());
    await look(prefix + '/item.0001');
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
    await leave(page);
  },

  async small_strict_and_from_nowhere_else({ https, prefix }) {
    const page = await visit('/');
    const context = page.context();
    const fresh = await context.newPage();
    const sizes = new Map();
    const from = new Set();
    fresh.on('response', async (response) => {
      from.add(new URL(response.url()).origin);
      sizes.set(response.url(), (await response.body().catch(() => Buffer.alloc(0))).length);
    });
    await fresh.goto(https + '/', { waitUntil: 'networkidle' });
    const total = [...sizes.values()].reduce((a, b) => a + b, 0);
    assert.ok(sizes.size > 5, 'its parts are counted');
    assert.ok(total < 100000, `${total} octets, not compressed`);
    await fresh.goto(`${https}/#/${prefix}/REPORT-2026`, { waitUntil: 'networkidle' });
    for (const address of PAGES) {
      const response = await fresh.goto(https + address, { waitUntil: 'domcontentloaded' });
      const policy = new Map(response.headers()['content-security-policy'].split(';').map((part) => {
        const [name, ...sources] = part.trim().split(/\s+/);
        return [name, sources.join(' ')];
      }));
      assert.equal(policy.get('default-src'), "'none'", address);
      for (const name of ['script-src', 'style-src', 'connect-src']) assert.equal(policy.get(name), "'self'", `${address} ${name}`);
      for (const name of ['base-uri', 'form-action', 'frame-ancestors']) assert.ok(["'none'", "'self'"].includes(policy.get(name)), `${address} ${name}`);
      await fresh.waitForLoadState('networkidle').catch(() => {});
    }
    assert.deepEqual([...from], [https]);
    await fresh.close();
    await leave(page);
  },

  async colours_of_the_system_keep_what_is_chosen({ prefix }) {
    const page = await visit(`/#/${prefix}/REPORT-2026`, { forcedColors: 'active', colorScheme: 'dark' });
    await page.getByRole('heading', { name: 'REPORT-2026' }).waitFor();
    const outline = await page.locator('.bar nav a[aria-current]').evaluate((node) => getComputedStyle(node).outlineStyle);
    assert.equal(outline, 'solid');
    assert.notEqual(await page.locator('.tag').first().evaluate((node) => getComputedStyle(node).borderStyle), 'none');
    await picture(page, 'record-forced');
    await leave(page);
  },

  async calm_when_asked_to_be() {
    const page = await visit('/', { reducedMotion: 'reduce' });
    const moving = await page.evaluate(() => {
      const node = document.createElement('p');
      node.className = 'busy';
      document.querySelector('main').append(node);
      return parseFloat(getComputedStyle(node, '::before').animationDuration);
    });
    assert.equal(moving, 0);
    await leave(page);
  },

  async on_paper({ prefix }) {
    const page = await visit(`/#/${prefix}/REPORT-2026`);
    await page.getByRole('heading', { name: 'REPORT-2026' }).waitFor();
    await page.emulateMedia({ media: 'print' });
    assert.equal(await page.locator('.bar').isVisible(), false);
    assert.equal(await page.locator('.values').isVisible(), true);
    await leave(page);
  },
};
