// SPDX-License-Identifier: Apache-2.0
// Octets as text and back, and the native encodings of a few values (for fingerprints and hex).

export const utf8 = (text) => new TextEncoder().encode(text);

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Base64 in either alphabet, with or without padding; null when it is none. */
export function fromBase64(text) {
  const plain = String(text).replace(/\s+/g, '').replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(plain) || plain.length % 4 === 1) return null;
  return Uint8Array.from(atob(plain), (c) => c.charCodeAt(0));
}

export function toBase64(octets) {
  let text = '';
  for (let i = 0; i < octets.length; i += 8192) text += String.fromCharCode(...octets.subarray(i, i + 8192));
  return btoa(text);
}

export const toHex = (octets) => Array.from(octets, (o) => o.toString(16).padStart(2, '0')).join('');

/** Null when it is not hexadecimal. Spaces and colons between octets are allowed. */
export function fromHex(text) {
  const plain = String(text).replace(/[\s:]+/g, '');
  if (plain.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(plain)) return null;
  return Uint8Array.from(plain.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** Lines of 16 octets: place, hexadecimal, characters. */
export function hexDump(octets, max = 65536) {
  const lines = [];
  for (let i = 0; i < Math.min(octets.length, max); i += 16) {
    const row = octets.subarray(i, i + 16);
    const hex = Array.from(row, (o) => o.toString(16).padStart(2, '0'));
    const text = Array.from(row, (o) => (o >= 0x20 && o < 0x7f ? String.fromCharCode(o) : '.')).join('');
    lines.push(i.toString(16).padStart(6, '0') + '  ' + hex.slice(0, 8).join(' ').padEnd(23) + '  ' +
      hex.slice(8).join(' ').padEnd(23) + '  ' + text);
  }
  if (octets.length > max) lines.push('\u2026');
  return lines.join('\n');
}

const u16 = (n) => Uint8Array.of(n >> 8, n & 255);
const u32 = (n) => Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
const block = (octets) => join(u32(octets.length), octets);

function integer(base64url) {
  const octets = fromBase64(base64url);
  if (octets === null) throw new Error('not base64');
  let from = 0;
  while (from < octets.length - 1 && octets[from] === 0) from += 1;
  const short = octets.subarray(from);
  return block(short[0] & 0x80 ? join(Uint8Array.of(0), short) : short);
}

/** A public key as the native protocol has it; its SHA-256 is the fingerprint. */
export function encodeKey(jwk) {
  const head = (name) => join(block(utf8(name)), u16(0));
  if (jwk.kty === 'RSA') return join(head('RSA_PUB_KEY'), integer(jwk.e), integer(jwk.n));
  if (jwk.kty === 'DSA')
    return join(head('DSA_PUB_KEY'), integer(jwk.q), integer(jwk.p), integer(jwk.g), integer(jwk.y));
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return join(head('ED25519_PUB_KEY'), block(fromBase64(jwk.x)));
  throw new Error('unknown key');
}

const rightsNumber = (text) => Array.from(text).reduce((n, c) => n * 2 + (c === '1' ? 1 : 0), 0);
const encodeRef = (ref) => join(block(utf8(ref.handle)), u32(Number(ref.index)));

/** The octets of a value as REST has it; null when they cannot be told from that. */
export function dataOctets(data) {
  const { format, value } = typeof data === 'string' ? { format: 'string', value: data } : (data ?? {});
  try {
    switch (format) {
      case 'string': return utf8(value);
      case 'base64': return fromBase64(value);
      case 'hex': return fromHex(value);
      case 'key': return encodeKey(value);
      case 'admin':
        return join(u16(rightsNumber(value.permissions)), encodeRef(value), u16(0).subarray(0, value.legacyByteLength ? 2 : 0));
      case 'vlist': return join(u32(value.length), ...value.map(encodeRef));
      default: return null;
    }
  } catch {
    return null;
  }
}

/* SHA-256 (FIPS 180-4), for pages that came without TLS, where WebCrypto is not offered. */
function primes(count) {
  const found = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
}
const fraction = (x) => Math.floor((x - Math.floor(x)) * 4294967296) | 0;
const ROUND = primes(64).map((p) => fraction(Math.cbrt(p)));
const START = primes(8).map((p) => fraction(Math.sqrt(p)));
const rotate = (x, n) => (x >>> n) | (x << (32 - n));

export function sha256(message) {
  const size = message.length;
  const padded = new Uint8Array(((size + 8) >> 6) * 64 + 64);
  padded.set(message);
  padded[size] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(size / 536870912));
  view.setUint32(padded.length - 4, (size << 3) >>> 0);
  const h = START.slice();
  const w = new Int32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (k + s1 + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    [a, b, c, d, e, f, g, k].forEach((x, i) => {
      h[i] = (h[i] + x) | 0;
    });
  }
  return join(...h.map(u32));
}
