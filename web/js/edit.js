// SPDX-License-Identifier: Apache-2.0
// The form of a record: one group of controls a value, by its type, and JSON for what has no form.
import { el, fill } from './dom.js';
import { field } from './frame.js';
import { parseIdentity } from './identifier.js';
import { parseLocations } from './locations.js';
import { say } from './say.js';
import { DEFAULT_TTL_S } from './diff.js';
import { DEFAULT_RIGHTS, RIGHTS, RIGHT_LIST_PREFIXES, dataOf, permissionsOf, rightsOf, rightsText, ttlText, typeName } from './values.js';

export const COMMON_TYPES = ['URL', 'EMAIL', 'DESC', '10320/loc', 'HS_ADMIN', 'HS_PUBKEY', 'HS_VLIST', 'HS_ALIAS', 'HS_SITE'];
const PERMISSION_KEYS = ['adminRead', 'adminWrite', 'publicRead', 'publicWrite'];

function check(label, checked) {
  const input = el('input', { type: 'checkbox', checked });
  return { node: el('label.check', null, input, label), input };
}

/* Each form: { node, read() } where read gives { format, value } or throws an Error with words. */

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

function identityOf(text) {
  const ref = parseIdentity(text);
  if (!ref) throw new Error(say('edit.badIdentity', { text }));
  return ref;
}

function adminForm(data) {
  const admin = data.format === 'admin' ? data.value : { handle: '', index: 300, permissions: DEFAULT_RIGHTS };
  const rights = rightsOf(admin.permissions);
  const who = field(say('edit.who'), el('input', { autocomplete: 'off', spellcheck: 'false', placeholder: '300:0.NA/20.500.12345', value: admin.handle ? `${admin.index}:${admin.handle}` : '' }), say('edit.whoHint'));
  const boxes = ['create', 'delete', 'readValue', 'addValue', 'modifyValue', 'removeValue', 'addAdmin', 'modifyAdmin', 'removeAdmin',
    'list', 'addPrefix', 'deletePrefix', RIGHT_LIST_PREFIXES].map((right) => ({ right, ...check(say('right.' + right), rights.includes(right)) }));
  const all = el('button.plain.small', { type: 'button', onclick: () => boxes.forEach((b) => {
    b.input.checked = RIGHTS.includes(b.right);
  }) }, say('edit.allRights'));
  return {
    node: el('div.editor', null, who.node, el('fieldset', null, el('legend', null, say('edit.rights')), el('div.checks', null, boxes.map((b) => b.node)), all)),
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
  return {
    node: f.node, wrong: f.wrong,
    read: () => ({ format: 'vlist', value: f.input.value.split('\n').filter((l) => l.trim() !== '').map((l) => identityOf(l)).map(({ index, handle }) => ({ handle, index })) }),
  };
}

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

function keyForm(data) {
  const f = field(say('edit.key'), el('textarea.mono', { rows: '6', spellcheck: 'false', value: data.format === 'key' ? JSON.stringify(data.value, null, 1) : '' }), say('edit.keyHint'));
  return {
    node: f.node, wrong: f.wrong,
    read: async () => {
      const key = await publicKeyOf(f.input.value).catch(() => null);
      if (key === null) throw new Error(say('edit.badKey'));
      return { format: 'key', value: key };
    },
  };
}

function locationsForm(data) {
  const text = data.format === 'string' && data.value !== '' ? data.value : '<locations>\n  <location id="1" href="https://" weight="1"/>\n</locations>';
  const form = textForm({ format: 'string', value: text }, true);
  return { ...form, read: () => {
    const value = form.read();
    if (parseLocations(value.value) === null) throw new Error(say('edit.badLocations'));
    return value;
  } };
}

function rawForm(data) {
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

function formFor(type, data) {
  const upper = type.toUpperCase();
  const isFree = data.format === 'string';
  if (upper === 'HS_ADMIN' && (isFree || data.format === 'admin')) return adminForm(data);
  if (upper === 'HS_VLIST' && (isFree || data.format === 'vlist')) return listForm(data);
  if (upper === 'HS_PUBKEY' && (isFree || data.format === 'key')) return keyForm(data);
  if (!isFree || upper.startsWith('HS_SITE')) return rawForm(data);
  if (/^URL(\.|$)/.test(upper)) return urlForm(data);
  if (/^10320\/LOC(\.|$)/.test(upper)) return locationsForm(data);
  return textForm(data, /^DESC|^HS_NAMESPACE|^10320\//.test(upper));
}

class ValueEditor {
  constructor(value, remove) {
    this.original = value;
    this.data = dataOf(value);
    this.isRaw = false;
    this.index = field(say('edit.index'), el('input', { type: 'number', min: '1', max: '4294967295', step: '1', required: true, value: String(value.index) }));
    this.type = field(say('edit.type'), el('input', { list: 'types', autocomplete: 'off', spellcheck: 'false', required: true, dir: 'auto', value: value.type }));
    this.ttl = field(say('edit.ttl'), el('input', { autocomplete: 'off', value: String(value.ttl ?? DEFAULT_TTL_S) }), ttlText(value.ttl ?? DEFAULT_TTL_S));
    this.permissions = PERMISSION_KEYS.map((key, i) => check(say('permission.' + key), permissionsOf(value)[i]));
    this.place = el('div');
    this.rawToggle = check(say('edit.raw'), false);
    this.rawToggle.input.addEventListener('change', () => this.setRaw(this.rawToggle.input.checked));
    this.type.input.addEventListener('change', () => this.setType());
    this.ttl.input.addEventListener('input', () => this.tellTtl());
    this.title = el('legend.off-screen');
    this.node = el('fieldset.edit-value', null, this.title,
      el('div.edit-head', null, this.index.node, this.type.node,
        el('button.danger', { type: 'button', onclick: () => remove(this) }, say('edit.remove'))),
      this.place,
      el('details', null, el('summary', null, say('edit.more')),
        el('div.editor', null, el('div.fields', null, this.ttl.node,
          el('fieldset', null, el('legend', null, say('edit.permissions')), el('div.checks', null, this.permissions.map((p) => p.node)))),
        this.rawToggle.node)));
    this.showForm();
  }

  showForm() {
    const type = this.type.input.value.trim();
    this.form = this.isRaw ? rawForm(this.data) : formFor(type, this.data);
    fill(this.place, this.form.node);
    this.title.textContent = say('edit.valueTitle', { index: this.index.input.value, type: typeName(type) ?? type });
  }

  async setRaw(isRaw) {
    try {
      this.data = await this.form.read();
    } catch { /* then it begins with what was there */ }
    this.isRaw = isRaw;
    this.showForm();
  }

  async setType() {
    try {
      this.data = await this.form.read();
    } catch { /* nothing to take over */ }
    if (this.data.format !== 'string' && !this.isRaw) this.data = { format: 'string', value: '' };
    this.showForm();
  }

  tellTtl() {
    const hint = this.ttl.node.querySelector('.hint');
    const text = this.ttl.input.value.trim();
    if (/^\d+$/.test(text)) hint.textContent = ttlText(Number(text));
    else hint.textContent = Number.isNaN(Date.parse(text)) ? say('edit.badTtl') : ttlText(text);
  }

  readTtl() {
    const text = this.ttl.input.value.trim();
    if (/^-?\d{1,10}$/.test(text)) return Number(text);
    if (/^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))) return text;
    throw new Error(say('edit.badTtl'));
  }

  /** The value; throws when something is wrong, which is then said beside the control. */
  async read(taken) {
    for (const f of [this.index, this.type, this.ttl]) f.wrong(null);
    this.form.wrong(null);
    let bad = null;
    const attempt = (f, read) => {
      try {
        return read();
      } catch (error) {
        f.wrong(error.message);
        bad ??= f.input ?? this.node;
        return undefined;
      }
    };
    const index = attempt(this.index, () => {
      const number = Number(this.index.input.value);
      if (!Number.isInteger(number) || number < 1 || number > 4294967295) throw new Error(say('edit.badIndex'));
      if (taken.has(number)) throw new Error(say('edit.takenIndex'));
      taken.add(number);
      return number;
    });
    const type = attempt(this.type, () => {
      const text = this.type.input.value.trim();
      if (text === '') throw new Error(say('edit.badType'));
      return text;
    });
    const ttl = attempt(this.ttl, () => this.readTtl());
    let data;
    try {
      data = await this.form.read();
    } catch (error) {
      this.form.wrong(error.message);
      bad ??= this.form.node.querySelector('input, textarea');
    }
    if (bad) {
      const hidden = bad.closest?.('details');
      if (hidden) hidden.open = true;
      throw Object.assign(new Error(say('edit.problems')), { control: bad });
    }
    const permissions = this.permissions.map((p) => (p.input.checked ? '1' : '0')).join('');
    const value = { index, type, data, ttl };
    if (permissions !== '1110') value.permissions = permissions;
    if (this.original.references?.length > 0) value.references = this.original.references;
    return value;
  }
}

export class Editor {
  constructor(values, { admin } = {}) {
    this.admin = admin;
    this.list = el('div.editor');
    this.editors = [];
    for (const value of values) this.add(value);
    const kinds = ['URL', 'EMAIL', 'DESC', '10320/loc', 'HS_ADMIN', 'HS_PUBKEY', ''].map((type) =>
      el('button.small', { type: 'button', onclick: () => this.addNew(type) }, type === '' ? say('edit.other') : (typeName(type) ?? type)));
    this.node = el('div.editor', null,
      el('datalist', { id: 'types' }, COMMON_TYPES.map((type) => el('option', { value: type }))), this.list,
      el('div.new-kinds', { role: 'group', 'aria-label': say('edit.add') }, el('span.soft.small', null, say('edit.add')), kinds));
  }

  add(value) {
    const editor = new ValueEditor(value, (gone) => this.remove(gone));
    this.editors.push(editor);
    this.list.append(editor.node);
    return editor;
  }

  remove(editor) {
    const at = this.editors.indexOf(editor);
    this.editors.splice(at, 1);
    editor.node.remove();
    const next = this.editors[Math.min(at, this.editors.length - 1)];
    (next?.node.querySelector('input') ?? this.node.querySelector('.new-kinds button')).focus();
  }

  freeIndex(type) {
    const taken = new Set(this.editors.map((e) => Number(e.index.input.value)));
    let index = { HS_ADMIN: 100, HS_VLIST: 200, HS_PUBKEY: 300 }[type] ?? 1;
    while (taken.has(index) || (index >= 100 && index < 200 && type !== 'HS_ADMIN')) index += 1;
    return index;
  }

  addNew(type) {
    const isAdmin = type === 'HS_ADMIN' && this.admin;
    const data = isAdmin ? { format: 'admin', value: { ...this.admin, permissions: DEFAULT_RIGHTS } } : { format: 'string', value: '' };
    const editor = this.add({ index: this.freeIndex(type), type, data });
    (type === '' ? editor.type.input : editor.place.querySelector('input, textarea'))?.focus();
  }

  /** All values in the order of their indexes. On a mistake: an Error, and the control has the focus. */
  async read() {
    const taken = new Set();
    const values = [];
    let first = null;
    for (const editor of this.editors) {
      try {
        values.push(await editor.read(taken));
      } catch (error) {
        first ??= error;
      }
    }
    if (first) {
      first.control?.focus();
      throw first;
    }
    return values.sort((a, b) => a.index - b.index);
  }
}
