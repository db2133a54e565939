// SPDX-License-Identifier: Apache-2.0
// The form of a record: one group of controls a value, by its type, and JSON for what has no form.
import { el, fill } from './dom.js';
import { check, formFor, rawForm } from './forms.js';
import { field } from './frame.js';
import { say } from './say.js';
import { DEFAULT_TTL_S } from './diff.js';
import { asText, DEFAULT_RIGHTS, dataOf, permissionsOf, ttlText, typeName } from './values.js';

export const COMMON_TYPES = ['URL', 'EMAIL', 'DESC', '10320/loc', 'HS_ADMIN', 'HS_PUBKEY', 'HS_VLIST', 'HS_ALIAS', 'HS_SITE'];
const MANY = 50; // from here on only what is seen is laid out
const PERMISSION_KEYS = ['adminRead', 'adminWrite', 'publicRead', 'publicWrite'];

class ValueEditor {
  constructor(value, remove, context) {
    this.original = value;
    this.context = context;
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
    this.form = this.isRaw ? rawForm(this.data) : formFor(type, this.data, this.context);
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
      bad ??= this.form.node.querySelector('[aria-invalid=true]') ?? this.form.node.querySelector('input, textarea');
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
    this.context = { urls: () => this.urls() };
    if (values.length > MANY) this.list.classList.add('many');
    for (const value of values) this.add(value);
    // Where visitors are sent hangs on the URL values, too.
    this.list.addEventListener('input', () => this.editors.forEach((e) => e.form.preview?.()));
    const kinds = ['URL', 'EMAIL', 'DESC', '10320/loc', 'HS_ADMIN', 'HS_PUBKEY', ''].map((type) =>
      el('button.small', { type: 'button', onclick: () => this.addNew(type) }, type === '' ? say('edit.other') : (typeName(type) ?? type)));
    this.node = el('div.editor', null,
      el('datalist', { id: 'types' }, COMMON_TYPES.map((type) => el('option', { value: type }))), this.list,
      el('div.new-kinds', { role: 'group', 'aria-label': say('edit.add') }, el('span.soft.small', null, say('edit.add')), kinds));
  }

  add(value) {
    const editor = new ValueEditor(value, (gone) => this.remove(gone), this.context);
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

  /** The URL values as they are now, as far as they can be told. */
  urls() {
    return this.editors.filter((e) => e.type.input.value.trim().toUpperCase() === 'URL')
      .map((e) => e.place.querySelector('input')?.value ?? asText(e.original)).filter(Boolean);
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
