// SPDX-License-Identifier: Apache-2.0
// The form of 10320/loc: a row a location, what the form does not know stays, and the XML one click away.
import { announce, el, fill, freshId, stranger } from './dom.js';
import { field } from './frame.js';
import { destinations, emptyDocument, hrefOf, readDocument } from './locdoc.js';
import { parseLocations } from './locations.js';
import { formatNumber, say } from './say.js';

const KNOWN = ['href', 'href_template', 'weight', 'country'];
const addressName = (part) => (part.attributes.has('href_template') && !part.attributes.has('href') ? 'href_template' : 'href');
const plainInput = (value, attributes) => el('input', { dir: 'auto', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', value, ...attributes });

class LocationsForm {
  constructor(text, context) {
    this.context = context;
    this.xmlText = text;
    this.document = text.trim() === '' ? emptyDocument() : readDocument(text);
    if (text.trim() === '') this.document.add();
    this.isRaw = this.document === null;
    this.rows = el('ol.locrows');
    this.known = []; // the fields of each row: address, weight, country
    this.body = el('div.editor');
    this.rawToggle = el('input', { type: 'checkbox', checked: this.isRaw, onchange: () => this.setRaw(this.rawToggle.checked) });
    this.wrongNode = el('p.wrong', { id: freshId('loc-wrong'), role: 'alert', hidden: true });
    this.node = el('div.editor.field', null, this.body, this.wrongNode, el('label.check', null, this.rawToggle, say('loc.edit.raw')));
    this.show();
  }

  wrong(text) {
    const isToldBeside = text === say('edit.problems');
    this.wrongNode.textContent = text ?? '';
    this.wrongNode.hidden = !text || isToldBeside;
    if (text) return;
    this.known.forEach((fields) => fields.forEach((f) => f.wrong(null)));
    for (const node of this.body.querySelectorAll('[data-bad]')) node.removeAttribute('aria-invalid');
  }

  text() {
    return this.isRaw ? this.xml.input.value : this.document.text();
  }

  setRaw(isRaw) {
    const text = this.text();
    if (!isRaw) {
      const read = readDocument(text);
      if (read === null) {
        this.wrong(say('loc.edit.badXml'));
        this.rawToggle.checked = true;
        return;
      }
      this.document = read;
    }
    this.wrong(null);
    this.isRaw = isRaw;
    this.xmlText = text;
    this.show();
  }

  show() {
    if (this.isRaw) {
      this.xml = field(say('loc.edit.xml'), el('textarea.mono', { rows: '8', spellcheck: 'false', value: this.xmlText }));
      fill(this.body, this.xml.node, this.document === null && this.xmlText.trim() !== '' && el('p.hint', null, say('loc.edit.badXml')));
      return;
    }
    const { root } = this.document;
    const name = root.attributes.has('choose_by') ? 'choose_by' : 'chooseby';
    const chooseby = field(say('loc.edit.chooseby'), plainInput(root.attributes.get(name) ?? '', { placeholder: 'locatt,address,country,score,weighted', oninput: (event) => {
      root.set(name, event.target.value);
      this.preview();
    } }), say('loc.edit.choosebyHint'));
    this.addButton = el('button.small', { type: 'button', onclick: () => {
      this.document.add();
      this.showRows();
      this.rows.lastElementChild.querySelector('input').focus();
    } }, say('loc.edit.add'));
    fill(this.body, this.rows, el('div.row', null, this.addButton), chooseby.node, this.tryPanel());
    this.showRows();
  }

  showRows() {
    const { locations } = this.document;
    this.known = [];
    fill(this.rows, locations.map((part, i) => this.row(part, i, locations.length)));
    if (locations.length === 0) fill(this.rows, el('li.soft', null, say('loc.edit.none')));
    this.preview();
  }

  row(part, i, count) {
    const n = i + 1;
    const change = (name) => (event) => {
      part.set(name, event.target.value.trim());
      this.preview();
    };
    const href = addressName(part);
    const known = [
      field(say(href === 'href' ? 'loc.edit.href' : 'loc.edit.template'), plainInput(part.attributes.get(href) ?? '', { inputmode: 'url', placeholder: 'https://', oninput: change(href) })),
      field(say('loc.edit.weight'), plainInput(part.attributes.get('weight') ?? '', { inputmode: 'decimal', placeholder: '1', oninput: change('weight') })),
      field(say('loc.edit.country'), plainInput(part.attributes.get('country') ?? '', { oninput: change('country') }))];
    this.known.push(known);
    const button = (key, action, isOff) => el(key === 'remove' ? 'button.small.danger' : 'button.small', {
      type: 'button', disabled: isOff, 'aria-label': say('loc.edit.' + key, { n }), onclick: action }, say('row.' + key));
    const others = [...part.attributes.keys()].filter((name) => !KNOWN.includes(name) || (name === 'href_template' && href === 'href'));
    return el('li', null, el('fieldset', null,
      el('legend', null, say('loc.edit.one', { n })),
      el('div.locfields', null, known.map((f) => f.node)),
      this.attributes(part, others),
      el('div.row', null, button('up', () => this.move(part, -1), i === 0), button('down', () => this.move(part, 1), i + 1 === count),
        button('remove', () => this.remove(part, i)))));
  }

  /* Attributes that have no control of their own: pairs of name and value. */
  attributes(part, names) {
    const list = el('div.editor.pairs');
    const addPair = (given, value) => {
      let name = given;
      const nameInput = plainInput(name, { 'aria-label': say('loc.edit.name', { n: list.childElementCount + 1 }), placeholder: 'id' });
      const valueInput = plainInput(value, { 'aria-label': say('loc.edit.value', { name }) });
      const update = () => {
        const wanted = nameInput.value.trim();
        if (name !== '' && wanted !== name) part.set(name, '');
        const isGood = /^[A-Za-z_][\w:.-]*$/.test(wanted) && (wanted === name || (!part.attributes.has(wanted) && !KNOWN.includes(wanted)));
        nameInput.dataset.bad = isGood || (wanted === '' && valueInput.value === '') ? '' : 'name';
        name = isGood ? wanted : '';
        if (isGood) {
          part.set(wanted, valueInput.value);
          valueInput.setAttribute('aria-label', say('loc.edit.value', { name }));
        }
        this.preview();
      };
      nameInput.addEventListener('input', update);
      valueInput.addEventListener('input', update);
      const node = el('div.pair-row', null, nameInput, valueInput, el('button.small', { type: 'button', 'aria-label': say('loc.edit.removeAttribute', { name: name || '?' }), onclick: () => {
        if (name !== '') part.set(name, '');
        node.remove();
        details.querySelector('summary').focus();
        this.preview();
      } }, say('row.remove')));
      list.append(node);
      return nameInput;
    };
    for (const name of names) addPair(name, part.attributes.get(name));
    const details = el('details', { open: names.length > 0 }, el('summary', null, say('loc.edit.more')),
      list, el('button.plain.small', { type: 'button', onclick: () => addPair('', '').focus() }, say('loc.edit.addAttribute')));
    return details;
  }

  move(part, by) {
    this.document.move(part, by);
    this.showRows();
    const { locations } = this.document;
    const at = locations.indexOf(part);
    const [up, down] = this.rows.children[at].querySelectorAll('fieldset > .row button');
    ((by < 0 ? up : down).disabled ? (by < 0 ? down : up) : (by < 0 ? up : down)).focus();
    announce(say('loc.edit.moved', { n: at + 1, all: locations.length }));
  }

  remove(part, i) {
    this.document.remove(part);
    this.showRows();
    const next = this.rows.children[Math.min(i, this.document.locations.length - 1)]?.querySelector('input');
    (next ?? this.addButton).focus();
    announce(say('loc.edit.removed', { n: this.document.locations.length }));
  }

  /* Where a visitor would be sent */

  tryPanel() {
    const input = () => plainInput('', { oninput: () => this.preview() });
    this.country = field(say('loc.try.country'), input(), say('loc.try.countryHint'));
    this.locatt = field(say('loc.try.locatt'), input(), say('loc.try.locattHint'));
    this.result = el('ul.destinations');
    return el('section.try', { 'aria-label': say('loc.try') }, el('h3', null, say('loc.try')),
      el('div.fields', null, this.country.node, this.locatt.node), el('div', { role: 'status' }, this.result));
  }

  preview() {
    if (!this.result) return;
    const visitor = { country: this.country.input.value, locatt: this.locatt.input.value };
    const found = destinations(this.document, this.context.urls?.() ?? [], visitor).filter((d) => d.url !== '');
    const share = (d) => (d.share === 1 ? say('loc.try.always') : formatNumber(d.share * 100, 1) + '\u202f%');
    const hasNetworks = this.document.locations.some((part) => part.attributes.has('addresses'));
    fill(this.result, found.slice(0, 20).map((d) => el('li', null, el('span.tag', null, share(d)), ' ', stranger(d.url),
      d.location === null && el('span.soft.small', null, ' ', say('loc.try.url')))),
    found.length === 0 && el('li', null, say('loc.try.nowhere')), hasNetworks && el('li.soft', null, say('loc.try.addresses')));
  }

  /* What is wrong is told beside its control. */
  check() {
    let isGood = true;
    const test = (isRight, f, key) => {
      if (isRight) return;
      f.wrong(say('loc.edit.' + key));
      isGood = false;
    };
    this.document.locations.forEach((part, i) => {
      const [href, weight, country] = this.known[i];
      test(addressName(part) !== 'href' || /^[a-z][a-z0-9+.-]*:\S+$/i.test(hrefOf(part) ?? ''), href, 'badHref');
      test(/^(\d+(\.\d*)?|\.\d+)?$/.test(part.attributes.get('weight') ?? ''), weight, 'badWeight');
      test(/^([a-z]{2})?$/i.test(part.attributes.get('country') ?? ''), country, 'badCountry');
    });
    const badName = this.rows.querySelector('[data-bad=name]');
    badName?.setAttribute('aria-invalid', 'true');
    if (badName) throw new Error(say('loc.edit.badName'));
    if (!isGood) throw new Error(say('edit.problems'));
  }

  read() {
    this.wrong(null);
    const value = this.text();
    if (!this.isRaw && value !== this.xmlText) this.check();
    if (this.isRaw && parseLocations(value) === null) throw new Error(say('edit.badLocations'));
    return { format: 'string', value };
  }
}

export const locationsForm = (data, context) => new LocationsForm(data.format === 'string' ? data.value : '', context);
