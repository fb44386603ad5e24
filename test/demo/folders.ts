import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const PROGRAM = join(__dirname, '..', '..', 'build-demo', 'main.mjs');

/** What a demo reads, and where it writes to. */
export class Folders {
  private readonly root = mkdtempSync(join(tmpdir(), 'nogil-demo-'));
  readonly input = join(this.root, 'input');
  readonly output = join(this.root, 'output');

  constructor() {
    mkdirSync(this.input);
  }

  /** Writes files below `input`. */
  fill(contents: Record<string, string | Buffer>): void {
    for (const [name, content] of Object.entries(contents)) {
      const file = join(this.input, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The rows of a demo's table, cell by cell. */
export function rows(stdout: string): string[][] {
  const [, ...below] = stdout.split(/^-.*-$/m);
  const lines = below.join('').trim().split('\n');
  const end = lines.indexOf('');
  return lines.slice(0, end === -1 ? lines.length : end).map((line) => line.trim().split(/\s{2,}/));
}
