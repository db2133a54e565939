// SPDX-License-Identifier: Apache-2.0
// The pages in Chromium. What is served where comes as JSON on standard input (pages.py).
'use strict';
const fs = require('node:fs');
const { begin, end } = require('./browser.cjs');

const GROUPS = ['lookup', 'browse', 'admin', 'forms', 'upload', 'figures', 'everywhere'];
const TEST_MS = 120000;

async function main() {
  const what = JSON.parse(fs.readFileSync(0, 'utf8'));
  let failed = 0;
  await begin(what);
  for (const group of GROUPS) {
    for (const [name, test] of Object.entries(require(`./test_${group}.cjs`))) {
      if (what.only.length > 0 && !what.only.includes(group) && !what.only.includes(name)) continue;
      let timer;
      const tooLate = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error('took too long')), TEST_MS);
      });
      try {
        await Promise.race([test(what), tooLate]);
        console.log(`ok web/${group}/${name}`);
      } catch (error) {
        failed += 1;
        console.log(String(error.stack ?? error));
        console.log(`not ok web/${group}/${name}`);
      }
      clearTimeout(timer);
    }
  }
  await end();
  process.exit(failed === 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(error);
  console.log('not ok web/chromium');
  process.exit(1);
});
