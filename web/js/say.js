// SPDX-License-Identifier: Apache-2.0
// Sentences of the pages. To add a language: a file like messages.js, and a row here.
import en from './messages.js';

const languages = { en };
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur', 'yi']);

function choose() {
  const wanted = typeof navigator === 'undefined' ? [] : (navigator.languages ?? []);
  for (const tag of wanted) {
    const name = tag.split('-')[0].toLowerCase();
    if (languages[name]) return name;
  }
  return 'en';
}

export const language = choose();
const messages = { ...en, ...languages[language] };

/** More sentences, in the form of { en: messages, ... }, for pages that have many of their own. */
export const learn = (more) => Object.assign(messages, more.en, more[language]);
const plural = new Intl.PluralRules(language);
const decimal = new Intl.NumberFormat(language);

export function formatNumber(value, digits) {
  if (digits === undefined) return decimal.format(value);
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

function template(key, values) {
  const message = messages[key];
  if (message === undefined) throw new Error('no message ' + key);
  if (typeof message === 'string') return message;
  return message[plural.select(values?.n ?? 0)] ?? message.other;
}

const show = (value) => (typeof value === 'number' ? formatNumber(value) : value);

/** The sentence, with {name} replaced by values; numbers are written as the language does. */
export function say(key, values) {
  return template(key, values).replace(/\{(\w+)\}/g, (all, name) =>
    values && name in values ? String(show(values[name])) : all);
}

/** The same where values are nodes: an array for el(). */
export function sayNodes(key, values) {
  return template(key, values).split(/\{(\w+)\}/).map((part, i) => {
    if (i % 2 === 0) return part;
    return values && part in values ? show(values[part]) : '{' + part + '}';
  });
}

export const has = (key) => messages[key] !== undefined;

/** Texts of the page that are marked data-say, data-say-label, data-say-placeholder. */
export function translatePage(root = document) {
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr';
  for (const node of root.querySelectorAll('[data-say]')) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll('[data-say-label]'))
    node.setAttribute('aria-label', say(node.dataset.sayLabel));
  for (const node of root.querySelectorAll('[data-say-placeholder]'))
    node.setAttribute('placeholder', say(node.dataset.sayPlaceholder));
}

const UNITS = [['year', 31536000], ['month', 2592000], ['day', 86400], ['hour', 3600], ['minute', 60], ['second', 1]];

/** "3 days ago", "in 2 hours". */
export function formatAge(seconds) {
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const size = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, l]) => size >= l) ?? UNITS[5];
  return relative.format(-Math.round(seconds / length), unit);
}

/** "1 day", "2 hours 30 minutes"; or with "short" "2 hr 30 min". */
export function formatDuration(seconds, unitDisplay = 'long') {
  const parts = [];
  let left = Math.round(seconds);
  for (const [unit, length] of UNITS) {
    if (left < length || parts.length === 2) continue;
    const count = Math.floor(left / length);
    left -= count * length;
    parts.push(new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay }).format(count));
  }
  return parts.length > 0 ? parts.join(' ') : say('duration.none');
}

export function formatTime(date) {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(date);
}

export function formatBytes(bytes) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let i = 0;
  let value = bytes;
  while (value >= 1000 && i < units.length - 1) {
    value /= 1000;
    i += 1;
  }
  return new Intl.NumberFormat(language, {
    style: 'unit', unit: units[i], unitDisplay: i === 0 ? 'long' : 'short', maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value);
}
