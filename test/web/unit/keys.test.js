// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync, pbkdf2Sync, verify, webcrypto } from 'node:crypto';
import { test } from 'node:test';

globalThis.crypto ??= webcrypto;
const { decryptPkcs8, isEncrypted, KeyError, parsePem, proveSecret, provePossession, readKey } = await import('../js/keys.js');
const { fromBase64, fromHex, join, toHex } = await import('../js/octets.js');

const nonce = fromHex('000102030405060708090a0b0c0d0e0f');
const cnonce = fromHex('ffeeddccbbaa99887766554433221100');
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const pem = (key, more) => key.export({ type: 'pkcs8', format: 'pem', ...more });
const reason = (code) => (error) => error instanceof KeyError && error.reason === code;

async function proves(text, passphrase, pair) {
  const key = await readKey(text, passphrase);
  assert.equal(key.key.extractable, false);
  const proof = await provePossession(key, nonce, cnonce);
  assert.equal(proof.type, 'HS_PUBKEY');
  assert.equal(proof.alg, key.kind === 'RSA' ? 'SHA256' : 'Ed25519');
  const algorithm = key.kind === 'RSA' ? 'sha256' : null;
  assert.ok(verify(algorithm, join(nonce, cnonce), createPublicKey(pair.privateKey), fromBase64(proof.signature)));
}

test('RSA from PKCS #8, PKCS #1, JWK', async () => {
  await proves(pem(rsa.privateKey), '', rsa);
  await proves(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }), '', rsa);
  const jwk = rsa.privateKey.export({ format: 'jwk' });
  await proves(JSON.stringify(jwk), '', rsa);
  const padded = Object.fromEntries(Object.entries(jwk).map(([k, v]) => [k, v.length % 4 && k !== 'kty' ? v + '='.repeat(4 - (v.length % 4)) : v]));
  await proves(JSON.stringify({ ...padded, use: 'enc', key_ops: [] }), '', rsa);
});

test('Ed25519 from PKCS #8, JWK, JWK without public half', async () => {
  await proves(pem(ed25519.privateKey), '', ed25519);
  const { kty, crv, d, x } = ed25519.privateKey.export({ format: 'jwk' });
  await proves(JSON.stringify({ kty, crv, d, x }), '', ed25519);
  await proves(JSON.stringify({ kty, crv, d }), '', ed25519);
});

test('keys under a passphrase', async () => {
  for (const cipher of ['aes-256-cbc', 'aes-128-cbc']) {
    const text = pem(rsa.privateKey, { cipher, passphrase: 'l\u00e4ngs' });
    assert.ok(isEncrypted(text));
    await proves(text, 'l\u00e4ngs', rsa);
    await assert.rejects(readKey(text, 'wrong'), (error) => error instanceof KeyError && ['passphrase', 'malformed'].includes(error.reason));
  }
  await assert.rejects(readKey(pem(rsa.privateKey, { cipher: 'des-ede3-cbc', passphrase: 'x' }), 'x'), reason('oldEncryption'));
});

test('what is no private key', async () => {
  const publicPem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
  const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await assert.rejects(readKey(publicPem), reason('publicHalf'));
  await assert.rejects(readKey(JSON.stringify(rsa.publicKey.export({ format: 'jwk' }))), reason('publicHalf'));
  await assert.rejects(readKey(pem(dsa.privateKey)), reason('dsa'));
  await assert.rejects(readKey('{"kty":"DSA","x":"AA"}'), reason('dsa'));
  await assert.rejects(readKey(pem(ec.privateKey)), reason('unknownKind'));
  await assert.rejects(readKey('{"kty":"EC","d":"AA"}'), reason('unknownKind'));
  for (const text of ['', 'hello', '[]', 'null', '"x"', '\u0000\u0001']) await assert.rejects(readKey(text), KeyError, text);
});

test('every truncation and every changed octet of a key is an error, or another key', async () => {
  const der = parsePem(pem(ed25519.privateKey)).octets;
  const wrap = (octets) => `-----BEGIN PRIVATE KEY-----\n${Buffer.from(octets).toString('base64')}\n-----END PRIVATE KEY-----`;
  for (let size = 0; size < der.length; size++) await assert.rejects(readKey(wrap(der.subarray(0, size))), KeyError, String(size));
  for (let i = 0; i < der.length; i++) {
    const other = Uint8Array.from(der);
    other[i] ^= 0x41;
    await readKey(wrap(other)).catch((error) => assert.ok(error instanceof KeyError, String(error)));
  }
  for (let i = 0; i < 60; i++) await assert.rejects(decryptPkcs8(Uint8Array.from({ length: i }, (_, j) => (i * j * 31) & 255), 'x'), KeyError);
});

test('the proof of a secret (irp-wire 4.11: PBKDF2, HMAC-SHA1)', async () => {
  const salt = fromHex('101112131415161718191a1b1c1d1e1f');
  const proof = await proveSecret('secret', nonce, cnonce, salt);
  const derived = pbkdf2Sync('secret', salt, 10000, 20, 'sha1');
  assert.equal(derived.toString('hex'), 'a8cdbef045643c03f23ab26cef28a842ef087bf8'); // from the specification
  assert.equal(toHex(fromBase64(proof.signature)), createHmac('sha1', derived).update(join(nonce, cnonce)).digest('hex'));
  assert.equal(proof.alg, 'PBKDF2-HMAC-SHA1');
  assert.equal(proof.length, 160);
});

test('octets from 0x80 are two for Java', async () => {
  const salt = new Uint8Array(16);
  const proof = await proveSecret('\u00e9', nonce, cnonce, salt);
  const derived = pbkdf2Sync(Buffer.from('c383c2a9', 'hex'), salt, 10000, 20, 'sha1');
  assert.equal(toHex(fromBase64(proof.signature)), createHmac('sha1', derived).update(join(nonce, cnonce)).digest('hex'));
});
