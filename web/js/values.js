// SPDX-License-Identifier: Apache-2.0
// What values mean: names of types, rights and permissions. No elements here.
import { say, has, formatDuration, formatTime } from './say.js';

/** Rights of an HS_ADMIN in the order of their characters (rest-api 3), leftmost first. */
export const RIGHTS = ['list', 'readValue', 'addAdmin', 'removeAdmin', 'modifyAdmin', 'addValue', 'removeValue',
  'modifyValue', 'deletePrefix', 'addPrefix', 'delete', 'create'];
export const RIGHT_LIST_PREFIXES = 'listPrefixes';
export const DEFAULT_RIGHTS = '011111110011';

/** "011111110011" as a list of rights; 13 characters have list prefixes first. */
export function rightsOf(permissions) {
  const text = String(permissions ?? '');
  const all = [RIGHT_LIST_PREFIXES, ...RIGHTS];
  const bits = text.padStart(13, '0').slice(-13);
  return all.filter((_, i) => bits[i] === '1');
}

export function rightsText(rights) {
  const has13 = rights.includes(RIGHT_LIST_PREFIXES);
  const text = RIGHTS.map((right) => (rights.includes(right) ? '1' : '0')).join('');
  return has13 ? '1' + text : text;
}

/** Of a value: admin-read, admin-write, public-read, public-write. */
export const DEFAULT_PERMISSIONS = '1110';
export const permissionsOf = (value) => Array.from(String(value.permissions ?? DEFAULT_PERMISSIONS).padStart(4, '0').slice(-4), (c) => c === '1');

export function permissionsText(value) {
  const [adminRead, adminWrite, publicRead, publicWrite] = permissionsOf(value);
  const who = (read, write) => say(read && write ? 'may.both' : read ? 'may.read' : write ? 'may.write' : 'may.nothing');
  return say('permissions.text', { everyone: who(publicRead, publicWrite), administrators: who(adminRead, adminWrite) });
}

export function ttlText(ttl) {
  if (typeof ttl === 'string') return say('ttl.until', { time: formatTime(new Date(ttl)) });
  if (!(ttl > 0)) return say('ttl.none');
  return say('ttl.for', { duration: formatDuration(ttl) });
}

/** What a type means to people, or null. Subtypes are told by what is before the dot. */
export function typeName(type) {
  const upper = type.toUpperCase();
  if (has('type.' + upper)) return say('type.' + upper);
  const dot = upper.lastIndexOf('.');
  return dot > 0 && has('type.' + upper.slice(0, dot)) ? say('type.' + upper.slice(0, dot)) : null;
}

export const dataOf = (value) => (typeof value.data === 'string' ? { format: 'string', value: value.data } : (value.data ?? { format: 'string', value: '' }));

export const asText = (value) => {
  const data = dataOf(value);
  return data.format === 'string' ? data.value : null;
};

/** Where the redirect of the web resolver will probably go, for a person to see. */
export function targetOf(values) {
  const url = values.find((v) => v.type.toUpperCase() === 'URL' && asText(v)) ??
    values.find((v) => v.type.toUpperCase().startsWith('URL.') && asText(v));
  const target = url ? asText(url).trim() : '';
  return /^(https?|ftp):\/\/\S/i.test(target) ? target : null;
}

export const hasTarget = (values) => targetOf(values) !== null || values.some((v) => /^10320\/loc(\.|$)/i.test(v.type));

/** { kind, bits } of a public key in JWK form. */
export function keyFacts(jwk) {
  const size = (text) => {
    const plain = String(text ?? '').replace(/=+$/, '');
    return Math.floor((plain.length * 3) / 4) * 8;
  };
  if (jwk.kty === 'RSA') return { kind: 'RSA', bits: size(jwk.n) };
  if (jwk.kty === 'DSA') return { kind: 'DSA', bits: size(jwk.p) };
  if (jwk.kty === 'OKP') return { kind: String(jwk.crv), bits: 256 };
  return { kind: String(jwk.kty), bits: 0 };
}
