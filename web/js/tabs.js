// SPDX-License-Identifier: Apache-2.0
// Tabs as the ARIA practices have them: arrows move, one panel is shown.
import { el, freshId } from './dom.js';

/** @items: { id, label, node }. Gives { node, current(), choose(id) }. */
export function tabs(label, items, changed) {
  let chosen = items[0].id;
  const parts = items.map((item) => {
    const tabId = freshId('tab');
    const panelId = freshId('panel');
    const tab = el('button', { type: 'button', role: 'tab', id: tabId, 'aria-controls': panelId, onclick: () => choose(item.id) }, item.label);
    const panel = el('div', { role: 'tabpanel', id: panelId, 'aria-labelledby': tabId }, item.node);
    return { ...item, tab, panel };
  });

  function show() {
    for (const part of parts) {
      const isChosen = part.id === chosen;
      part.tab.setAttribute('aria-selected', String(isChosen));
      part.tab.setAttribute('tabindex', isChosen ? '0' : '-1');
      part.panel.hidden = !isChosen;
    }
  }

  function choose(id, focus) {
    chosen = id;
    show();
    if (focus) parts.find((p) => p.id === id).tab.focus();
    changed?.(id);
  }

  const list = el('div', { role: 'tablist', 'aria-label': label, onkeydown: (event) => {
    const at = parts.findIndex((p) => p.id === chosen);
    const forward = getComputedStyle(list).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const to = { [forward]: at + 1, [forward === 'ArrowRight' ? 'ArrowLeft' : 'ArrowRight']: at - 1 + parts.length, Home: 0, End: parts.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(parts[to % parts.length].id, true);
  } }, parts.map((p) => p.tab));
  show();
  return { node: el('div.editor', null, list, parts.map((p) => p.panel)), current: () => chosen, choose };
}
