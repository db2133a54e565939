// SPDX-License-Identifier: Apache-2.0
// Many records from a table: what is in it, what it will become, then in pieces to the server.
// Each piece has an idempotency key, so one that was cut off is sent again without harm.
import { announce, el, fill, offerFile, stranger } from './dom.js';
import { field, note, showError } from './frame.js';
import { parseIdentity } from './identifier.js';
import { forgetUpload, keepUpload, keptUploads } from './keep.js';
import { sha256, toHex, utf8 } from './octets.js';
import { eachLines, RestError, send, session } from './rest.js';
import { formatAge, formatDuration, say } from './say.js';
import { guessColumns, makeRequests, parseTable } from './table.js';
import { COMMON_TYPES } from './edit.js';
import { DEFAULT_RIGHTS } from './values.js';

const PIECE_LINES = 1000;
const PIECE_SIZE_MAX = 4000000;
const PREVIEW_ROWS = 12;
const PROBLEMS_SHOWN = 100;
const FILE_SIZE_MAX = 512 * 1024 * 1024;
const BAD_KEPT_MAX = 200;

const ageOf = (entry) => formatAge((Date.now() - entry.time) / 1000);

async function digestOf(text) {
  const octets = utf8(text);
  return toHex(crypto.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', octets)) : sha256(octets));
}

const freshUploadId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (o) => o.toString(16).padStart(2, '0')).join('');

class Upload {
  constructor(place) {
    this.place = place;
    this.state = 'none';
  }

  /* Choosing */

  async take(name, text) {
    this.name = name;
    this.table = parseTable(text);
    this.columns = this.table.header || this.table.kind !== 'jsonl' ? guessColumns(this.table) : [];
    this.op = 'create';
    const mine = parseIdentity(session()?.id ?? '');
    this.admin = mine ? `${mine.index}:${mine.handle}` : '';
    this.size = text.length;
    this.digest = await digestOf(text);
    const kept = keptUploads(session()?.id).find((entry) => entry.digest === this.digest);
    if (kept) this.offerToGoOn(kept);
    else this.showPreview();
  }

  /* Going on where an earlier page stopped. What the server has done it tells again, by the key. */

  offerToGoOn(kept) {
    const anew = () => {
      forgetUpload(kept.key);
      this.showPreview();
    };
    fill(this.place, el('section.card', { 'aria-labelledby': 'resume-title' },
      el('h2', { id: 'resume-title', tabindex: '-1' }, say('resume.title'), ' ', el('span.soft', null, stranger(this.name))),
      el('p', null, say('resume.text', { done: kept.next, all: kept.all, age: ageOf(kept) })),
      el('progress', { max: String(kept.all), value: kept.next, 'aria-label': say('upload.progress') }),
      el('div.row', null, el('button.primary', { type: 'button', onclick: () => this.goOn(kept) }, say('resume.go')),
        el('button', { type: 'button', onclick: anew }, say('resume.anew')))));
    this.place.querySelector('h2').focus();
  }

  goOn(kept) {
    Object.assign(this, { op: kept.op, admin: kept.admin, columns: kept.columns });
    this.prepare();
    if (this.ready.length !== kept.all) {
      forgetUpload(kept.key);
      this.showPreview();
      this.place.prepend(note('warn', el('p', null, say('resume.differs'))));
      return;
    }
    this.begin(kept);
  }

  /** No secret is in this: what was chosen, how far it is, and lines that were refused. */
  keep() {
    keepUpload({ digest: this.digest, by: session()?.id, name: this.name, size: this.size, key: this.id, op: this.op, admin: this.admin, columns: this.columns,
      all: this.ready.length, next: this.next, piece: this.piece, good: this.good, badCount: this.badCount,
      bad: this.bad.slice(0, BAD_KEPT_MAX).map(({ at, message }) => ({ at, message })) });
  }

  options() {
    return { op: this.op, admin: parseIdentity(this.admin), permissions: DEFAULT_RIGHTS };
  }

  prepare() {
    const items = makeRequests(this.table, this.columns, this.options());
    this.ready = items.filter((item) => item.request);
    this.problems = [...this.table.problems.map((p) => ({ line: p.line, problem: p.reason })), ...items.filter((item) => item.problem)]
      .sort((a, b) => a.line - b.line);
  }

  /* The preview */

  columnChoice(i) {
    const name = this.table.header?.[i] ?? say('upload.column', { n: i + 1 });
    const types = [...new Set([this.columns[i], name.toUpperCase(), ...COMMON_TYPES])].filter((t) => t !== '' && t !== 'handle');
    const options = [['', say('upload.ignore')], ['handle', say('upload.identifier')], ...types.map((t) => [t, t])];
    const select = el('select', { 'aria-label': say('upload.columnMeans', { name }), onchange: () => {
      this.columns[i] = select.value;
      this.refresh();
    } }, options.map(([value, label]) => el('option', { value, selected: value === this.columns[i] }, label)));
    return el('th', { scope: 'col' }, el('div.field', null, stranger(name), select));
  }

  previewTable() {
    if (this.table.kind === 'jsonl') {
      const rows = this.table.rows.slice(0, PREVIEW_ROWS).map((row) => el('tr', null, el('td.number', null, String(row.line)),
        el('td', null, el('code', null, stranger(JSON.stringify(row.record).slice(0, 400))))));
      return el('table', null, el('thead', null, el('tr', null, el('th', { scope: 'col' }, say('upload.line')), el('th', { scope: 'col' }, say('upload.content')))), el('tbody', null, rows));
    }
    const wrong = new Set(this.problems.map((p) => p.line));
    return el('table', null,
      el('thead', null, el('tr', null, el('th', { scope: 'col' }, say('upload.line')), this.columns.map((_, i) => this.columnChoice(i)))),
      el('tbody', null, this.table.rows.slice(0, PREVIEW_ROWS).map((row) => el(wrong.has(row.line) ? 'tr.wrong' : 'tr', null,
        el('td.number', null, String(row.line)), this.columns.map((_, i) => el('td', null, stranger((row.cells[i] ?? '').slice(0, 200))))))));
  }

  problemList(problems, title = 'upload.problems') {
    if (problems.length === 0) return null;
    return el('div', null,
      el('h3', null, say(title, { n: problems.length })),
      el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': say(title, { n: problems.length }) }, el('table', null,
        el('thead', null, el('tr', null, ['upload.line', 'upload.identifier', 'upload.reason'].map((key) => el('th', { scope: 'col' }, say(key))))),
        el('tbody', null, problems.slice(0, PROBLEMS_SHOWN).map((p) => el('tr', null, el('td.number', null, String(p.line)),
          el('td', null, stranger(p.handle ?? '')), el('td', null, p.message ? stranger(p.message) : say('problem.' + p.problem, { other: String(p.other ?? '') }))))))),
      problems.length > PROBLEMS_SHOWN && el('p.soft', null, say('upload.moreProblems', { n: problems.length - PROBLEMS_SHOWN })));
  }

  refresh() {
    this.prepare();
    fill(this.summary, el('p', null, el('strong', null, say('upload.ready', { n: this.ready.length }))), this.problemList(this.problems));
    this.button.disabled = this.ready.length === 0;
  }

  showPreview() {
    this.prepare();
    const op = field(say('upload.op'), el('select', { onchange: () => {
      this.op = op.input.value;
      this.refresh();
    } }, ['create', 'put', 'add'].map((name) => el('option', { value: name, selected: name === this.op }, say('upload.op.' + name)))));
    const admin = field(say('upload.admin'), el('input', { value: this.admin, spellcheck: 'false', oninput: () => {
      this.admin = admin.input.value;
      admin.wrong(this.admin.trim() === '' || parseIdentity(this.admin) ? null : say('signin.badIdentity'));
      this.refresh();
    } }), say('upload.adminHint'));
    this.summary = el('div', { 'aria-live': 'polite' });
    this.button = el('button.primary', { type: 'button', onclick: () => this.start() }, say('upload.start'));
    fill(this.place, el('section.card', { 'aria-labelledby': 'preview-title' },
      el('h2', { id: 'preview-title', tabindex: '-1' }, say('upload.preview', { n: this.table.rows.length }), ' ', el('span.soft', null, stranger(this.name))),
      el('div.fields', null, op.node, admin.node),
      el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': say('upload.previewTable') }, this.previewTable()),
      this.summary, el('div.row', null, this.button)));
    this.refresh();
    this.place.querySelector('h2').focus();
  }

  /* Sending */

  start() {
    this.begin({ key: freshUploadId(), next: 0, piece: 0, good: 0, badCount: 0, bad: [] });
  }

  begin(from) {
    this.id = from.key;
    this.next = from.next; // of this.ready
    this.first = from.next;
    this.piece = from.piece;
    this.good = from.good;
    this.badCount = from.badCount;
    this.bad = from.bad.filter(({ at }) => this.ready[at]).map(({ at, message }) => this.refused(at, message));
    this.begun = performance.now();
    this.keep();
    this.showProgress();
    this.run();
  }

  showProgress() {
    this.bar = el('progress', { max: String(this.ready.length), 'aria-label': say('upload.progress') });
    this.figures = el('p', { 'aria-live': 'off' });
    this.failures = el('div');
    this.toggle = el('button', { type: 'button', onclick: () => (this.state === 'running' ? this.pause() : this.run()) });
    this.told = el('div');
    fill(this.place, el('section.card', { 'aria-labelledby': 'progress-title' },
      el('h2', { id: 'progress-title', tabindex: '-1' }, say('upload.sending'), ' ', el('span.soft', null, stranger(this.name))),
      this.bar, this.figures, this.told, el('div.row', null, this.toggle), this.failures));
    this.title = this.place.querySelector('h2').firstChild;
    this.place.querySelector('h2').focus();
  }

  update() {
    const done = this.next;
    const seconds = (performance.now() - this.begun) / 1000;
    const rate = (done - this.first) / Math.max(seconds, 0.001);
    this.bar.value = done;
    const figures = { done, all: this.ready.length, rate: Math.round(rate) };
    this.figures.textContent = this.state === 'done' ? say('upload.figuresDone', figures)
      : say('upload.figures', { ...figures, left: formatDuration((this.ready.length - done) / Math.max(rate, 0.001)) });
    this.toggle.textContent = say(this.state === 'running' ? 'upload.pause' : 'upload.resume');
    this.toggle.hidden = this.state === 'done';
    fill(this.failures, this.problemList(this.bad, 'upload.refused'));
  }

  pause() {
    this.state = 'paused';
    this.abort.abort();
    this.update();
  }

  /** The next lines, as many as fit in a piece. */
  cut() {
    const lines = [];
    let size = 0;
    for (let i = this.next; i < this.ready.length && lines.length < PIECE_LINES && size < PIECE_SIZE_MAX; i++) {
      const line = JSON.stringify(this.ready[i].request);
      lines.push(line);
      size += line.length + 1;
    }
    return lines;
  }

  async sendPiece(lines) {
    const response = await send('POST', '/api/batch', {
      body: lines.join('\n') + '\n', signal: this.abort.signal, accept: 'application/jsonl',
      headers: { 'Content-Type': 'application/jsonl', 'Idempotency-Key': `${this.id}-${this.piece}` },
    });
    if (!response.ok) throw new RestError(response.status, await response.json().catch(() => null));
    const answers = [];
    await eachLines(response, (got) => got.forEach((line) => answers.push(JSON.parse(line))));
    if (answers.length < lines.length) throw new RestError(0, null);
    return answers.slice(0, lines.length);
  }

  async run() {
    this.state = 'running';
    this.abort = new AbortController();
    fill(this.told);
    this.update();
    try {
      while (this.next < this.ready.length && this.state === 'running') {
        const lines = this.cut();
        const answers = await this.sendPiece(lines);
        answers.forEach((answer, i) => this.note(this.next + i, answer));
        this.next += lines.length;
        this.piece += 1;
        this.keep();
        this.update();
      }
      if (this.state === 'running') this.finish();
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.state = 'failed';
      fill(this.told, showError(error), el('p', null, say('upload.stopped')));
      this.update();
    }
  }

  refused(at, message) {
    const { line, handle, request } = this.ready[at];
    return { at, line, handle, message, request };
  }

  note(at, answer) {
    if (answer.responseCode === 1) {
      this.good += 1;
      return;
    }
    const error = new RestError(answer.status ?? 400, answer);
    this.badCount += 1;
    this.bad.push(this.refused(at, error.message));
  }

  finish() {
    this.state = 'done';
    forgetUpload(this.id);
    this.title.textContent = say('upload.sent');
    this.update();
    announce(say('upload.done', { n: this.good }) + (this.badCount > 0 ? ' ' + say('upload.failed', { n: this.badCount }) : ''));
    fill(this.told, note(this.bad.length > 0 ? 'warn' : 'good',
      el('p', null, say('upload.done', { n: this.good })),
      this.bad.length > 0 && el('p', null, say('upload.failed', { n: this.badCount })),
      this.bad.length > 0 && el('button.small', { type: 'button', onclick: () => offerFile('left-over.jsonl', 'application/jsonl',
        this.bad.map((b) => JSON.stringify(b.request) + '\n').join('')) }, say('upload.save'))));
  }
}

/* Uploads that were not finished, for whom to choose their file again. */
function waitingList() {
  const node = el('div');
  const show = () => fill(node, keptUploads(session()?.id).map((entry) => note('', el('p', null,
    say('resume.waiting', { name: entry.name, done: entry.next, all: entry.all, age: ageOf(entry) })),
  el('button.small', { type: 'button', onclick: () => {
    forgetUpload(entry.key);
    show();
    announce(say('resume.forgotten'));
  } }, say('resume.forget')))));
  show();
  return { node, hide: () => fill(node) };
}

export function uploadPanel() {
  const place = el('div');
  const upload = new Upload(place);
  const told = el('div', { 'aria-live': 'assertive' });
  const file = field(say('upload.file'), el('input', { type: 'file', accept: '.tsv,.csv,.txt,.jsonl,.ndjson,.json' }), say('upload.fileHint'));
  const paste = field(say('upload.paste'), el('textarea.mono', { rows: '4', spellcheck: 'false', placeholder: '20.500.12345/1\thttps://example.org/1' }));
  const waiting = waitingList();
  const take = async (name, read) => {
    waiting.hide();
    fill(told);
    try {
      await upload.take(name, await read());
    } catch (error) {
      fill(told, showError(error));
    }
  };
  const takeFile = (chosen) => {
    if (!chosen) return;
    file.wrong(chosen.size > FILE_SIZE_MAX ? say('upload.tooLarge') : null);
    if (chosen.size <= FILE_SIZE_MAX) take(chosen.name, () => chosen.text());
  };
  const zone = el('div.drop', null, file.node, el('details', null, el('summary', null, say('upload.orPaste')),
    el('div.editor', null, paste.node, el('div.row', null, el('button', { type: 'button', onclick: () => paste.input.value.trim() !== '' && take(say('upload.pasted'), async () => paste.input.value) }, say('upload.usePasted'))))));
  file.input.addEventListener('change', () => takeFile(file.input.files[0]));
  for (const name of ['dragenter', 'dragover']) zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  for (const name of ['dragleave', 'drop']) zone.addEventListener(name, () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    takeFile(event.dataTransfer.files[0]);
  });
  return el('div.editor', null, el('p.lead', null, say('upload.lead')), zone, waiting.node, told, place);
}
