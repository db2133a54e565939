// SPDX-License-Identifier: Apache-2.0
// Private keys from files, and proofs with them. A key becomes a CryptoKey that cannot be taken
// out again; nothing of it is stored or sent.
import { fromBase64, join, toBase64, utf8 } from './octets.js';

/** What is wrong with a key file; .reason names a message "key.REASON". */
export class KeyError extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/* DER, as far as it is needed: one element at a time. */
class Der {
  constructor(octets) {
    this.octets = octets;
    this.at = 0;
  }

  get atEnd() {
    return this.at >= this.octets.length;
  }

  next(tag) {
    const { octets } = this;
    if (this.at + 2 > octets.length || (tag !== undefined && octets[this.at] !== tag)) throw new KeyError('malformed');
    const found = octets[this.at];
    let size = octets[this.at + 1];
    let from = this.at + 2;
    if (size & 0x80) {
      const count = size & 0x7f;
      if (count < 1 || count > 3 || from + count > octets.length) throw new KeyError('malformed');
      size = 0;
      for (let i = 0; i < count; i++) size = size * 256 + octets[from + i];
      from += count;
    }
    if (from + size > octets.length) throw new KeyError('malformed');
    this.at = from + size;
    return { tag: found, body: octets.subarray(from, from + size) };
  }

  open(tag) {
    return new Der(this.next(tag).body);
  }
}

function element(tag, ...parts) {
  const body = join(...parts);
  const size = body.length < 128 ? [body.length]
    : body.length < 256 ? [0x81, body.length]
      : [0x82, body.length >> 8, body.length & 255];
  return join(Uint8Array.of(tag, ...size), body);
}

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const OID = 0x06;
const oid = (...octets) => String(octets);
const RSA = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1);
const ED25519 = oid(0x2b, 0x65, 0x70);
const DSA = oid(0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1);
const PBES2 = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 13);
const PBKDF2 = oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 12);
const HMACS = new Map([
  [oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 7), 'SHA-1'],
  [oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 9), 'SHA-256'],
  [oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 11), 'SHA-512'],
]);
const AES_CBC = new Map([
  [oid(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 2), 128],
  [oid(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 42), 256],
]);

const number = (octets) => octets.reduce((n, o) => n * 256 + o, 0);

/** The PEM block in a file: { label, octets }. */
export function parsePem(text) {
  const match = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/.exec(text);
  if (!match) return null;
  if (/Proc-Type:|DEK-Info:/.test(match[2])) throw new KeyError('oldEncryption');
  const octets = fromBase64(match[2]);
  if (octets === null || octets.length === 0) throw new KeyError('malformed');
  return { label: match[1], octets };
}

const RSA_ALGORITHM = element(SEQUENCE, element(OID, Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1)), element(0x05));

/** "RSA PRIVATE KEY" (PKCS #1) as PKCS #8. */
export const wrapRsa = (pkcs1) => element(SEQUENCE, element(0x02, Uint8Array.of(0)), RSA_ALGORITHM, element(OCTETS, pkcs1));

/** Which kind of key a PKCS #8 structure holds. */
export function kindOf(pkcs8) {
  const info = new Der(pkcs8).open(SEQUENCE);
  info.next(0x02);
  const kind = String(info.open(SEQUENCE).next(OID).body);
  if (kind === RSA) return 'RSA';
  if (kind === ED25519) return 'Ed25519';
  throw new KeyError(kind === DSA ? 'dsa' : 'unknownKind');
}

/** PKCS #8 under a passphrase (PBES2 with AES, as openssl and ansa write it). */
export async function decryptPkcs8(octets, passphrase) {
  const outer = new Der(octets).open(SEQUENCE);
  const scheme = outer.open(SEQUENCE);
  const sealed = outer.next(OCTETS).body;
  if (String(scheme.next(OID).body) !== PBES2) throw new KeyError('oldEncryption');
  const parts = scheme.open(SEQUENCE);
  const derivation = parts.open(SEQUENCE);
  const cipher = parts.open(SEQUENCE);
  if (String(derivation.next(OID).body) !== PBKDF2) throw new KeyError('oldEncryption');
  const how = derivation.open(SEQUENCE);
  const salt = how.next(OCTETS).body;
  const iterations = number(how.next(0x02).body);
  let hash = 'SHA-1';
  while (!how.atEnd) {
    const more = how.next();
    if (more.tag === SEQUENCE) hash = HMACS.get(String(new Der(more.body).next(OID).body));
  }
  const bits = AES_CBC.get(String(cipher.next(OID).body));
  const iv = cipher.next(OCTETS).body;
  if (!hash || !bits || iterations < 1 || iterations > 10000000) throw new KeyError('oldEncryption');
  const secret = await crypto.subtle.importKey('raw', utf8(passphrase), 'PBKDF2', false, ['deriveKey']);
  const key = await crypto.subtle.deriveKey({ name: 'PBKDF2', hash, salt, iterations }, secret,
    { name: 'AES-CBC', length: bits }, false, ['decrypt']);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, key, sealed));
  } catch {
    throw new KeyError('passphrase');
  }
}

const RSA_SIGNING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };

async function importKey(form, data, kind) {
  try {
    const algorithm = kind === 'RSA' ? RSA_SIGNING : { name: 'Ed25519' };
    return { kind, key: await crypto.subtle.importKey(form, data, algorithm, false, ['sign']) };
  } catch (error) {
    throw new KeyError(error.name === 'NotSupportedError' ? 'notHere' : 'malformed');
  }
}

async function fromJwk(text) {
  let jwk;
  try {
    jwk = JSON.parse(text);
  } catch {
    throw new KeyError('unknownForm');
  }
  if (jwk === null || typeof jwk !== 'object') throw new KeyError('unknownForm');
  if (jwk.kty === 'DSA') throw new KeyError('dsa');
  if (jwk.kty !== 'RSA' && jwk.kty !== 'OKP') throw new KeyError('unknownKind');
  if (!jwk.d) throw new KeyError('publicHalf');
  const clean = { kty: jwk.kty };
  for (const name of ['crv', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi', 'x']) {
    if (typeof jwk[name] === 'string') clean[name] = name === 'crv' ? jwk[name] : jwk[name].replace(/=+$/, '');
  }
  if (clean.kty === 'OKP' && !clean.x) {
    // WebCrypto wants the public half in a JWK; PKCS #8 does without.
    const seed = fromBase64(clean.d);
    if (clean.crv !== 'Ed25519' || seed === null || seed.length !== 32) throw new KeyError('malformed');
    const head = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);
    return importKey('pkcs8', join(head, seed), 'Ed25519');
  }
  return importKey('jwk', clean, clean.kty === 'RSA' ? 'RSA' : 'Ed25519');
}

/** Does reading this file need a passphrase? */
export const isEncrypted = (text) => /-----BEGIN ENCRYPTED PRIVATE KEY-----/.test(text);

/** The key of a file, as { kind, key }. KeyError says what is wrong with it. */
export async function readKey(text, passphrase) {
  if (!globalThis.crypto?.subtle) throw new KeyError('insecure');
  const pem = parsePem(text);
  if (pem === null) return fromJwk(text);
  let { octets } = pem;
  if (pem.label.includes('PUBLIC')) throw new KeyError('publicHalf');
  if (pem.label === 'ENCRYPTED PRIVATE KEY') octets = await decryptPkcs8(octets, passphrase);
  else if (pem.label === 'RSA PRIVATE KEY') octets = wrapRsa(octets);
  else if (pem.label !== 'PRIVATE KEY') throw new KeyError('unknownForm');
  return importKey('pkcs8', octets, kindOf(octets));
}

/** The proof that we hold the key: a signature over nonce and cnonce. */
export async function provePossession({ kind, key }, nonce, cnonce) {
  const algorithm = kind === 'RSA' ? RSA_SIGNING : { name: 'Ed25519' };
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm, key, join(nonce, cnonce)));
  return { type: 'HS_PUBKEY', alg: kind === 'RSA' ? 'SHA256' : 'Ed25519', signature: toBase64(signature) };
}

export const PBKDF2_ITERATIONS = 10000; // what servers in the field expect
const DERIVED_BITS = 160;

/** The proof that we know a secret, without sending it: HMAC-SHA1 under a key made by PBKDF2. */
export async function proveSecret(secret, nonce, cnonce, salt = crypto.getRandomValues(new Uint8Array(16))) {
  if (!globalThis.crypto?.subtle) throw new KeyError('insecure');
  // Java's PBKDF2 makes a character of each octet, and UTF-8 of the characters.
  const octets = utf8(Array.from(utf8(secret), (o) => String.fromCharCode(o)).join(''));
  const base = await crypto.subtle.importKey('raw', octets, 'PBKDF2', false, ['deriveBits']);
  const derived = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-1', salt, iterations: PBKDF2_ITERATIONS }, base, DERIVED_BITS);
  const key = await crypto.subtle.importKey('raw', derived, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', key, join(nonce, cnonce)));
  return {
    type: 'HS_SECKEY', alg: 'PBKDF2-HMAC-SHA1', signature: toBase64(mac), salt: toBase64(salt),
    iterations: PBKDF2_ITERATIONS, length: DERIVED_BITS,
  };
}
