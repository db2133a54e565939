// SPDX-License-Identifier: Apache-2.0
// QR codes (ISO/IEC 18004) of octets, error correction level M, versions 1 to 40.
import { utf8 } from './octets.js';
import { svg } from './dom.js';

// Per version: error correction octets of a block, and blocks, at level M.
const EC_SIZE = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26,
  26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16,
  17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49];
const LEVEL_M = 0;

// Arithmetic in GF(256) modulo x^8 + x^4 + x^3 + x^2 + 1.
const EXP = new Uint8Array(255);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}
const multiply = (a, b) => (a === 0 || b === 0 ? 0 : EXP[(LOG[a] + LOG[b]) % 255]);

function generator(degree) {
  let poly = [1];
  for (let i = 0; i < degree; i++) {
    const next = [...poly, 0];
    poly.forEach((c, j) => {
      next[j + 1] ^= multiply(c, EXP[i]);
    });
    poly = next;
  }
  return poly.slice(1);
}

function remainder(data, divisor) {
  const rest = new Array(divisor.length).fill(0);
  for (const octet of data) {
    const factor = octet ^ rest.shift();
    rest.push(0);
    divisor.forEach((c, i) => {
      rest[i] ^= multiply(c, factor);
    });
  }
  return rest;
}

function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const places = [];
  for (let at = version * 4 + 10; places.length < count - 1; at -= step) places.unshift(at);
  return [6, ...places];
}

// Modules that are free for data and error correction.
function rawModules(version) {
  const count = version === 1 ? 0 : Math.floor(version / 7) + 2;
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) modules -= (25 * count - 10) * count - 55;
  return version >= 7 ? modules - 36 : modules;
}

const dataSize = (version) => Math.floor(rawModules(version) / 8) - EC_SIZE[version - 1] * BLOCKS[version - 1];
const countBits = (version) => (version < 10 ? 8 : 16);

function chooseVersion(size) {
  for (let version = 1; version <= 40; version++) {
    if (4 + countBits(version) + 8 * size <= 8 * dataSize(version)) return version;
  }
  return 0;
}

function dataOctets(octets, version) {
  const bits = [];
  const put = (value, count) => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >>> i) & 1);
  };
  put(4, 4); // octets
  put(octets.length, countBits(version));
  octets.forEach((octet) => put(octet, 8));
  const capacity = 8 * dataSize(version);
  put(0, Math.min(4, capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  const data = [];
  for (let i = 0; i < bits.length; i += 8) data.push(parseInt(bits.slice(i, i + 8).join(''), 2));
  for (let pad = 0xec; data.length < capacity / 8; pad ^= 0xec ^ 0x11) data.push(pad);
  return data;
}

function interleave(data, version) {
  const count = BLOCKS[version - 1];
  const size = Math.floor(data.length / count);
  const longer = data.length % count; // so many blocks, the last ones, have one more
  const divisor = generator(EC_SIZE[version - 1]);
  const blocks = [];
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + size + (i >= count - longer ? 1 : 0);
    blocks.push(data.slice(at, end));
    at = end;
  }
  const corrections = blocks.map((b) => remainder(b, divisor));
  const all = [];
  for (let i = 0; i <= size; i++) for (const b of blocks) if (i < b.length) all.push(b[i]);
  for (let i = 0; i < divisor.length; i++) for (const c of corrections) all.push(c[i]);
  return all;
}

class Grid {
  constructor(version) {
    this.version = version;
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
    this.fixed = Array.from({ length: this.size }, () => new Array(this.size).fill(false));
  }

  set(x, y, isDark) {
    this.dark[y][x] = isDark;
    this.fixed[y][x] = true;
  }

  square(x, y, reach, isDark) {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const [px, py] = [x + dx, y + dy];
        if (px >= 0 && py >= 0 && px < this.size && py < this.size) this.set(px, py, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  }

  drawPatterns() {
    for (let i = 0; i < this.size; i++) {
      this.set(6, i, i % 2 === 0);
      this.set(i, 6, i % 2 === 0);
    }
    const end = this.size - 4;
    for (const [x, y] of [[3, 3], [end, 3], [3, end]]) this.square(x, y, 4, (d) => d !== 2 && d !== 4);
    const places = alignments(this.version);
    const last = places.length - 1;
    places.forEach((x, i) => places.forEach((y, j) => {
      if (!((i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0))) this.square(x, y, 2, (d) => d !== 1);
    }));
    this.drawFormat(0);
    if (this.version >= 7) this.drawVersion();
  }

  drawFormat(mask) {
    const data = (LEVEL_M << 3) | mask;
    let rest = data;
    for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (i) => ((bits >> i) & 1) === 1;
    for (let i = 0; i <= 5; i++) this.set(8, i, bit(i));
    this.set(8, 7, bit(6));
    this.set(8, 8, bit(7));
    this.set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.set(this.size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.set(8, this.size - 15 + i, bit(i));
    this.set(8, this.size - 8, true);
  }

  drawVersion() {
    let rest = this.version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)];
      this.set(a, b, ((bits >> i) & 1) === 1);
      this.set(b, a, ((bits >> i) & 1) === 1);
    }
  }

  drawOctets(octets) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++) {
        for (const x of [right, right - 1]) {
          const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
          if (this.fixed[y][x] || i >= octets.length * 8) continue;
          this.dark[y][x] = ((octets[i >> 3] >> (7 - (i & 7))) & 1) === 1;
          i += 1;
        }
      }
    }
  }

  mask(number) {
    const rule = MASKS[number];
    for (let y = 0; y < this.size; y++)
      for (let x = 0; x < this.size; x++) if (!this.fixed[y][x] && rule(x, y)) this.dark[y][x] = !this.dark[y][x];
  }

  lines() {
    const columns = this.dark.map((_, x) => this.dark.map((row) => row[x]));
    return [...this.dark, ...columns];
  }

  penalty() {
    let sum = 0;
    for (const line of this.lines()) sum += runs(line) + finders(line);
    let darkCount = 0;
    for (let y = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++) {
        const c = this.dark[y][x];
        darkCount += c ? 1 : 0;
        if (y > 0 && x > 0 && c === this.dark[y - 1][x] && c === this.dark[y][x - 1] && c === this.dark[y - 1][x - 1]) sum += 3;
      }
    }
    const total = this.size * this.size;
    return sum + (Math.ceil(Math.abs(darkCount * 20 - total * 10) / total) - 1) * 10;
  }
}

const MASKS = [
  (x, y) => (x + y) % 2 === 0,
  (x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function runs(line) {
  let sum = 0;
  for (let i = 0; i < line.length;) {
    let end = i;
    while (end < line.length && line[end] === line[i]) end += 1;
    if (end - i >= 5) sum += end - i - 2;
    i = end;
  }
  return sum;
}

// What looks like a finder pattern with its light zone on one side.
function finders(line) {
  const text = '0000' + line.map((dark) => (dark ? '1' : '0')).join('') + '0000';
  let sum = 0;
  for (let i = 0; i + 11 <= text.length; i++) {
    const part = text.slice(i, i + 11);
    if (part === '00001011101' || part === '10111010000') sum += 40;
  }
  return sum;
}

/** Rows of modules, true = dark; null when the text is too long. @mask: for tests. */
export function qrModules(text, mask) {
  const octets = utf8(text);
  const version = chooseVersion(octets.length);
  if (version === 0) return null;
  const words = interleave(dataOctets(octets, version), version);
  let best = null;
  for (let number = 0; number < 8; number++) {
    if (mask !== undefined && mask !== number) continue;
    const grid = new Grid(version);
    grid.drawPatterns();
    grid.drawOctets(words);
    grid.drawFormat(number);
    grid.mask(number);
    const penalty = grid.penalty();
    if (best === null || penalty < best.penalty) best = { penalty, dark: grid.dark };
  }
  return best.dark;
}

/** A drawing of it with its quiet zone. Null when the text is too long. */
export function qrDrawing(text, label) {
  const modules = qrModules(text);
  if (modules === null) return null;
  const size = modules.length + 8;
  let path = '';
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      let end = x;
      while (row[end + 1]) end += 1;
      path += `M${x + 4} ${y + 4}h${end - x + 1}v1h-${end - x + 1}z`;
      x = end;
    }
  });
  return svg('svg', { viewBox: `0 0 ${size} ${size}`, class: 'qr', role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    svg('rect', { width: size, height: size, fill: '#fff' }), svg('path', { d: path, fill: '#000' }));
}
