import { spawnSync } from 'node:child_process';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../helpers/script';
import { bin, entryPoints, install, pack, readManifest, removeFolder, temporaryFolder } from './package';

// Packing, copying and whole runs of the compiler, on a machine that runs other tests as well.
jest.setTimeout(60_000);

describe('an installed copy', () => {
  const folder = temporaryFolder();

  beforeAll(() => {
    install(pack(folder), folder);
  });

  afterAll(() => {
    removeFolder(folder);
  });

  async function run(name: string, source: string): Promise<string> {
    const file = join(folder, name);
    writeFileSync(file, source);
    const { code, stdout, stderr } = await runScript(file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  it.each(entryPoints())('%s gives import the same names as require', async (entry) => {
    const out = await run(
      'names.mjs',
      `import { createRequire } from 'node:module';
       import * as imported from '${entry}';
       const required = createRequire(import.meta.url)('${entry}');
       const own = (names) => names.filter((name) => !['default', 'module.exports', '__esModule'].includes(name)).sort();
       const differing = own(Object.keys(required)).filter((name) => imported[name] !== required[name]);
       console.log(JSON.stringify([own(Object.keys(imported)), own(Object.keys(required)), differing]));`,
    );
    const [imported, required, differing] = JSON.parse(out) as [string[], string[], string[]];
    expect(imported).toEqual(required);
    expect(imported).not.toEqual([]);
    expect(differing).toEqual([]);
  });

  const program = `
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread({ target: (held) => held.release(), args: [lock] });
    thread.start();
    thread.join();
    console.log(lock.locked());`;

  it('runs a thread from an ESM program', async () => {
    expect(await run('program.mjs', `import { Lock, Thread } from 'nogil/threading'; ${program}`)).toBe('false\n');
  });

  it('runs a thread from a CommonJS program', async () => {
    expect(await run('program.cjs', `const { Lock, Thread } = require('nogil/threading'); ${program}`)).toBe('false\n');
  });

  it('says what to do where it has no binary', async () => {
    const bare = join(folder, 'bare');
    const modules = join(bare, 'node_modules');
    cpSync(join(folder, 'node_modules'), modules, { recursive: true });
    for (const name of ['build', 'prebuilds']) rmSync(join(modules, 'nogil', name), { recursive: true });
    const file = join(bare, 'program.cjs');
    writeFileSync(file, "require('nogil/threading');");
    const { code, stderr } = await runScript(file);
    expect(code).toBe(1);
    expect(stderr).toContain(`nogil has no binary for ${process.platform}-${process.arch}`);
    expect(stderr).toContain(join(modules, 'nogil', 'native', 'rebuild.cjs'));
  });

  it('says what to do where its binary is broken', async () => {
    const broken = join(folder, 'broken');
    const modules = join(broken, 'node_modules');
    cpSync(join(folder, 'node_modules'), modules, { recursive: true });
    const root = join(modules, 'nogil');
    rmSync(join(root, 'build'), { recursive: true, force: true });
    writeFileSync(join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'nogil.node'), 'not a binary');
    const file = join(broken, 'program.cjs');
    writeFileSync(file, "require('nogil/threading');");
    const { code, stderr } = await runScript(file);
    expect(code).toBe(1);
    expect(stderr).toContain("nogil's binary does not load here: ");
    expect(stderr).toContain(join(root, 'native', 'rebuild.cjs'));
    expect(stderr).toContain("code: 'ERR_DLOPEN_FAILED'");
  });

  it('finds its binary without node-gyp-build, and whatever npm is told of other machines', async () => {
    const alone = join(folder, 'alone');
    const modules = join(alone, 'node_modules');
    cpSync(join(folder, 'node_modules', 'nogil'), join(modules, 'nogil'), { recursive: true });
    const file = join(alone, 'program.cjs');
    writeFileSync(file, "const { Lock } = require('nogil/threading'); console.log(new Lock().acquire());");
    expect(await runScript(file)).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' });
    cpSync(join(folder, 'node_modules'), modules, { recursive: true });
    const env = { npm_config_arch: 's390x', npm_config_platform: 'aix' };
    expect(await runScript(file, { env })).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' });
  });

  it('has a command', async () => {
    const { bin: commands } = readManifest(join(folder, 'node_modules', 'nogil'));
    const file = join(folder, 'node_modules', 'nogil', commands?.nogil ?? '');
    const { code, stdout } = await runScript(file, { args: ['info', '--json'] });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ processes: 'yes', 'external buffers': 'yes' });
  });

  describe('type-checks', () => {
    const uses = entryPoints().map((entry, i) => `import * as m${i} from '${entry}';\nexport const k${i} = Object.keys(m${i});`);
    const lock = "import { Lock } from 'nogil/threading';\nexport const held: boolean = new Lock().acquire(true, 1);\n";
    const source = lock + uses.join('\n');

    it.each([
      ['node16', 'node16', ['consumer.mts', 'consumer.cts']],
      ['nodenext', 'nodenext', ['consumer.mts', 'consumer.cts']],
      ['esnext', 'bundler', ['consumer.ts']],
      // What TypeScript takes for CommonJS where nothing is said.
      ['commonjs', 'node10', ['consumer.ts']],
    ])('with module %s, moduleResolution %s', (module, moduleResolution, files) => {
      for (const file of files) writeFileSync(join(folder, file), source);
      // Not skipLibCheck: it is the declarations of the package that are looked at.
      const options = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2021', '--strict', '--noEmit'];
      const line = [bin('typescript', 'bin/tsc'), ...options, '--skipDefaultLibCheck', '--types', 'node', ...files];
      const { status, stdout } = spawnSync(process.execPath, line, { cwd: folder, encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    });
  });
});
