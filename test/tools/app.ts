import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runScript, type ScriptOptions, type ScriptResult } from '../helpers/script';

const ROOT = join(__dirname, '..', '..');
const FIXTURES = join(__dirname, 'fixtures');

/** What the program in `fixtures/program` prints; `selfContained` and `refused` depend on how it was made ready. */
export const RESULTS = {
  thread: [3, 6, 9],
  process: true,
  exported: [3, 6],
  async: 15,
  method: 4,
  named: 9,
  processes: [12, 8],
};

/** A user's folder outside of the repository, with a fixture and the library in it, which tools take for an installed package. */
export class App {
  readonly folder = mkdtempSync(join(tmpdir(), 'nogil-tools-'));

  /** @param tools - packages of the repository that the program or its tool imports */
  constructor(fixture: string, tools: string[] = []) {
    const modules = join(this.folder, 'node_modules');
    mkdirSync(modules);
    // Copied: behind a link they would be sources of the user's to some tools.
    const installed = join(modules, 'nogil');
    for (const part of ['package.json', 'dist', 'prebuilds', 'build/Release/nogil.node'])
      if (existsSync(join(ROOT, part))) cpSync(join(ROOT, part), join(installed, part), { recursive: true });
    for (const name of ['acorn', 'node-gyp-build', ...tools])
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
    cpSync(join(FIXTURES, fixture), this.folder, { recursive: true });
  }

  path(name: string): string {
    return resolve(this.folder, name);
  }

  /** Runs a file, of the folder or elsewhere, to its end. */
  start(file: string, options: ScriptOptions = {}): Promise<ScriptResult> {
    return runScript(this.path(file), { timeout: 60_000, cwd: this.folder, ...options });
  }

  /** Runs a file that has nothing to say on stderr, and gives what it wrote. */
  async run(file: string, options: ScriptOptions = {}): Promise<string> {
    const { code, stdout, stderr, timedOut } = await this.start(file, options);
    expect({ code, timedOut, stderr }).toEqual({ code: 0, timedOut: false, stderr: '' });
    return stdout;
  }

  /** Runs the program, and gives those of its results that {@link RESULTS} does not have. */
  async results(file: string, options: ScriptOptions = {}): Promise<{ selfContained: unknown[]; refused: string }> {
    const results = JSON.parse(await this.run(file, options)) as { selfContained: unknown[]; refused: string };
    expect(results).toMatchObject(RESULTS);
    return results;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
