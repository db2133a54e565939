// SPDX-License-Identifier: Apache-2.0
// Public keys as people have them.

export const isPrivatePem = (text) => /-----BEGIN ([A-Z ]+ )?PRIVATE KEY-----/.test(text);

/** A public key from JWK or PEM text. Ed25519 and RSA, as far as the browser can. */
export async function publicKeyOf(text) {
  const pem = /-----BEGIN PUBLIC KEY-----([\s\S]*?)-----END/.exec(text);
  if (pem) {
    const octets = Uint8Array.from(atob(pem[1].replace(/\s+/g, '')), (c) => c.charCodeAt(0));
    for (const algorithm of [{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, { name: 'Ed25519' }]) {
      try {
        const key = await crypto.subtle.importKey('spki', octets, algorithm, true, ['verify']);
        const { kty, n, e, crv, x } = await crypto.subtle.exportKey('jwk', key);
        return kty === 'RSA' ? { kty, n, e } : { kty, crv, x };
      } catch { /* perhaps the other kind */ }
    }
    return null;
  }
  const jwk = JSON.parse(text);
  const members = { RSA: ['kty', 'n', 'e'], OKP: ['kty', 'crv', 'x'], DSA: ['kty', 'y', 'p', 'q', 'g'] }[jwk.kty];
  if (!members || members.some((m) => typeof jwk[m] !== 'string')) return null;
  return Object.fromEntries(members.map((m) => [m, jwk[m]])); // never the private half
}
