import { join } from 'node:path';
import ts from 'typescript';
import { readManifest, ROOT } from './package';

/** `entry name` and `entry Class.member`, each with what an editor shows of it. */
type Comments = Map<string, string>;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.Node16,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  types: ['node'],
  skipLibCheck: true,
  noEmit: true,
};

function commentsOf(files: Map<string, string>): Comments {
  const program = ts.createProgram([...files.values()], OPTIONS);
  const checker = program.getTypeChecker();
  const textOf = (symbol: ts.Symbol): string => {
    const tags = symbol.getJsDocTags(checker).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`);
    return [ts.displayPartsToString(symbol.getDocumentationComment(checker)), ...tags].join('\n').trim();
  };
  const comments: Comments = new Map();
  for (const [entry, file] of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & ts.SymbolFlags.ValueModule) continue;
      const name = `${entry} ${exported.name}`;
      comments.set(name, textOf(symbol));
      if (!(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) continue;
      for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        const { valueDeclaration: at } = member;
        const isPrivate = at !== undefined && (ts.getCombinedModifierFlags(at) & ts.ModifierFlags.Private) !== 0;
        if (!isPrivate) comments.set(`${name}.${member.name}`, textOf(member));
      }
    }
  }
  return comments;
}

describe('the declarations', () => {
  const entries = Object.entries(readManifest(ROOT).exports as Record<string, { types?: string }>).flatMap(
    ([entry, { types }]) => (types === undefined ? [] : [[entry, types] as const]),
  );

  it('keep what the sources say of every export and its members', () => {
    const published = commentsOf(new Map(entries.map(([entry, types]) => [entry, join(ROOT, types)])));
    const sources = commentsOf(
      new Map(
        entries.map(([entry, types]) => [entry, join(ROOT, types.replace(/^\.\/dist\//, 'lib/').replace(/\.d\.ts$/, '.ts'))]),
      ),
    );
    const names = [...published.keys()];
    expect(names).toEqual(expect.arrayContaining(['. importable', './threading Lock.acquire', './threading Lock.name']));
    expect(names.filter((name) => published.get(name) === '' && sources.get(name))).toEqual([]);
    expect(names.filter((name) => published.get(name) === '' && !name.includes('.', 2))).toEqual([]);
  });
});
