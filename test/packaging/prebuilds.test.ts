import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIBC, WEAK, WINDOWS } from './allowed_symbols';
import { ROOT } from './package';

const PREBUILDS = join(ROOT, 'prebuilds');
const EXPORTS = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];
const fileOf = (name: string): string => join(PREBUILDS, name, 'nogil.node');

/** Node-API up to the version that the addon asks for. */
const nodeApi = new Set(
  Object.entries(jest.requireActual<{ symbols: Record<string, Record<string, string[]>> }>('node-api-headers').symbols)
    .filter(([version]) => /^v[1-8]$/.test(version))
    .flatMap(([, symbols]) => Object.values(symbols).flat()),
);

// They come with every g++; readelf reads files of any processor. Without them nothing can be said.
const installed = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0;
const readsPe = installed('objdump') && spawnSync('objdump', ['-i'], { encoding: 'utf8' }).stdout.includes('pei-x86-64');

const tool = (name: string, ...args: string[]): string =>
  execFileSync(name, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });

/** Of `readelf --dyn-syms`: binding, section and name of each symbol. */
function symbols(file: string): { bind: string; section: string; name: string }[] {
  const rows = tool('readelf', '--dyn-syms', '-W', file).matchAll(/^ +\d+: \w+ +\d+ (?!SECTION)\w+ +(\w+) +\w+ +(\w+) (\S+)$/gm);
  return [...rows].map(([, bind, section, name]) => ({ bind, section, name }));
}

describe('the released addons', () => {
  it('are there for each system that promises one, and nothing else is', () => {
    // The one for macOS is added when a release is made.
    const folders = readdirSync(PREBUILDS, { withFileTypes: true }).filter(
      (entry) => entry.isDirectory() && !entry.name.startsWith('darwin-'),
    );
    expect(folders.map(({ name }) => name).sort()).toEqual(['linux-arm64', 'linux-x64', 'win32-x64']);
    for (const { name } of folders) expect(readdirSync(join(PREBUILDS, name))).toEqual(['nogil.node']);
  });

  it('are recorded with the compilers that made them', () => {
    const record = JSON.parse(readFileSync(join(PREBUILDS, 'compilers.json'), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(record)).toEqual(['linux-arm64', 'linux-x64', 'win32-x64']);
  });

  if (process.platform === 'linux' && installed('readelf'))
    it('export as little where they are compiled here', () => {
      const defined = symbols(join(ROOT, 'build', 'Release', 'nogil.node')).filter(({ section }) => section !== 'UND');
      expect(defined.map((symbol) => symbol.name).sort()).toEqual(EXPORTS);
    });

  if (installed('readelf'))
    describe.each([
      ['linux-x64', 'Advanced Micro Devices X86-64'],
      ['linux-arm64', 'AArch64'],
    ])('%s', (name, machine) => {
      const file = fileOf(name);

      it('is for its processor', () => {
        expect(tool('readelf', '-h', file)).toMatch(new RegExp(`Machine: +${machine}`));
      });

      it('names no library, and no version of a symbol', () => {
        const dynamic = tool('readelf', '-d', file);
        expect(dynamic).toContain('GNU_HASH');
        expect(dynamic).not.toMatch(/NEEDED|RPATH|RUNPATH|VERNEED|VERSYM|TEXTREL/);
      });

      it('runs nothing when it is loaded or unloaded', () => {
        expect(tool('readelf', '-d', file)).not.toMatch(/\((INIT|FINI|INIT_ARRAY|FINI_ARRAY)\)/);
      });

      it('is bound at once and read-only then, and its stack is not executable', () => {
        expect(tool('readelf', '-d', file)).toContain('BIND_NOW');
        const segments = tool('readelf', '-lW', file);
        expect(segments).toContain('GNU_RELRO');
        expect(segments).toMatch(/GNU_STACK .* RW /);
      });

      it('needs only what every process has that could load it', () => {
        const needed = symbols(file).filter(({ section }) => section === 'UND');
        const strong = needed.filter(({ bind }) => bind === 'GLOBAL').map((symbol) => symbol.name);
        expect(strong.filter((symbol) => !nodeApi.has(symbol) && !LIBC.has(symbol))).toEqual([]);
        expect(strong).toEqual(expect.arrayContaining(['napi_create_function', 'syscall']));
        const weak = needed.filter(({ bind }) => bind === 'WEAK').map((symbol) => symbol.name);
        expect(weak.filter((symbol) => !WEAK.includes(symbol))).toEqual([]);
      });

      it('gives what a runtime looks for, and hides the rest', () => {
        const defined = symbols(file).filter(({ section }) => section !== 'UND');
        expect(defined.map((symbol) => symbol.name).sort()).toEqual(EXPORTS);
      });
    });

  if (readsPe)
    describe('win32-x64', () => {
      const report = (): string => tool('objdump', '-p', fileOf('win32-x64'));

      it('imports from KERNEL32 and the synchronization functions only, and Node-API from nobody', () => {
        const [, ...libraries] = report().split('DLL Name: ');
        const imports = libraries.map((text) => {
          const [library] = text.split('\n', 1);
          const functions = [...text.matchAll(/^\t[0-9a-f]+\t +\d+ {2}(\w+)$/gm)].map(([, name]) => name);
          return { library: library.trim(), functions };
        });
        expect(imports.map(({ library }) => library).sort()).toEqual(Object.keys(WINDOWS));
        for (const { library, functions } of imports) {
          expect(functions).not.toEqual([]);
          expect(functions.filter((name) => !WINDOWS[library].has(name))).toEqual([]);
        }
      });

      it('carries neither a time nor a trace of its folder, and may be moved in memory', () => {
        expect(report()).toMatch(/Time\/Date\s+Thu Jan +1 00:00:00 1970/);
        // What the linker's default would make of the path.
        expect(report()).toMatch(/ImageBase\s+0*180000000$/m);
        for (const flag of ['HIGH_ENTROPY_VA', 'DYNAMIC_BASE', 'NX_COMPAT']) expect(report()).toContain(flag);
      });

      it('gives what a runtime looks for, and hides the rest', () => {
        const [, table] = report().split('[Ordinal/Name Pointer] Table');
        const names = [...table.matchAll(/^\t\[ *\d+\] (\w+)$/gm)].map(([, name]) => name);
        expect(names.sort()).toEqual(EXPORTS);
      });
    });
});
