// SPDX-License-Identifier: Apache-2.0
// What all pages share: their language, who is signed in, messages, a question before something happens.
import { announce, byId, el, fill, stranger } from './dom.js';
import { checkSession, session, signOut } from './rest.js';
import { say, translatePage } from './say.js';

function showSession() {
  const who = byId('who');
  const current = session();
  who.hidden = current === null;
  if (current === null) return;
  fill(who, el('span', null, stranger(current.id)),
    el('button.small', { type: 'button', onclick: async () => {
      await signOut();
      announce(say('session.out'));
    } }, say('session.signOut')));
}

export function startPage() {
  translatePage();
  showSession();
  window.addEventListener('ansa-session', showSession);
  if (session()) checkSession();
}

/** A box that tells something; kind is "bad", "good", "warn" or nothing. */
export const note = (kind, ...content) => el(kind ? 'div.note.' + kind : 'div.note', kind === 'bad' ? { role: 'alert' } : null, content);

/** An error in words. Our own mistakes go to the console as well. */
export function showError(error) {
  if (error.name !== 'RestError' && error.status === undefined) console.error(error);
  return note('bad', el('p', null, stranger(error.message)));
}

export const busy = (text) => el('p.busy', { role: 'status' }, text);

/** Ask in a dialog; true when the person agrees. @content: nodes, @action: the word on the button. */
export function confirmWith(title, content, action, isDangerous) {
  return new Promise((resolve) => {
    const yes = el(isDangerous ? 'button.danger.primary' : 'button.primary', { type: 'submit', value: 'yes' }, action);
    const no = el('button', { type: 'submit', value: 'no', formnovalidate: true }, say('dialog.cancel'));
    const dialog = el('dialog', { 'aria-labelledby': 'dialog-title' },
      el('form', { method: 'dialog' }, el('h2', { id: 'dialog-title' }, title), content, el('div.row', null, yes, no)));
    dialog.addEventListener('close', () => {
      const agreed = dialog.returnValue === 'yes';
      dialog.remove();
      resolve(agreed);
    });
    document.body.append(dialog);
    dialog.showModal();
    (isDangerous ? no : yes).focus();
  });
}

/** A labelled control: { node, input, wrong(text) }. */
let fieldCount = 0;
export function field(label, input, hint) {
  fieldCount += 1;
  const id = input.id || 'field-' + fieldCount;
  input.id = id;
  const told = [];
  const hintNode = hint ? el('p.hint', { id: id + '-hint' }, hint) : null;
  if (hintNode) told.push(id + '-hint');
  const wrongNode = el('p.wrong', { id: id + '-wrong', hidden: true });
  if (told.length > 0) input.setAttribute('aria-describedby', told.join(' '));
  const wrong = (text) => {
    wrongNode.textContent = text ?? '';
    wrongNode.hidden = !text;
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    input.setAttribute('aria-describedby', [...told, ...(text ? [id + '-wrong'] : [])].join(' '));
  };
  return { node: el('div.field', null, el('label', { for: id }, label), input, hintNode, wrongNode), input, wrong };
}
