// SPDX-License-Identifier: Apache-2.0
// The REST interface of the server that the page came from.
import { encodePath } from './identifier.js';
import { fromBase64, toBase64, utf8 } from './octets.js';
import { say, has } from './say.js';

const STORED = 'ansa.session';

/** A refusal, in words for people; .status is HTTP's, .code the protocol's. */
export class RestError extends Error {
  constructor(status, body) {
    super(explain(status, body));
    this.status = status;
    this.code = body?.responseCode ?? 0;
    this.body = body;
  }
}

function explain(status, body) {
  const code = body?.responseCode;
  const told = body?.message ?? body?.detail ?? body?.error;
  let text = say('error.status', { status: String(status) });
  if (status === 0) text = say('error.network');
  else if (status === 412) text = say('error.412');
  else if (code !== undefined && has('code.' + code)) text = say('code.' + code);
  else if (has('error.' + status)) text = say('error.' + status);
  return told && told !== text ? text + ' ' + say('error.told', { message: told }) : text;
}

/* The session: its number is as good as a password, so it stays in this tab. */

export function session() {
  try {
    return JSON.parse(sessionStorage.getItem(STORED));
  } catch {
    return null;
  }
}

function keepSession(value) {
  if (value) sessionStorage.setItem(STORED, JSON.stringify(value));
  else sessionStorage.removeItem(STORED);
  window.dispatchEvent(new Event('ansa-session'));
}

function headersFor(options) {
  const headers = new Headers(options.headers ?? {});
  headers.set('X-Requested-With', 'XMLHttpRequest'); // no password window of the browser
  if (options.accept) headers.set('Accept', options.accept);
  const current = session();
  if (options.authorization) headers.set('Authorization', options.authorization);
  else if (current && !options.anonymous) headers.set('Authorization', `Handle sessionId="${current.sessionId}"`);
  return headers;
}

/** Any request; the Response, whatever its status. RestError when there is no answer. */
export async function send(method, path, options = {}) {
  const headers = headersFor(options);
  let body = options.body;
  if (body !== undefined && typeof body !== 'string') {
    body = JSON.stringify(body);
    if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
  }
  try {
    return await fetch(path, { method, headers, body, signal: options.signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new RestError(0, null);
  }
}

/** JSON there and back: { status, body, etag }. RestError unless it is a success. */
export async function call(method, path, options = {}) {
  const response = await send(method, path, { accept: 'application/json', ...options });
  const text = await response.text();
  let body = null;
  try {
    body = text === '' ? null : JSON.parse(text);
  } catch {
    body = { message: text.slice(0, 500) };
  }
  if (response.status === 401 && session() && !options.anonymous) {
    const wasExpired = !(await isAlive());
    if (wasExpired) keepSession(null);
  }
  if (!response.ok) throw new RestError(response.status, body);
  return { status: response.status, body, etag: response.headers.get('ETag') };
}

/* Records */

export const recordPath = (id) => '/api/handles/' + encodePath(id);

/** { values, etag, id }; values is null when there is no such record, [] when nothing is shown. */
export async function readRecord(id, options = {}) {
  try {
    const query = options.authoritative ? '?auth=true' : '';
    const { body, etag } = await call('GET', recordPath(id) + query, options);
    return { id: body.handle ?? id, values: body.values ?? [], etag, body };
  } catch (error) {
    if (error.status === 404 && error.code === 100) return { id, values: null, etag: null, body: error.body };
    throw error;
  }
}

/** A new record; the one that is there, if any, stays. */
export const createRecord = (id, values, mint) =>
  call('PUT', recordPath(id) + '?overwrite=false' + (mint ? '&mintNewSuffix=true' : ''), { body: { values } });

const condition = (etag) => (etag ? { 'If-Match': etag } : {});

const QUERY_SIZE_MAX = 12000; // the server takes 16 kB of path and query

/**
 * Put values by their index and remove others, in one request: all of it happens, or nothing.
 * Other values stay, also those that this administrator cannot read.
 */
export function changeValues(id, put, gone, etag) {
  const isPut = put.length > 0;
  const names = gone.map((i) => (isPut ? 'remove=' : 'index=') + i).join('&');
  if (names.length > QUERY_SIZE_MAX) throw new RestError(414, null);
  if (!isPut) return call('DELETE', recordPath(id) + '?' + names, { headers: condition(etag) });
  const query = '?overwrite=true&index=various' + (names === '' ? '' : '&' + names);
  return call('PUT', recordPath(id) + query, { body: { values: put }, headers: condition(etag) });
}

export const deleteRecord = (id, etag) =>
  call('DELETE', recordPath(id), { headers: condition(etag) });

/* Lists */

/** Lines of an answer as they come, many at a time. */
export async function eachLines(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop();
    take(lines.filter((line) => line !== ''));
  }
  if (rest !== '') take([rest]);
}

/** The identifiers of a prefix, as they come: take(array of names). */
export async function streamIdentifiers(prefix, take, signal) {
  const path = '/api/handles?stream=jsonl&prefix=' + encodeURIComponent(prefix);
  const response = await send('GET', path, { signal, accept: 'application/jsonl' });
  if (!response.ok) {
    const text = await response.text();
    let body = null;
    try {
      body = JSON.parse(text);
    } catch { /* then there are no words for it */ }
    throw new RestError(response.status, body);
  }
  let told = null;
  await eachLines(response, (lines) => {
    const names = [];
    for (const line of lines) {
      const item = JSON.parse(line);
      if (typeof item === 'string') names.push(item);
      else if (typeof item.handle === 'string') names.push(item.handle);
      else if (item.responseCode !== undefined && item.responseCode !== 1) told = item;
    }
    take(names);
  });
  if (told) throw new RestError(500, told);
}

/* Sessions (rest-api 4.4) */

export const isSecure = () => location.protocol === 'https:';

async function isAlive() {
  const response = await send('GET', '/api/sessions/this');
  return response.ok && (await response.json()).authenticated === true;
}

/** Is the session we remember still known to the server? Forgets it when not. */
export async function checkSession() {
  if (!session()) return null;
  try {
    if (!(await isAlive())) keepSession(null);
  } catch { /* no answer: perhaps later */ }
  return session();
}

async function openSession(authorization) {
  const { body } = await call('POST', '/api/sessions', { anonymous: true, authorization, body: {} });
  return body;
}

function begin(sessionId, id, how) {
  keepSession({ sessionId, id, how, since: Date.now() });
  return session();
}

/** @prove: (nonce, cnonce) => members of the answer, e.g. { type, alg, signature }. */
export async function signIn(id, how, prove) {
  const opened = await openSession();
  const cnonce = crypto.getRandomValues(new Uint8Array(16));
  const proof = await prove(fromBase64(opened.nonce), cnonce);
  const answer = { sessionId: opened.sessionId, id, cnonce: toBase64(cnonce), ...proof };
  const { body } = await call('PUT', '/api/sessions/this', {
    anonymous: true, authorization: `Handle sessionId="${opened.sessionId}"`, body: answer,
  });
  if (body?.authenticated !== true) throw new RestError(401, body);
  return begin(body.sessionId ?? opened.sessionId, body.id ?? id, how);
}

/** With a secret that is sent: the last resort. */
export async function signInBasic(id, secret) {
  const user = encodeURIComponent(id).replace(/%2F/g, '/');
  const opened = await openSession('Basic ' + toBase64(utf8(user + ':' + secret)));
  if (opened.authenticated !== true) throw new RestError(401, opened);
  return begin(opened.sessionId, opened.id ?? id, 'basic');
}

export async function signOut() {
  try {
    await send('DELETE', '/api/sessions/this');
  } finally {
    sessionStorage.removeItem('ansa.undo'); // old versions are for who signed in
    keepSession(null);
  }
}
