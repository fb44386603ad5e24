/** Every program in README.md and in the guides does what the page says. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { runScript } from '../helpers/script';
import { type Block, blocksOf, pages } from './blocks';

const ROOT = join(__dirname, '..', '..');
const all = pages.flatMap(blocksOf);

/** Pieces that show a shape, and are no programs: benchmarks.md has a row's. */
const isProgram = ({ language, code }: Block): boolean => ['js', 'ts'].includes(language) && /^import /m.test(code);
const programs = all.filter(isProgram);
const typed = programs.filter(({ language }) => language === 'ts');

/** As ES modules that Node 20 understands: `using` is written out. */
function plain({ language, code }: Block): string {
  if (language === 'js') return code;
  return ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext } })
    .outputText;
}

describe('programs', () => {
  it('are there, on every page that is about code', () => {
    const files = new Set(programs.map(({ file }) => file));
    for (const page of ['quick-start', 'targets', 'sharing-data', 'choosing', 'processes', 'errors-and-exit']) {
      expect(files).toContain(`docs/${page}.md`);
    }
    expect(files).toContain('README.md');
  });

  it.each(programs.map((block) => [`${block.file}:${block.line}`, block] as const))(
    '%s prints what it says',
    async (_where, block) => {
      const { code, stdout, stderr } = await runScript(plain(block), { type: 'module', timeout: 60_000 });
      // A program that is about a warning has it on its standard error, too.
      if (!block.code.includes("process.on('warning'")) expect(stderr).toBe('');
      expect({ code, stdout }).toEqual({ code: 0, stdout: block.output });
      expect(block.output).not.toBe('');
    },
    60_000,
  );
});

describe('TypeScript', () => {
  it('compiles, strict', () => {
    expect(typed).not.toEqual([]);
    const sources = new Map(typed.map((block, i) => [join(ROOT, 'test', `.block-${i}.mts`), block]));
    const options: ts.CompilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
    };
    const host = ts.createCompilerHost(options);
    const { getSourceFile, fileExists, readFile } = host;
    host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
    host.readFile = (name) => sources.get(name)?.code ?? readFile.call(host, name);
    host.getSourceFile = (name, ...rest) => {
      const block = sources.get(name);
      if (!block) return getSourceFile.call(host, name, ...rest);
      return ts.createSourceFile(name, block.code, {
        ...(rest[0] as ts.CreateSourceFileOptions),
        impliedNodeFormat: ts.ModuleKind.ESNext,
      });
    };
    const program = ts.createProgram([...sources.keys()], options, host);
    const complaints = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
      const block = file && sources.get(file.fileName);
      return `${block ? `${block.file}:${block.line}` : file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    expect(complaints).toEqual([]);
  }, 60_000);
});

describe('pages', () => {
  const scripts = Object.keys((JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts);

  it.each(pages)('%s names commands that are there', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]);
    expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
  });

  it.each(pages)('%s links to files that are there', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1]);
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  });
});
