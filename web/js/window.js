// SPDX-License-Identifier: Apache-2.0
// A list of any length of which only the rows in view are elements.
import { el, freshId } from './dom.js';

const ROW_PX = 36;
const SPACE_PX_MAX = 8000000; // browsers stop at 16 to 33 million; above this the scroll bar is scaled
const EXTRA_ROWS = 6;

export class ListWindow {
  /** @fillRow(row, index): what is in a row; @chosen(index): Enter or a click. */
  constructor(label, fillRow, chosen) {
    this.fillRow = fillRow;
    this.chosen = chosen;
    this.count = 0;
    this.top = 0; // first row in view, with a fraction
    this.current = -1;
    this.rows = new Map();
    this.idFront = freshId('row');
    this.space = el('div.window-space', { role: 'presentation' });
    this.node = el('div.window', { role: 'listbox', tabindex: '0', 'aria-label': label }, this.space);
    this.node.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.node.addEventListener('keydown', (event) => this.key(event));
    this.node.addEventListener('focus', () => {
      if (this.current < 0 && this.count > 0) this.select(Math.ceil(this.top));
    });
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  get perPage() {
    return Math.max(1, Math.floor(this.node.clientHeight / ROW_PX));
  }

  get height() {
    return Math.min(this.count * ROW_PX, SPACE_PX_MAX);
  }

  // Rows that can be above the first in view, and pixels that can be scrolled.
  get range() {
    return { rows: Math.max(0, this.count - this.node.clientHeight / ROW_PX), px: Math.max(1, this.height - this.node.clientHeight) };
  }

  /** There are @count rows now; @keep: stay where we are. */
  setCount(count, keep) {
    this.count = count;
    this.space.style.setProperty('height', this.height + 'px');
    if (!keep) {
      this.current = -1;
      this.top = 0;
      this.node.scrollTop = 0;
    }
    if (this.current >= count) this.current = count - 1;
    this.forget();
    this.draw();
  }

  forget() {
    this.rows.forEach((row) => row.remove());
    this.rows.clear();
  }

  scrolled() {
    const { rows, px } = this.range;
    // A small movement is one of rows, so that scaling does not make wheels and arrows leap.
    const at = this.node.scrollTop;
    const moved = at - (this.lastPx ?? 0);
    const isScaled = this.count * ROW_PX > SPACE_PX_MAX;
    if (isScaled && Math.abs(moved) < 1000) this.top = Math.min(rows, Math.max(0, this.top + moved / ROW_PX));
    else this.top = (at / px) * rows;
    if (at <= 0) this.top = 0;
    if (at >= px - 1) this.top = rows;
    this.lastPx = at;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.top) - EXTRA_ROWS);
    const last = Math.min(this.count, Math.ceil(this.top + this.node.clientHeight / ROW_PX) + EXTRA_ROWS);
    for (const [index, row] of this.rows) {
      if (index >= first && index < last) continue;
      row.remove();
      this.rows.delete(index);
    }
    for (let index = first; index < last; index++) {
      let row = this.rows.get(index);
      if (!row) {
        row = this.makeRow(index);
        this.rows.set(index, row);
        this.space.append(row);
      }
      row.style.setProperty('top', this.node.scrollTop + (index - this.top) * ROW_PX + 'px');
    }
  }

  makeRow(index) {
    const row = el('div.window-row', { role: 'option', id: `${this.idFront}-${index}`, 'aria-setsize': String(this.count), 'aria-posinset': String(index + 1), onclick: () => {
      this.select(index);
      this.chosen(index);
    } });
    this.fillRow(row, index);
    this.mark(row, index === this.current);
    return row;
  }

  mark(row, isCurrent) {
    row.classList.toggle('current', isCurrent);
    row.setAttribute('aria-selected', String(isCurrent));
  }

  /** Bring row @index into view. */
  show(index) {
    const { rows, px } = this.range;
    const page = this.node.clientHeight / ROW_PX;
    if (index < this.top) this.top = index;
    else if (index > this.top + page - 1) this.top = Math.min(rows, index - page + 1);
    else return;
    this.node.scrollTop = rows === 0 ? 0 : (this.top / rows) * px;
    this.lastPx = this.node.scrollTop;
    this.draw();
  }

  select(index) {
    if (this.count === 0) return;
    const before = this.rows.get(this.current);
    if (before) this.mark(before, false);
    this.current = Math.min(this.count - 1, Math.max(0, index));
    this.show(this.current);
    this.draw();
    const row = this.rows.get(this.current);
    if (!row) return;
    this.mark(row, true);
    this.node.setAttribute('aria-activedescendant', row.id);
  }

  key(event) {
    const at = this.current < 0 ? 0 : this.current;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + this.perPage, PageUp: at - this.perPage, Home: 0, End: this.count - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.select(to);
    } else if ((event.key === 'Enter' || event.key === ' ') && this.current >= 0) {
      event.preventDefault();
      this.chosen(this.current);
    }
  }

  /** Draw the rows in view anew. */
  refresh() {
    this.forget();
    this.draw();
  }
}

