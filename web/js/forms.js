// SPDX-License-Identifier: Apache-2.0
// A form for the data of each type, and JSON for what has none. Each is { node, wrong(text), read() },
// where read gives { format, value } or throws an Error with words.
import { el, fill } from './dom.js';
import { locationsForm } from './editloc.js';
import { siteForm } from './editsite.js';
import { field } from './frame.js';
import { parseIdentity } from './identifier.js';
import { isPrivatePem, publicKeyOf } from './publickey.js';
import { referenceCheck } from './refcheck.js';
import { say } from './say.js';
import { showKey } from './show.js';
import { DEFAULT_RIGHTS, RIGHTS, RIGHT_LIST_PREFIXES, rightsOf, rightsText } from './values.js';

const KEY_SIZE_MAX = 65536;

export function check(label, checked) {
  const input = el('input', { type: 'checkbox', checked });
  return { node: el('label.check', null, input, label), input };
}

function textForm(data, isLong) {
  const text = data.format === 'string' ? data.value : '';
  const input = isLong || text.includes('\n') || text.length > 200
    ? el('textarea', { dir: 'auto', rows: '5', spellcheck: 'false', value: text })
    : el('input', { dir: 'auto', autocomplete: 'off', spellcheck: 'false', value: text });
  const f = field(say('edit.data'), input);
  return { node: f.node, wrong: f.wrong, read: () => ({ format: 'string', value: input.value }) };
}

function urlForm(data) {
  const form = textForm(data);
  return { ...form, read: () => {
    const value = form.read().value.trim();
    if (!/^[a-z][a-z0-9+.-]*:\S+$/i.test(value)) throw new Error(say('edit.badUrl'));
    return { format: 'string', value };
  } };
}

function emailForm(data) {
  const form = textForm(data);
  return { ...form, read: () => {
    const value = form.read().value.trim();
    const isOld = data.format === 'string' && value === data.value.trim();
    if (!isOld && !/^[^\s@<>]+@[^\s@<>]+$/.test(value)) throw new Error(say('edit.badEmail'));
    return { format: 'string', value: isOld ? data.value : value };
  } };
}

const NEW_SITE = { version: 1, protocolVersion: '2.11', serialNumber: 1, primarySite: true, multiPrimary: false, attributes: [], servers: [{ serverId: 1, address: '', interfaces: [
  { query: true, admin: true, protocol: 'TCP', port: 2641 }, { query: true, admin: false, protocol: 'UDP', port: 2641 }] }] };

function identityOf(text) {
  const ref = parseIdentity(text);
  if (!ref) throw new Error(say('edit.badIdentity', { text }));
  return ref;
}

function adminForm(data) {
  const admin = data.format === 'admin' ? data.value : { handle: '', index: 300, permissions: DEFAULT_RIGHTS };
  const rights = rightsOf(admin.permissions);
  const who = field(say('edit.who'), el('input', { autocomplete: 'off', spellcheck: 'false', placeholder: '300:0.NA/20.500.12345', value: admin.handle ? `${admin.index}:${admin.handle}` : '' }), say('edit.whoHint'));
  const checked = referenceCheck(who.input);
  const boxes = ['create', 'delete', 'readValue', 'addValue', 'modifyValue', 'removeValue', 'addAdmin', 'modifyAdmin', 'removeAdmin',
    'list', 'addPrefix', 'deletePrefix', RIGHT_LIST_PREFIXES].map((right) => ({ right, ...check(say('right.' + right), rights.includes(right)) }));
  const all = el('button.plain.small', { type: 'button', onclick: () => boxes.forEach((b) => {
    b.input.checked = RIGHTS.includes(b.right);
  }) }, say('edit.allRights'));
  return {
    node: el('div.editor', null, el('div.field', null, who.node, checked), el('fieldset', null, el('legend', null, say('edit.rights')), el('div.checks', null, boxes.map((b) => b.node)), all)),
    wrong: who.wrong,
    read: () => {
      const permissions = rightsText(boxes.filter((b) => b.input.checked).map((b) => b.right));
      const value = { ...identityOf(who.input.value), permissions };
      if (admin.legacyByteLength) value.legacyByteLength = true;
      return { format: 'admin', value };
    },
  };
}

function listForm(data) {
  const refs = data.format === 'vlist' ? data.value : [];
  const f = field(say('edit.members'), el('textarea', { rows: '4', spellcheck: 'false', value: refs.map((r) => `${r.index}:${r.handle}`).join('\n') }), say('edit.membersHint'));
  const checked = referenceCheck(f.input);
  return {
    node: el('div.field', null, f.node, checked), wrong: f.wrong,
    read: () => ({ format: 'vlist', value: f.input.value.split('\n').filter((l) => l.trim() !== '').map((l) => identityOf(l)).map(({ index, handle }) => ({ handle, index })) }),
  };
}

function keyForm(data) {
  const text = el('textarea.mono', { rows: '6', spellcheck: 'false', value: data.format === 'key' ? JSON.stringify(data.value, null, 1) : '' });
  const f = field(say('edit.key'), text, say('edit.keyHint'));
  const file = field(say('edit.keyFile'), el('input', { type: 'file', accept: '.pem,.pub,.jwk,.json,.txt' }));
  const told = el('div', { role: 'status' });
  const look = async () => {
    const key = await publicKeyOf(text.value).catch(() => null);
    fill(told, key && showKey(key));
    f.wrong(text.value.trim() === '' || key ? null : say(isPrivatePem(text.value) ? 'edit.privateKey' : 'edit.badKey'));
    // A private half has no business in the page, nor anything else that is not the key.
    if (key && text.value.includes('"d"')) text.value = JSON.stringify(key, null, 1);
    if (isPrivatePem(text.value)) text.value = '';
  };
  text.addEventListener('input', look);
  file.input.addEventListener('change', async () => {
    const [chosen] = file.input.files;
    if (!chosen) return;
    text.value = chosen.size > KEY_SIZE_MAX ? '?' : await chosen.text();
    file.input.value = '';
    await look();
  });
  if (text.value !== '') look();
  return {
    node: el('div.editor', null, f.node, told, file.node), wrong: f.wrong,
    read: async () => {
      const key = await publicKeyOf(text.value).catch(() => null);
      if (key === null) throw new Error(say('edit.badKey'));
      return { format: 'key', value: key };
    },
  };
}

export function rawForm(data) {
  const f = field(say('edit.json'), el('textarea.mono', { rows: '8', spellcheck: 'false', value: JSON.stringify(data, null, 1) }), say('edit.jsonHint'));
  return {
    node: f.node, wrong: f.wrong,
    read: () => {
      let read = null;
      try {
        read = JSON.parse(f.input.value);
      } catch { /* told below */ }
      if (typeof read?.format !== 'string' || read.value === undefined) throw new Error(say('edit.badJson'));
      return read;
    },
  };
}

/** The form for @data of @type; context.urls() gives the URL values of the record. */
export function formFor(type, data, context) {
  const upper = type.toUpperCase();
  const isFree = data.format === 'string';
  if (upper === 'HS_ADMIN' && (isFree || data.format === 'admin')) return adminForm(data);
  if (upper === 'HS_VLIST' && (isFree || data.format === 'vlist')) return listForm(data);
  if (upper === 'HS_PUBKEY' && (isFree || data.format === 'key')) return keyForm(data);
  if (upper.startsWith('HS_SITE') && data.format === 'site') return siteForm(data);
  if (upper.startsWith('HS_SITE') && isFree && data.value === '') return siteForm({ value: NEW_SITE });
  if (!isFree || upper.startsWith('HS_SITE')) return rawForm(data);
  if (/^URL(\.|$)/.test(upper)) return urlForm(data);
  if (/^10320\/LOC(\.|$)/.test(upper)) return locationsForm(data, context);
  if (/^EMAIL(\.|$)/.test(upper)) return emailForm(data);
  return textForm(data, /^DESC|^HS_NAMESPACE|^10320\//.test(upper));
}
