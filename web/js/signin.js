// SPDX-License-Identifier: Apache-2.0
// Sign in: with a key file, with a secret that is only proven, or with one that is sent.
import { announce, el, fill, stranger } from './dom.js';
import { busy, field, note, showError } from './frame.js';
import { parseIdentity } from './identifier.js';
import { isEncrypted, KeyError, provePossession, proveSecret, readKey } from './keys.js';
import { call, isSecure, signIn, signInBasic } from './rest.js';
import { say } from './say.js';
import { tabs } from './tabs.js';

const KEY_FILE_MAX = 65536;

function inWords(error) {
  return error instanceof KeyError ? Object.assign(new Error(say('key.' + error.reason)), { status: 0 }) : error;
}

/** Over plain HTTP the server takes no credentials: where to go instead. */
async function insecureNote() {
  const box = note('warn', el('p', null, say('signin.insecure')));
  try {
    const { body } = await call('GET', '/api/site', { anonymous: true });
    const found = (body.site?.servers ?? []).flatMap((s) => s.interfaces ?? []).find((i) => i.protocol === 'HTTPS');
    const port = found?.port ?? (location.port === '8000' ? 8443 : null); // as they are unless somebody says otherwise
    if (Number.isInteger(port)) {
      const href = `https://${location.hostname}:${port}${location.pathname}${location.hash}`;
      box.append(el('p', null, el('a', { href }, href)));
    }
  } catch { /* then without a link */ }
  return box;
}

class KeyChoice {
  constructor() {
    this.text = null;
    this.told = el('p', { role: 'status' });
    this.file = field(say('signin.file'), el('input', { type: 'file', accept: '.pem,.key,.jwk,.json,.txt' }), say('signin.fileHint'));
    this.passphrase = field(say('signin.passphrase'), el('input', { type: 'password', autocomplete: 'off' }));
    this.passphrase.node.hidden = true;
    this.zone = el('div.drop', null, this.file.node, this.told);
    this.node = el('div.editor', null, this.zone, this.passphrase.node);
    this.file.input.addEventListener('change', () => this.take(this.file.input.files[0]));
    for (const name of ['dragenter', 'dragover']) this.zone.addEventListener(name, (event) => {
      event.preventDefault();
      this.zone.classList.add('over');
    });
    for (const name of ['dragleave', 'drop']) this.zone.addEventListener(name, () => this.zone.classList.remove('over'));
    this.zone.addEventListener('drop', (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      this.take(file).then(() => file && fill(this.told, say('signin.chosen'), ' ', stranger(file.name)));
    });
  }

  async take(file) {
    if (!file) return;
    this.file.wrong(file.size > KEY_FILE_MAX ? say('key.unknownForm') : null);
    this.text = file.size > KEY_FILE_MAX ? null : await file.text();
    this.passphrase.node.hidden = this.text === null || !isEncrypted(this.text);
    fill(this.told);
    if (!this.passphrase.node.hidden) this.passphrase.input.focus();
  }

  async key() {
    if (this.text === null) throw new KeyError('none');
    return readKey(this.text, this.passphrase.input.value);
  }

  forget() {
    this.text = null;
    this.passphrase.input.value = '';
    this.file.input.value = '';
  }
}

export function signInForm(done) {
  const identity = field(say('signin.identity'), el('input', { autocomplete: 'username', spellcheck: 'false', autocapitalize: 'off', required: true, placeholder: '300:0.NA/20.500.12345' }), say('signin.identityHint'));
  const choice = new KeyChoice();
  const secret = field(say('signin.secret'), el('input', { type: 'password', autocomplete: 'current-password' }), say('signin.secretHint'));
  const basic = field(say('signin.basic'), el('input', { type: 'password', autocomplete: 'current-password' }), say('signin.basicHint'));
  const ways = tabs(say('signin.how'), [
    { id: 'key', label: say('signin.byKey'), node: choice.node },
    { id: 'secret', label: say('signin.bySecret'), node: secret.node },
    { id: 'basic', label: say('signin.byBasic'), node: basic.node },
  ]);
  const told = el('div', { 'aria-live': 'assertive' });
  const button = el('button.primary', { type: 'submit' }, say('signin.button'));

  async function prove(id) {
    if (ways.current() === 'basic') return signInBasic(id, basic.input.value);
    if (ways.current() === 'secret') return signIn(id, 'secret', (nonce, cnonce) => proveSecret(secret.input.value, nonce, cnonce));
    const key = await choice.key();
    return signIn(id, 'key', (nonce, cnonce) => provePossession(key, nonce, cnonce));
  }

  async function submit(event) {
    event.preventDefault();
    const found = parseIdentity(identity.input.value);
    identity.wrong(found ? null : say('signin.badIdentity'));
    if (!found) {
      identity.input.focus();
      return;
    }
    button.disabled = true;
    fill(told, busy(say('signin.busy')));
    try {
      await prove(`${found.index}:${found.handle}`);
      choice.forget();
      secret.input.value = '';
      basic.input.value = '';
      announce(say('signin.done'));
      done();
    } catch (error) {
      fill(told, showError(inWords(error)));
    }
    button.disabled = false;
  }

  const form = el('form.card', { onsubmit: submit, 'aria-labelledby': 'signin-title', novalidate: true },
    el('h2', { id: 'signin-title' }, say('signin.title')), identity.node, ways.node, told,
    el('div.row', null, button), el('p.small.soft', null, say('signin.promise')));
  if (!isSecure()) insecureNote().then((box) => form.prepend(box));
  return form;
}
