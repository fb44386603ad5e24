import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runScript, type ScriptResult } from '../helpers/script';
import { Folders, PROGRAM, rows } from './folders';

const posix = process.platform !== 'win32';
const hasSha256sum = spawnSync('sha256sum', { input: '' }).status === 0;

let folders: Folders;

beforeEach(() => {
  folders = new Folders();
});

afterEach(() => folders.remove());

function demo(): Promise<ScriptResult> {
  return runScript(PROGRAM, { args: ['--threads', '1,3', '--output', folders.output, folders.input] });
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
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
    folders.fill(TREE);
    const { code, stdout, stderr } = await demo();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const files = Object.keys(TREE).length;
    const table = rows(stdout).map((row) => row.map(Number));
    expect(table.map(([threads, count]) => [threads, count])).toEqual([
      [1, files],
      [3, files],
    ]);
    // Taking a file is one acquisition, finding none left another; so is each chunk that was read.
    const chunks = Object.values(TREE).reduce((sum, content) => sum + Math.ceil(content.length / 2 ** 20), 0);
    expect(table.map((row) => row[6])).toEqual([files + 1 + chunks, files + 3 + chunks]);
    const list = readFileSync(folders.output, 'utf8');
    for (const content of Object.values(TREE)) expect(list).toContain(sha256(content));
    expect(list.trimEnd().split('\n')).toHaveLength(files);
    // No progress bar where nobody watches.
    expect(stdout).not.toMatch(/[\x1b\r%]/);
  });

  it('is content with an empty folder', async () => {
    mkdirSync(join(folders.input, 'empty'));
    const { code, stdout } = await demo();
    expect(code).toBe(0);
    expect(stdout).toContain('SHA-256 of the 0 files');
    expect(readFileSync(folders.output, 'utf8')).toBe('');
  });

  if (posix) {
    it('follows no symbolic links', async () => {
      folders.fill({ file: 'content' });
      symlinkSync('file', join(folders.input, 'link'));
      symlinkSync('.', join(folders.input, 'loop'));
      symlinkSync('nowhere', join(folders.input, 'dangling'));
      const { code, stdout } = await demo();
      expect(code).toBe(0);
      expect(stdout).toContain('not followed: 3 symbolic links');
      expect(readFileSync(folders.output, 'utf8')).toBe(`${sha256('content')}  file\n`);
    });
  }

  if (hasSha256sum) {
    it('has the digests of sha256sum, in its format', async () => {
      folders.fill(TREE);
      const { stdout } = await demo();
      expect(stdout).toMatch(new RegExp(`sha256sum .* has the same digests for ${Object.keys(TREE).length} files`));
      const names = Object.keys(TREE).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const expected = spawnSync('sha256sum', ['--', ...names], { cwd: folders.input, encoding: 'utf8' });
      expect(readFileSync(folders.output, 'utf8')).toBe(expected.stdout);
    });
  }

  // Not by permissions: they do not stop root, whom tests in containers run as.
  it('goes on after files and folders that it can not read', async () => {
    folders.fill({ present: 'content' });
    const script = `
      import { Thread } from 'nogil/threading';
      import { hash_files, failure_of, new_work, REPORT_LENGTH } from '${url('hash_files.mjs')}';
      import { share_paths } from '${url('paths.mjs')}';
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
    const { stdout, stderr } = await runScript(script, { type: 'module', args: [folders.input] });
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
