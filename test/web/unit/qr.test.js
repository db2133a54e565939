// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { qrModules } from '../js/qr.js';

const draw = (modules) => modules.map((row) => row.map((dark) => (dark ? '#' : '.')).join('')).join('\n');
const digest = (text) => createHash('sha256').update(text).digest('hex');

// All made by libqrencode 4.1.1: qrencode -8 -l M -m 0 -t ASCII.
const WHOLE = `
#######.##.#..#######
#.....#..##...#.....#
#.###.#..####.#.###.#
#.###.#.###...#.###.#
#.###.#.###.#.#.###.#
#.....#.####..#.....#
#######.#.#.#.#######
........#.###........
#...#.###..#.#####..#
..#.#...#..##..#.#.##
####.##...##..#####..
###....#.#...##.#.##.
###.#####...###...###
........#.#.###...###
#######.##..##.....#.
#.....#..####..#.#.#.
#.###.#.####..#######
#.###.#..#.##..#.#.##
#.###.#....#..#####..
#.....#..#...##.#.#..
#######.#.#.###...#.#
`.trim();

// Of larger ones: modules a side, SHA-256 of the drawing as above.
const DIGESTS = [
  ['version 3', 'https://example.org/10.1000/182', 29,
    '7f238dfec1fc5aa55675d0a08647cca1ab8ca91e099d5d8c0a733b1b6abc7872'],
  ['version 7, its own number in the drawing', 'x'.repeat(110), 45,
    '3ac2e800e192685e1568549741ed1d3db734402f749d75b40b1c7d08130b518c'],
  ['version 9, blocks of two sizes', 'https://example.org/20.500.12345/' + 'y'.repeat(140), 53,
    '7679a4a33df3f7b907aae5adb533b4a748515aedc790ac4050f0821a7b697ff5'],
  ['version 10, a longer count', 'z'.repeat(200), 57,
    '2a4206fbc1ee68c78581c720a17b82f0e86b472c50c7eb3fd5b8772a4451a7b1'],
  ['version 13', 'x'.repeat(300), 69,
    '2abaf9ed149140d46fff8f03cf322665362cc2e1bb0134fd0862de0f78f0c5c8'],
  ['version 40', 'w'.repeat(2331), 177,
    '38b61754afde2801c3ec2aad208485f9be6bc3d63d616e0cfa4c9994c261ee37'],
];

// Which of the eight masks is best is a matter of taste in a few cases; any of them can be read.
const withEachMask = (text) => [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => draw(qrModules(text, mask)));

test('a whole drawing', () => {
  assert.equal(draw(qrModules('A')), WHOLE);
});

test('drawings of all kinds of versions', () => {
  for (const [rule, text, size, sha256] of DIGESTS) {
    assert.equal(qrModules(text).length, size, rule);
    assert.ok(withEachMask(text).map(digest).includes(sha256), rule);
  }
});

test('UTF-8 is octets', () => {
  assert.equal(qrModules('\u00e9'.repeat(8)).length, 25);
});

test('what is too long has none', () => {
  assert.equal(qrModules('x'.repeat(2332)), null);
  assert.equal(qrModules('x'.repeat(2331)).length, 177);
});
