import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runScript, type ScriptResult } from '../helpers/script';

const PROGRAM = join(__dirname, '..', '..', 'build-demo', 'main.mjs');
const posix = process.platform !== 'win32';
const hasSha256sum = spawnSync('sha256sum', { input: '' }).status === 0;

let folder: string;
let input: string;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nogil-demo-'));
  input = join(folder, 'input');
  output = join(folder, 'digests');
  mkdirSync(input);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function demo(...args: string[]): Promise<ScriptResult> {
  return runScript(PROGRAM, { args: ['--threads', '1,3', '--output', output, ...args] });
}

/** Names and contents below `input`; what a name stands for is checked by its bytes. */
function fill(contents: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(join(input, name, '..'), { recursive: true });
    writeFileSync(join(input, name), content);
  }
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The rows of the table, as numbers. */
function rows(stdout: string): number[][] {
  const lines = stdout.split('\n').filter((line) => /^ *\d/.test(line));
  return lines.map((line) => line.trim().split(/\s+/).map(Number));
}

const TREE: Record<string, string | Buffer> = {
  'a.txt': 'alpha',
  empty: '',
  '-dash': 'not an option',
  'deep/er/est/file': 'far down',
  // Longer than what is read at once, and no multiple of it.
  'large.bin': Buffer.alloc(2_500_001, 'nogil'),
  'with space': 'space',
  ...(posix ? { 'new\nline': 'line', 'back\\slash': 'slash', umläut: 'ä' } : {}),
};

describe('npm run demo', () => {
  it('hashes every file below a folder, with each number of threads', async () => {
    fill(TREE);
    const { code, stdout, stderr } = await demo(input);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const files = Object.keys(TREE).length;
    expect(rows(stdout).map(([threads, count]) => [threads, count])).toEqual([
      [1, files],
      [3, files],
    ]);
    // Taking a file is one acquisition, finding none left another; so is each chunk that was read.
    const chunks = Object.values(TREE).reduce((sum, content) => sum + Math.ceil(content.length / 2 ** 20), 0);
    expect(rows(stdout).map((row) => row[6])).toEqual([files + 1 + chunks, files + 3 + chunks]);
    const list = readFileSync(output, 'utf8');
    for (const content of Object.values(TREE)) expect(list).toContain(sha256(content));
    expect(list.trimEnd().split('\n')).toHaveLength(files);
    // No progress bar where nobody watches.
    expect(stdout).not.toMatch(/[\x1b\r%]/);
  });

  it('is content with an empty folder', async () => {
    mkdirSync(join(input, 'empty'));
    const { code, stdout } = await demo(input);
    expect(code).toBe(0);
    expect(stdout).toContain('SHA-256 of the 0 files');
    expect(readFileSync(output, 'utf8')).toBe('');
  });

  if (posix) {
    it('follows no symbolic links', async () => {
      fill({ file: 'content' });
      symlinkSync('file', join(input, 'link'));
      symlinkSync('.', join(input, 'loop'));
      symlinkSync('nowhere', join(input, 'dangling'));
      const { code, stdout } = await demo(input);
      expect(code).toBe(0);
      expect(stdout).toContain('not followed: 3 symbolic links');
      expect(readFileSync(output, 'utf8')).toBe(`${sha256('content')}  file\n`);
    });
  }

  if (hasSha256sum) {
    it('has the digests of sha256sum, in its format', async () => {
      fill(TREE);
      const { stdout } = await demo(input);
      expect(stdout).toMatch(new RegExp(`sha256sum .* has the same digests for ${Object.keys(TREE).length} files`));
      const names = Object.keys(TREE).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const expected = spawnSync('sha256sum', ['--', ...names], { cwd: input, encoding: 'utf8' });
      expect(readFileSync(output, 'utf8')).toBe(expected.stdout);
    });
  }

  // Not by permissions: they do not stop root, whom tests in containers run as.
  it('goes on after files and folders that it can not read', async () => {
    fill({ present: 'content' });
    const script = `
      import { Thread } from 'nogil/threading';
      import { hash_files, failure_of, new_work, REPORT_LENGTH, share_paths } from '${url('hash_files.mjs')}';
      import { walk } from '${url('walk.mjs')}';
      const input = process.argv[2];
      const present = walk(input).files[0];
      const missing = { path: Buffer.from(input + '/missing'), size: 1 };
      const work = new_work(share_paths([missing, present, missing]));
      const thread = new Thread({ target: hash_files, args: [work, new Float64Array(new SharedArrayBuffer(REPORT_LENGTH * 8))] });
      thread.start();
      thread.join();
      const hex = Buffer.from(work.digests.buffer, 32, 32).toString('hex');
      console.log(JSON.stringify([failure_of(work, 0) < 0, failure_of(work, 1) === undefined, failure_of(work, 2) < 0, hex]));
      console.log(JSON.stringify(walk(input + '/missing').failures.map(({ code }) => code)));
    `;
    const { stdout, stderr } = await runScript(script, { type: 'module', args: [input] });
    expect(stderr).toBe('');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([[true, true, true, sha256('content')], ['ENOENT']]);
  });

  it.each([
    [['nowhere'], "there is no folder 'nowhere'"],
    [[__filename], 'is not a folder'],
    [['.', 'more'], "one folder at a time, not 'more' too"],
    [['--threads', '0'], "--threads: '0' is not a list of numbers from 1 to 256"],
    [['--threads', '1,two'], "--threads: '1,two' is not"],
    [['--colour'], "Unknown option '--colour'"],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stdout, stderr } = await runScript(PROGRAM, { args });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('npm run demo --');
  });
});

function url(module: string): string {
  return pathToFileURL(join(dirname(PROGRAM), module)).href;
}
