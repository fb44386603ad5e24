import { readFileSync } from 'node:fs';
import { runScript, type ScriptResult } from '../helpers/script';
import { Folders, PROGRAM, rows } from './folders';

let folders: Folders;

beforeEach(() => {
  folders = new Folders();
});

afterEach(() => folders.remove());

function demo(): Promise<ScriptResult> {
  return runScript(PROGRAM, { args: ['pipeline', folders.input, '--threads', '1,3', '--output', folders.output] });
}

/** What the demo should write, counted the simple way. */
function expected(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of text.toLowerCase().match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).sort();
}

function counted(): string[] {
  return readFileSync(folders.output, 'utf8').split('\n').filter(Boolean).sort();
}

describe('npm run demo -- pipeline', () => {
  it('counts the words of all text files, as one thread does', async () => {
    const texts = {
      a: 'one two two\nthree',
      'deep/er/b': 'three Three THREE. über_1 naïve привет 漢字',
      empty: '',
      // Characters of two bytes and words at every offset from the ends of the pieces that are read at once.
      long: 'größer als'.repeat(100_000) + ' ende',
      lines: 'short lines of plain text\n'.repeat(50_000),
    };
    folders.fill({ ...texts, binary: Buffer.from('not\0text') });
    const { code, stdout, stderr } = await demo();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(counted()).toEqual(expected(Object.values(texts)));
    expect(rows(stdout).map(([label, files]) => [label, files])).toEqual([
      ['one thread', '5'],
      ['1 + 1 + 1', '5'],
      ['1 + 3 + 1', '5'],
    ]);
    expect(stdout).toContain('every pipeline counts what one thread counts');
  });

  it('keeps a word together that is longer than what is read at once', async () => {
    const word = 'w'.repeat(600_000);
    folders.fill({ text: `before ${word} after` });
    const { code } = await demo();
    expect(code).toBe(0);
    expect(counted().map((line) => line.length)).toEqual(expected([`before ${word} after`]).map((line) => line.length));
  });

  it('is content with a folder without text', async () => {
    folders.fill({ binary: Buffer.from([0, 1, 2]) });
    const { code, stdout } = await demo();
    expect(code).toBe(0);
    expect(counted()).toEqual([]);
    expect(stdout).toContain('every pipeline counts what one thread counts');
  });
});
