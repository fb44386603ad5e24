import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

/** Inside the repository, so that scripts can import `nogil/...` by its own name. */
const TMP = join(__dirname, '..', '.tmp');

export interface ScriptOptions {
  /** What the script finds in `process.argv` after its own path. */
  args?: readonly string[];
  /** Milliseconds until the script, and every process that it started, is killed; 60,000 where not given, which a busy machine needs. */
  timeout?: number;
  /** Added to this process's environment; `undefined` takes a variable out. */
  env?: Record<string, string | undefined>;
  /** Its working directory; this process's where not given. */
  cwd?: string;
  /** Options of Node itself, such as `--expose-gc`. */
  nodeArgs?: readonly string[];
  /** Written to the script's standard input, which is empty where not given. */
  input?: string;
  /** How the source is to be read; where not given, one with a top-level `import` or `export` is ESM. */
  type?: 'commonjs' | 'module';
  /** More files beside the script, by name, e.g. `{ 'jobs.mjs': 'export function work() {}' }`. */
  files?: Record<string, string>;
}

export interface ScriptResult {
  /** The exit code, null where a signal ended the script. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** How long it ran, from its start to the end of its output. */
  ms: number;
  timedOut: boolean;
}

/** Of all test files that this process runs, each of which loads this anew: one listener will do. */
const RUNNING = Symbol.for('nogil.test.scripts');
const holder = process as unknown as Record<symbol, Set<ChildProcess> | undefined>;
const running = (holder[RUNNING] ??= killAtExit(new Set()));

function killAtExit(scripts: Set<ChildProcess>): Set<ChildProcess> {
  process.once('exit', () => scripts.forEach(kill));
  return scripts;
}

/** The script's whole process group, so that no process of its own making outlives a test. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The folder of a script that was given as source, with the files beside it. */
function writeScript(source: string, { type, files = {} }: ScriptOptions): string {
  const esm = type === undefined ? /^(import\s*[^(\s]|export\s)/m.test(source) : type === 'module';
  mkdirSync(TMP, { recursive: true });
  const file = join(mkdtempSync(join(TMP, `script-${process.pid}-`)), esm ? 'script.mjs' : 'script.cjs');
  writeFileSync(file, source);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dirname(file), name), text);
  return file;
}

/**
 * Runs a program in a Node process of its own and waits for its end.
 *
 * @param script - source text, or the absolute path of a file
 */
export async function runScript(script: string, options: ScriptOptions = {}): Promise<ScriptResult> {
  const isFile = isAbsolute(script) && existsSync(script);
  const file = isFile ? script : writeScript(script, options);
  try {
    return await runFile(file, options);
  } finally {
    if (!isFile) rmSync(dirname(file), { recursive: true, force: true, maxRetries: 3 });
  }
}

function runFile(file: string, options: ScriptOptions): Promise<ScriptResult> {
  const { args = [], timeout = 60_000, env = {}, nodeArgs = [], input, cwd } = options;
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [...nodeArgs, file, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    running.add(child);
    const result: ScriptResult = { code: null, signal: null, stdout: '', stderr: '', ms: 0, timedOut: false };
    const timer = setTimeout(() => {
      result.timedOut = true;
      kill(child);
    }, timeout);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
    // A script may end without reading its input.
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ ...result, code, signal, ms: performance.now() - begun });
    });
  });
}
