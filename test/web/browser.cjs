// SPDX-License-Identifier: Apache-2.0
// What the tests of the pages share: one Chromium, pages that are watched, checks of accessibility.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => fs.existsSync(p));
const WAIT_MS = 15000;
const CSP_MORE = "; require-trusted-types-for 'script'; trusted-types 'none'";

let browser = null;
let what = null;

async function begin(settings) {
  what = settings;
  assert.ok(CHROMIUM, 'chromium is missing: tools/setup test installs it');
  browser = await chromium.launch({ executablePath: CHROMIUM, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });
}

const end = () => browser?.close();

/** A page whose every complaint is kept in page.troubles. */
async function visit(address, options = {}) {
  const { viewport = { width: 1280, height: 900 }, allow = [], ...rest } = options;
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport, locale: 'en-GB', ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(String(error.stack ?? error)));
  page.on('console', (message) => {
    // What the network said is part of many tests; everything else is a mistake.
    const isAnswer = /^Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !isAnswer && !allow.some((a) => a.test(message.text()))) page.troubles.push(message.text());
  });
  page.on('dialog', (dialog) => {
    page.troubles.push('dialog: ' + dialog.message());
    dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['https:', 'http:'].includes(url.protocol)) return;
    if (![what.https, what.http].includes(url.origin)) page.troubles.push('asked elsewhere: ' + request.url());
  });
  if (options.javaScriptEnabled !== false) {
    // Pages must work under the strictest policy, which forbids text as markup altogether.
    await context.route((url) => !url.pathname.startsWith('/api/'), async (route) => {
      if (route.request().resourceType() !== 'document') return route.fallback();
      const response = await route.fetch();
      const headers = response.headers();
      if (headers['content-security-policy']) headers['content-security-policy'] += CSP_MORE;
      return route.fulfill({ response, headers });
    });
  }
  await page.goto((address.startsWith('http') ? '' : what.https) + address);
  return page;
}

async function leave(page) {
  const { troubles } = page;
  await page.context().close();
  assert.deepEqual(troubles, []);
}

/** Sign in on the page for administrators. */
async function signIn(page, { identity = '300:' + what.identity, file = what.keys.pem } = {}) {
  await page.getByLabel('Who you are').fill(identity);
  await page.getByLabel('Your private key').setInputFiles(file);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function visitSignedIn(address, options) {
  const page = await visit('/web/admin.html', options);
  await signIn(page);
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  if (address !== '/web/admin.html') await page.goto(what.https + address);
  return page;
}

/** No violation of WCAG 2 A and AA that a program can find. */
async function checkAccess(page, where) {
  // Programs of tests may do what the policy forbids pages.
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setBypassCSP', { enabled: true }).catch(() => {});
  await session.send('Runtime.evaluate', { expression: AXE });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => JSON.stringify(
      r.violations.map((v) => v.id + ': ' + v.help + ' ' + v.nodes.slice(0, 5).map((n) => n.target.join(' ') + ' ' + n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? '')).join(' | '))))`,
    awaitPromise: true, returnByValue: true,
  });
  await session.detach();
  assert.deepEqual(JSON.parse(result.value), [], where);
}

/** Nothing sticks out to the side. */
async function checkWidth(page, where) {
  const wide = await page.evaluate(() => ({ has: document.documentElement.scrollWidth, may: document.documentElement.clientWidth }));
  assert.ok(wide.has <= wide.may, `${where}: ${wide.has} px wide in ${wide.may} px`);
}

const picture = (page, name, fullPage = true) => page.screenshot({ path: path.join(what.pictures, name + '.png'), fullPage });

const focused = (page) => page.evaluate(() => {
  const node = document.activeElement;
  return (node.getAttribute('aria-label') ?? node.labels?.[0]?.textContent ?? node.textContent ?? '').trim().slice(0, 60) || node.id;
});

module.exports = { begin, end, visit, leave, signIn, visitSignedIn, checkAccess, checkWidth, picture, focused, settings: () => what };
