// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { dataOctets, encodeKey, fromBase64, fromHex, hexDump, sha256, toBase64, toHex, utf8 } from '../js/octets.js';

test('SHA-256 as node has it', () => {
  for (const size of [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000, 100000]) {
    const octets = Uint8Array.from({ length: size }, (_, i) => (i * 7 + size) & 255);
    assert.equal(toHex(sha256(octets)), createHash('sha256').update(octets).digest('hex'), String(size));
  }
});

test('base64 and hexadecimal', () => {
  const octets = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(fromBase64(toBase64(octets)), octets);
  assert.deepEqual(fromBase64('-_8'), Uint8Array.of(0xfb, 0xff));
  for (const bad of ['a', '*', '\u00e9', 'abcde']) assert.equal(fromBase64(bad), null, bad);
  assert.deepEqual(fromHex('00 ff:0A'), Uint8Array.of(0, 255, 10));
  for (const bad of ['0', 'xx', '0 ']) assert.equal(fromHex(bad), null, bad);
});

test('data of values as the native protocol has it (irp-wire 6)', () => {
  const admin = { format: 'admin', value: { handle: '0.NA/10', index: 300, permissions: '011111110011' } };
  assert.equal(toHex(dataOctets(admin)), '07f3' + '00000007' + toHex(utf8('0.NA/10')) + '0000012c');
  const list = { format: 'vlist', value: [{ handle: 'a/b', index: 1 }] };
  assert.equal(toHex(dataOctets(list)), '00000001' + '00000003' + toHex(utf8('a/b')) + '00000001');
  assert.equal(toHex(dataOctets('\u00e9')), 'c3a9');
  assert.equal(dataOctets({ format: 'site', value: {} }), null);
  assert.equal(dataOctets({ format: 'admin', value: null }), null);
  assert.equal(dataOctets(null), null);
});

test('keys: the sign octet, and which integers in which order', () => {
  const key = encodeKey({ kty: 'RSA', n: toBase64(Uint8Array.of(0x80, 1)), e: 'AQAB' });
  assert.equal(toHex(key), '0000000b' + toHex(utf8('RSA_PUB_KEY')) + '0000' + '00000003010001' + '00000003008001');
  const leading = encodeKey({ kty: 'RSA', n: toBase64(Uint8Array.of(0, 0, 5)), e: 'Aw' });
  assert.ok(toHex(leading).endsWith('0000000105'));
  assert.throws(() => encodeKey({ kty: 'EC' }));
});

test('hex dump', () => {
  assert.equal(hexDump(utf8('0123456789abcdef!')),
    '000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n' +
    '000010  21                                                !');
  assert.ok(hexDump(new Uint8Array(100), 16).endsWith('\u2026'));
});
