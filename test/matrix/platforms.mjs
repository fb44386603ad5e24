// The part of docs/platforms.md that says what works where, made from the expectations.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cases, groups } from './cases.mjs';
import { entriesOf, expected } from './expectations.mjs';
import { ROOT } from './npm.mjs';
import { runtimes } from './runtimes.mjs';

const FILE = join(ROOT, 'docs', 'platforms.md');
const [BEGIN, END] = ['<!-- begin: made by npm run test:matrix -- --write -->\n', '<!-- end -->\n'];

function cell(runtime, { file, needs }) {
  const own = cases.filter((test) => test.file === file);
  const blocked =
    needs &&
    expected(
      runtime,
      cases.find(({ id }) => id === needs),
    );
  const not = blocked ? own.length : own.filter((test) => expected(runtime, test)).length;
  return not === 0 ? 'yes' : not === own.length ? 'no' : 'in part';
}

function table() {
  const row = (cells) => `| ${cells.join(' | ')} |`;
  return [
    row(['', ...runtimes.map(({ title }) => title)]),
    row(['---', ...runtimes.map(() => '---')]),
    ...groups.map((group) => row([group.title, ...runtimes.map(({ id }) => cell(id, group))])),
  ].join('\n');
}

function titleOf(id) {
  const [file] = id.split('/');
  const group = groups.find((each) => each.file === file);
  const test = cases.find((each) => each.id === id);
  return test ? `${group.title}: ${test.title}` : group.title;
}

function exceptions({ id, title }) {
  const lines = entriesOf(id).map(
    ([name, { fails, unstable }]) => `- ${titleOf(name)}: ${fails ?? `not reliable where this is tested. ${unstable}`}`,
  );
  return lines.length === 0 ? '' : `\n### ${title}\n\n${lines.join('\n')}\n`;
}

function part() {
  const versions = runtimes.map(({ title, package: name, version }) => `- ${title}: \`${name}@${version}\``);
  return `${table()}\n\n## What does not work\n${runtimes.map(exceptions).join('')}\n## What was run\n\n${versions.join('\n')}\n`;
}

function read() {
  const text = readFileSync(FILE, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${FILE} has no place for what is made`);
  return { text, from: from + BEGIN.length, to };
}

/** Whether the document says what the expectations do. */
export function isCurrent() {
  const { text, from, to } = read();
  return text.slice(from, to) === `\n${part()}\n`;
}

export function write() {
  const { text, from, to } = read();
  writeFileSync(FILE, `${text.slice(0, from)}\n${part()}\n${text.slice(to)}`);
}
