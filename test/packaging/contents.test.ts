import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bin, install, pack, readManifest, removeFolder, temporaryFolder } from './package';

// Packing, copying and whole runs of the compiler, on a machine that runs other tests as well.
jest.setTimeout(60_000);

describe('the published package', () => {
  const folder = temporaryFolder();
  let tarball = '';
  let installed = '';
  let files: string[] = [];

  beforeAll(() => {
    tarball = pack(folder);
    installed = install(tarball, folder);
    const list = execFileSync('tar', ['-tzf', basename(tarball)], { cwd: folder, encoding: 'utf8' });
    files = list.split(/\r?\n/).map((file) => file.replace(/^package\//, ''));
  });

  afterAll(() => {
    removeFolder(folder);
  });

  it('holds what a user needs', () => {
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js']));
  });

  it('holds nothing else of the repository', () => {
    expect(files.filter((file) => /^(lib|test|scripts|bench|build)\//.test(file))).toEqual([]);
  });

  it('holds an addon for each system, and what others are compiled from', () => {
    const addons = files.filter((file) => file.endsWith('.node') && !file.startsWith('prebuilds/darwin-'));
    expect(addons.sort()).toEqual(['linux-arm64', 'linux-x64', 'win32-x64'].map((name) => `prebuilds/${name}/nogil.node`));
    const sources = ['native/rebuild.cjs', 'native/addon.gypi', 'native/sources.cjs', 'native/binding/addon.cc'];
    expect(files).toEqual(expect.arrayContaining(sources));
    expect(files.filter((file) => /^native\/(test|bench|model|prebuild)\//.test(file))).toEqual([]);
  });

  it('holds what its README and its changelog lead to', () => {
    const links = ['README.md', 'CHANGELOG.md'].flatMap((name) => [
      ...readFileSync(join(installed, name), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
    ]);
    expect(links.length).toBeGreaterThan(10);
    expect(links.map(([, file]) => file).filter((file) => !files.includes(file))).toEqual([]);
  });

  it('is smaller than a megabyte', () => {
    expect(statSync(tarball).size).toBeLessThan(1_000_000);
  });

  it('runs nothing when it is installed', () => {
    // A binding.gyp alone makes npm run node-gyp.
    expect(files).not.toContain('binding.gyp');
    const scripts = Object.keys(readManifest(installed).scripts ?? {});
    expect(scripts.filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  });

  it('satisfies publint', async () => {
    const { publint } = await import('publint');
    const { formatMessage } = await import('publint/utils');
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('satisfies Are The Types Wrong', () => {
    const attw = bin('@arethetypeswrong/cli', join('dist', 'index.js'));
    const args = [attw, tarball, '--profile', 'node16', '--no-emoji', '--no-color', '--format', 'ascii'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  });
});
