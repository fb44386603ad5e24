/** Programs that a bundler has made one file of, with the library external to it. */
import { writeFileSync } from 'node:fs';
import { type BuildOptions, buildSync, transformSync } from 'esbuild';
import webpack from 'webpack';
import { App } from './app';

jest.setTimeout(60_000);

let app: App;
beforeAll(() => {
  app = new App('program');
});
afterAll(() => {
  app.remove();
});

/** CommonJS has no `import.meta.url`, and bundlers do not make one up. */
const URL_OF_FILE = "require('node:url').pathToFileURL(__filename).href";

describe('esbuild', () => {
  function bundle(outfile: string, options: BuildOptions): string {
    const { warnings } = buildSync({
      entryPoints: [app.path('main.ts')],
      outfile: app.path(outfile),
      bundle: true,
      platform: 'node',
      target: 'node20',
      external: ['nogil', 'nogil/*'],
      logLevel: 'silent',
      ...options,
    });
    expect(warnings).toEqual([]);
    return outfile;
  }
  const CJS: BuildOptions = {
    format: 'cjs',
    banner: { js: `const importMetaUrl = ${URL_OF_FILE};` },
    define: { 'import.meta.url': 'importMetaUrl' },
  };

  test('an ES module', async () => {
    const { selfContained, refused } = await app.results(bundle('bundle.mjs', { format: 'esm' }));
    expect(selfContained).toEqual([8, 'twice']);
    expect(refused).toMatch(/'hidden' .*bundle\.mjs:\d+.* captures 'calls'.*Export the function.*importable/s);
  });

  test('a minified ES module that keeps names', async () => {
    const { selfContained, refused } = await app.results(bundle('kept.mjs', { format: 'esm', minify: true, keepNames: true }));
    expect(selfContained).toEqual([8, 'twice']);
    expect(refused).toMatch(/'hidden' .*kept\.mjs/);
  });

  test('CommonJS', async () => {
    const { refused } = await app.results(bundle('bundle.cjs', CJS));
    expect(refused).toMatch(/'hidden' .*bundle\.cjs/);
  });

  test('minified CommonJS', async () => {
    const { refused } = await app.results(bundle('min.cjs', { ...CJS, minify: true }));
    expect(refused).toMatch(/min\.cjs:\d+.* captures /);
  });

  test('what it puts into self-contained functions goes along, from whichever module', async () => {
    const source = `
      export const lowered = () => [
        async (x) => [await x, (await import('node:path')).sep],
        (x) => { const { a, ...rest } = { a: 1, ...{ b: x ** 2 } }; return rest; },
        (lock) => { using own = lock.enter(); return [lock.locked(), own !== undefined]; },
        function named(x) { const inner = () => x; return [named.name, inner.name, inner()]; },
      ];`;
    const { code } = transformSync(source, { target: 'es2015', format: 'esm', keepNames: true });
    // In the first file the helpers are the module's own; in the others they are imported from a chunk that both share.
    writeFileSync(app.path('own.mjs'), code);
    writeFileSync(app.path('source.mjs'), source);
    writeFileSync(
      app.path('other.mjs'),
      `import { lowered } from './source.mjs'; ${source.replace('lowered', 'others')} export { lowered };`,
    );
    buildSync({
      entryPoints: [app.path('source.mjs'), app.path('other.mjs')],
      outdir: app.path('split'),
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'es2015',
      keepNames: true,
      logLevel: 'error',
    });
    writeFileSync(
      app.path('helpers.mjs'),
      `import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
      import { Lock } from 'nogil/threading';
      import { lowered } from './own.mjs';
      import { others } from './split/other.mjs';
      const pool = new ThreadPoolExecutor({ max_workers: 1 });
      const send = (fns) => [3, 3, new Lock(), 3].map((argument, i) => pool.submit(fns[i], argument).result());
      console.log(JSON.stringify([send(lowered()), send(others())]));
      pool.shutdown();`,
    );
    const expected = [[3, '/'], { b: 9 }, [true, true], ['named', 'inner', 3]];
    expect(JSON.parse(await app.run('helpers.mjs'))).toEqual([expected, expected]);
  });
});

describe('webpack', () => {
  /** webpack has no loader for TypeScript of its own: the program is stripped of its types before. */
  function bundle(filename: string, options: webpack.Configuration, start = 'void main()'): Promise<string> {
    for (const name of ['main', 'work', 'offset']) {
      const { outputFiles } = buildSync({ entryPoints: [app.path(`${name}.ts`)], target: 'node20', write: false });
      writeFileSync(app.path(`${name}.js`), outputFiles[0].text.replaceAll('.ts"', '.js"').replace('void main()', start));
    }
    const config: webpack.Configuration = {
      context: app.folder,
      entry: './main.js',
      target: 'node20',
      externals: [({ request }, done) => (/^nogil(\/|$)/.test(request) ? done(undefined, request) : done())],
      devtool: false,
      ...options,
      output: { path: app.folder, filename, ...options.output },
    };
    return new Promise((resolve, reject) => {
      webpack(config, (error, stats) => {
        if (error || stats!.hasErrors() || stats!.hasWarnings()) reject(error ?? new Error(stats!.toString()));
        else resolve(filename);
      });
    });
  }

  test('an ES module, in development mode', async () => {
    const file = await bundle('webpack.mjs', {
      mode: 'development',
      experiments: { outputModule: true },
      externalsType: 'module',
      output: { module: true, library: { type: 'module' } },
      // Otherwise import.meta.url is the source file's.
      module: { parser: { javascript: { importMeta: false } } },
    });
    const { selfContained, refused } = await app.results(file);
    expect(selfContained).toEqual([8, 'twice']);
    expect(refused).toMatch(/'hidden' .* captures 'calls'/);
  });

  test('CommonJS, in development mode, when the bundle has been evaluated', async () => {
    const options: webpack.Configuration = {
      mode: 'development',
      // Functions then have no file that the engine knows.
      devtool: 'eval',
      externalsType: 'commonjs',
      output: { library: { type: 'commonjs2' } },
      plugins: [new webpack.DefinePlugin({ 'import.meta.url': URL_OF_FILE })],
    };
    const { refused } = await app.results(await bundle('later.cjs', options, 'setImmediate(main)'));
    expect(refused).toMatch(/'hidden', which.* captures 'calls'/);
  });

  test('CommonJS, in production mode', async () => {
    const file = await bundle('webpack.cjs', {
      mode: 'production',
      externalsType: 'commonjs',
      output: { library: { type: 'commonjs2' } },
      plugins: [new webpack.DefinePlugin({ 'import.meta.url': URL_OF_FILE })],
    });
    const { refused } = await app.results(file);
    expect(refused).toMatch(/webpack\.cjs:\d+.* captures /);
  });
});
