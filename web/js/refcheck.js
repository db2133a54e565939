// SPDX-License-Identifier: Apache-2.0
// Does what a reference (300:0.NA/20.500.12345) names exist, and can anybody sign in with it?
import { el, fill, stranger } from './dom.js';
import { parseIdentity } from './identifier.js';
import { readRecord } from './rest.js';
import { say } from './say.js';
import { dataOf, keyFacts, typeName } from './values.js';

const SIGNS = /^HS_(PUBKEY|SECKEY|VLIST)(\.|$)/i;

function describe(value) {
  const { format, value: data } = dataOf(value);
  const name = typeName(String(value.type)) ?? String(value.type);
  if (format !== 'key') return name;
  const { kind, bits } = keyFacts(data);
  return `${name}, ` + say('key.kind', { kind, bits: String(bits) });
}

/** { isGood, text } */
export async function checkReference({ index, handle }) {
  try {
    const { values } = await readRecord(handle);
    if (values === null) return { isGood: false, text: say('check.noRecord', { id: handle }) };
    if (index === 0) return { isGood: true, text: say('check.any', { id: handle }) };
    const value = values.find((v) => Number(v.index) === index);
    if (!value) return { isGood: false, text: say('check.noValue', { id: handle, index: String(index) }) };
    if (!SIGNS.test(value.type)) return { isGood: false, text: say('check.noKey', { id: handle, index: String(index), type: String(value.type) }) };
    return { isGood: true, text: say('check.key', { what: describe(value) }) };
  } catch (error) {
    return { isGood: false, text: say('check.failed', { message: error.message }) };
  }
}

/**
 * Below @control what became of the references in it, one a line, whenever it is changed. The node
 * to show; it never stands in the way of sending.
 */
export function referenceCheck(control) {
  const list = el('ul.checked');
  const node = el('div');
  let turn = 0;
  const look = async () => {
    turn += 1;
    const mine = turn;
    const refs = control.value.split('\n').map(parseIdentity).filter(Boolean).slice(0, 20);
    if (refs.length === 0) {
      node.replaceChildren();
      return;
    }
    fill(node, fill(list, el('li', null, say('check.busy'))));
    const found = await Promise.all(refs.map(checkReference));
    if (mine !== turn) return;
    fill(list, found.map((f, i) => el(f.isGood ? 'li.right' : 'li.doubtful', null,
      refs.length > 1 && el('code', null, stranger(`${refs[i].index}:${refs[i].handle}`), ' '), stranger(f.text))));
  };
  control.addEventListener('change', () => {
    node.setAttribute('role', 'status'); // what was asked for is announced, what is found at first is not
    look();
  });
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    look();
  });
  seen.observe(control);
  return node;
}
