// SPDX-License-Identifier: Apache-2.0
// The form of HS_SITE: its servers with their interfaces. Members that the form does not know stay.
import { el, fill } from './dom.js';
import { field } from './frame.js';
import { publicKeyOf } from './publickey.js';
import { say } from './say.js';

const PROTOCOLS = ['UDP', 'TCP', 'HTTP', 'HTTPS'];
const isAddress = (text) => /^(\d{1,3}\.){3}\d{1,3}$/.test(text) ? text.split('.').every((part) => Number(part) < 256) : /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(text);

function check(label, checked, change) {
  const input = el('input', { type: 'checkbox', checked, onchange: () => change(input.checked) });
  return el('label.check', null, input, label);
}

class SiteForm {
  constructor(site) {
    this.site = structuredClone(site);
    this.site.servers ??= [];
    this.checks = [];
    this.node = el('div.editor');
    this.show();
  }

  number(owner, member, label, from, to, hint) {
    const f = field(label, el('input', { inputmode: 'numeric', autocomplete: 'off', value: String(owner[member] ?? '') }), hint);
    this.checks.push(() => {
      const value = Number(f.input.value);
      const isGood = /^\d+$/.test(f.input.value.trim()) && value >= from && value <= to;
      f.wrong(isGood ? null : say('site.edit.badNumber', { from: String(from), to: String(to) }));
      if (isGood && owner[member] !== value) owner[member] = value;
      return isGood;
    });
    return f.node;
  }

  text(owner, member, label, test, wrong) {
    const f = field(label, el('input', { autocomplete: 'off', spellcheck: 'false', value: String(owner[member] ?? '') }));
    this.checks.push(() => {
      const value = f.input.value.trim();
      const isGood = test(value);
      f.wrong(isGood ? null : wrong);
      if (isGood && String(owner[member] ?? '') !== value) owner[member] = value;
      return isGood;
    });
    return f.node;
  }

  /* What was typed goes into the site before the form is made anew. */
  again(change, focus) {
    for (const look of this.checks) look();
    change();
    this.show();
    focus?.();
  }

  key(server, n) {
    const was = server.publicKey;
    const shown = was?.format === 'key' ? JSON.stringify(was.value, null, 1) : '';
    const f = field(say('site.edit.key'), el('textarea.mono', { rows: '4', spellcheck: 'false', value: shown }));
    this.checks.push(async () => {
      if (f.input.value === shown) return true;
      const key = await publicKeyOf(f.input.value).catch(() => null);
      f.wrong(key === null ? say('site.edit.badKey', { n }) : null);
      if (key !== null) server.publicKey = { format: 'key', value: key };
      return key !== null;
    });
    return el('details', null, el('summary', null, say('site.edit.key')), f.node);
  }

  interface(server, one, i, n) {
    const protocol = el('select', { onchange: () => {
      one.protocol = protocol.value;
    } }, [...new Set([...PROTOCOLS, String(one.protocol)])].map((p) => el('option', { value: p, selected: p === one.protocol }, p)));
    return el('fieldset.interface', null, el('legend.off-screen', null, say('site.edit.interface', { n: i + 1, server: n })),
      field(say('site.edit.protocol'), protocol).node, this.number(one, 'port', say('site.edit.port'), 1, 65535),
      el('div.checks', null, check(say('site.edit.query'), one.query === true, (on) => {
        one.query = on;
      }), check(say('site.edit.admin'), one.admin === true, (on) => {
        one.admin = on;
      })),
      el('button.small', { type: 'button', 'aria-label': say('site.edit.removeInterface', { n: i + 1, server: n }), onclick: () =>
        this.again(() => server.interfaces.splice(i, 1), () => this.node.querySelectorAll('.server')[n - 1].querySelector('.add').focus()) }, say('row.remove')));
  }

  server(server, i) {
    const n = i + 1;
    server.interfaces ??= [];
    return el('fieldset.server', null, el('legend', null, say('site.edit.server', { n })),
      el('div.fields', null, this.text(server, 'address', say('site.edit.address'), isAddress, say('site.edit.badAddress')),
        this.number(server, 'serverId', say('site.edit.id'), 0, 4294967295)),
      server.interfaces.map((one, at) => this.interface(server, one, at, n)),
      this.key(server, n),
      el('div.row', null, el('button.small.add', { type: 'button', onclick: () => this.again(() =>
        server.interfaces.push({ query: true, admin: false, protocol: 'TCP', port: 2641 }), () => [...this.node.querySelectorAll('.server')[i].querySelectorAll('.interface')].pop().querySelector('select').focus()) }, say('site.edit.addInterface')),
      el('button.small.danger', { type: 'button', 'aria-label': say('site.edit.removeServer', { n }), onclick: () =>
        this.again(() => this.site.servers.splice(i, 1), () => this.node.querySelector('.add-server').focus()) }, say('row.remove'))));
  }

  show() {
    const { site } = this;
    this.checks = [];
    const attributes = (site.attributes ?? []).map((attribute, i) => {
      const f = field(attribute.name || say('site.edit.attribute', { n: i + 1 }), el('input', { value: String(attribute.value ?? ''), dir: 'auto', oninput: () => {
        attribute.value = f.input.value;
      } }));
      return f.node;
    });
    fill(this.node,
      el('div.fields', null, this.number(site, 'serialNumber', say('site.edit.serial'), 0, 65535, say('site.edit.serialHint')), attributes),
      el('div.checks', null, check(say('site.edit.primary'), site.primarySite === true, (on) => {
        site.primarySite = on;
      }), check(say('site.edit.multi'), site.multiPrimary === true, (on) => {
        site.multiPrimary = on;
      })),
      site.servers.map((server, i) => this.server(server, i)),
      el('div.row', null, el('button.small.add-server', { type: 'button', onclick: () => this.again(() =>
        site.servers.push({ serverId: site.servers.length + 1, address: '', interfaces: [{ query: true, admin: true, protocol: 'TCP', port: 2641 }] }),
      () => [...this.node.querySelectorAll('.server')].pop().querySelector('input').focus()) }, say('site.edit.addServer'))));
  }

  wrong() { /* told beside the controls */ }

  async read() {
    const results = await Promise.all(this.checks.map((look) => look()));
    if (results.includes(false)) throw new Error(say('edit.problems'));
    return { format: 'site', value: structuredClone(this.site) };
  }
}

export const siteForm = (data) => new SiteForm(data.value);
