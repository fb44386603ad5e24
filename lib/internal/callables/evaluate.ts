import Module, { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as vm from 'node:vm';
import type { AnyFunction, SourceRef, Supplied } from './reference';

/** The part of Node's modules that loaders are written against; it is not in the types. */
interface CompilingModule {
  filename: string;
  exports: unknown;
  _compile(code: string, filename: string): void;
}

type Values = Record<Supplied, unknown>;

/** The variables of the file at `base`, each made when it is asked for. */
function fileVariables(base: string): Values {
  const isFile = base.startsWith('file:');
  const filename = isFile ? fileURLToPath(base) : base;
  const load = createRequire(isFile ? base : pathToFileURL(`${process.cwd()}/[data]`));
  return {
    require: load,
    __filename: filename,
    __dirname: dirname(filename),
    // A function that uses these belongs to its module, which therefore has to be there.
    get exports(): unknown {
      return load(filename) as unknown;
    },
    get module(): unknown {
      load(filename);
      return load.cache[load.resolve(filename)];
    },
    import$meta: {
      url: base,
      filename,
      dirname: dirname(filename),
      resolve: (specifier: string): string => {
        const found = /^[\w-]+:/.test(specifier) ? specifier : load.resolve(specifier);
        return found === specifier ? specifier : pathToFileURL(found).href;
      },
    },
  };
}

type Make = (...values: unknown[]) => AnyFunction;

/**
 * Compiles a function body. A body with `import()` has to be compiled as a module: that is how Node comes to resolve it from the
 * file (for `node:vm` this is experimental, and says so on stderr).
 */
function compile(body: string, ref: SourceRef): Make {
  const { supplied = [], line = 0 } = ref;
  const filename = ref.base?.startsWith('file:') ? fileURLToPath(ref.base) : `nogil:${ref.name || 'anonymous'}`;
  if (!ref.imports) return vm.compileFunction(body, supplied, { filename, lineOffset: line }) as Make;
  const module = new Module(filename) as unknown as CompilingModule;
  module.filename = filename;
  module._compile(`${'\n'.repeat(line)}module.exports = function (${supplied.join(',')}) {${body}}`, filename);
  return module.exports as Make;
}

/**
 * Evaluates a self-contained function, with `require` and `import()` resolved as in the file that wrote it.
 *
 * @throws SyntaxError when this Node does not know syntax that the other one did
 */
export function evaluate(ref: SourceRef): AnyFunction {
  const { supplied = [], helpers = [], self = [] } = ref;
  // What comes before the function stays on its line.
  let body = ref.strict ? "'use strict';" : '';
  const defined = new Set<string>();
  for (const [name, expression] of helpers) {
    if (!defined.has(name)) body += `const ${name}=${expression};`;
    defined.add(name);
  }
  if (self.length > 0) body += `let ${self.join(',')};`;
  body += `return ${self.map((name) => `${name}=`).join('')}(${ref.source}\n)`;
  const values = supplied.length > 0 ? fileVariables(ref.base!) : undefined;
  const fn = compile(body, ref)(...supplied.map((name) => values![name]));
  if (fn.name !== ref.name) Object.defineProperty(fn, 'name', { value: ref.name, configurable: true });
  return fn;
}
