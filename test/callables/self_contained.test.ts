import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describeTarget } from '../../dist/internal/callables';
import { FIXTURES, importModule, refusal, Runner } from './harness';

declare const __name: (fn: unknown, name: string) => unknown;
declare const cov_1a2b3c: () => { s: number[]; b: number[][] };
declare const window: unknown;

const factor = 3;
let runner: Runner;
beforeAll(() => (runner = new Runner()));
afterAll(() => runner.close());

describe('what goes as source', () => {
  test('functions of every form', async () => {
    expect(await runner.run((a: number, b = 2) => Math.max(a, b), 1)).toBe(2);
    expect(await runner.run(async (x: number) => Promise.resolve(x), 4)).toBe(4);
    expect(
      await runner.run(function add(a: number, b: number) {
        return a + b;
      }, 1, 2), // prettier-ignore
    ).toBe(3);
    const object = {
      method(x: number) {
        return x + 1;
      },
      async ['odd name'](x: number) {
        return x + 2;
      },
      *generate(x: number) {
        yield x;
      },
    };
    expect(await runner.run(object.method, 1)).toBe(2);
    expect(await runner.run(object['odd name'], 1)).toBe(3);
    expect(describeTarget(object.generate, 'x')).toMatchObject({ kind: 'source', name: 'generate' });
    class Local {
      static async work(x: number) {
        return x * 2;
      }
    }
    expect(await runner.run(Local.work, 4)).toBe(8);
    // eslint-disable-next-line @typescript-eslint/no-implied-eval
    expect(await runner.run(new Function('a', 'return a + 1') as (a: number) => number, 1)).toBe(2);
  });

  test('a function keeps its name', async () => {
    const double = (x: number) => x * 2;
    expect((await runner.resolve(describeTarget(double, 'x'), [1])).name).toBe('double');
  });

  test('its own locals, nested functions, classes and patterns are no captures', async () => {
    const work = ({ a, b: [c] = [1] }: { a: number; b?: number[] }, ...rest: number[]) => {
      let total = a + c;
      for (const r of rest) total += r;
      class Box {
        #v = total;
        static make = () => new Box();
        get() {
          return this.#v;
        }
      }
      label: for (let i = 0; ; i++) if (i > 2) break label;
      try {
        throw new Error('x');
      } catch (error) {
        total = (error as Error).message.length;
      }
      return [hoisted(), Box.make().get(), typeof window];
      function hoisted() {
        return total;
      }
    };
    expect(await runner.run(work, { a: 1 }, 2, 3)).toEqual([1, 1, 'undefined']);
  });

  test('globals, also through an import that only spells them out', async () => {
    expect(await runner.run(() => [Math.max(1, 2), typeof process.pid, performance.now() > 0])).toEqual([2, 'number', true]);
    const performance2 = globalThis.performance;
    {
      const performance = performance2;
      expect(await runner.run(() => performance.now() > 0)).toBe(true);
    }
  });

  test('a function may refer to itself', async () => {
    const fact = (n: number): number => (n < 2 ? 1 : n * fact(n - 1));
    expect(await runner.run(fact, 5)).toBe(120);
    expect(
      await runner.run(function f(n: number): number {
        return n ? f(n - 1) + 1 : 0;
      }, 3), // prettier-ignore
    ).toBe(3);
  });

  test("require, import() and __filename are those of the function's file", async () => {
    expect(await runner.run(() => (require('./fixtures/whole.cjs') as (x: number) => number)(2))).toBe(6);
    expect(await runner.run(() => require('node:path').basename(__filename) as string)).toBe('self_contained.test.ts');
    expect(await runner.run(() => [__dirname])).toEqual([__dirname]);
    // TypeScript would turn an import() in this file into require().
    const load = require('./fixtures/imports.cjs') as { make: () => () => Promise<unknown> };
    expect(await runner.run(load.make())).toBe(42);
  });

  test('what transpilers and coverage tools put in', async () => {
    expect(
      await runner.run(() => {
        cov_1a2b3c().s[0]++;
        cov_1a2b3c().b[1][0]++;
        const named = __name(() => 1, 'given') as () => number;
        return [named.name, named()];
      }),
    ).toEqual(['given', 1]);
  });

  test('the helpers of transpilers go along', async () => {
    const { make } = require('./fixtures/transpiled.cjs') as { make: () => ((x: number) => unknown)[] };
    for (const fn of make()) expect(await runner.run(fn, 1)).toEqual([1, 2]);
  });

  test('a function that came as source gives references itself', async () => {
    const { make } = (await importModule(join(FIXTURES, 'nested.mjs'))) as { make: () => () => unknown };
    const { ref, same, value } = await runner.run(make(), join(__dirname, '../../dist/internal/callables/index.js'));
    expect(ref).toMatchObject({ kind: 'source', base: pathToFileURL(join(FIXTURES, 'nested.mjs')).href });
    expect(same).toBe(true);
    expect(await runner.resolve(ref)).toMatchObject({ value });
    expect(value).toEqual([ref.base, true]);
  });

  test('strict code stays strict and sloppy code sloppy', async () => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the one way to sloppy code in a strict file
    const sloppy = new Function('return typeof this') as () => string;
    expect(await runner.run(sloppy)).toBe('object');
    expect(
      await runner.run(function (this: unknown) {
        return typeof this;
      }), // prettier-ignore
    ).toBe('undefined');
  });

  test('stack traces name the file and line that wrote it', async () => {
    const fail = () => {
      throw new Error(`from ${process.pid}`);
    };
    const error = await runner.run(fail).catch((e: unknown) => e);
    const line = /self_contained\.test\.ts:(\d+)/;
    expect(Number(line.exec((error as Error).stack!)![1])).toBeGreaterThan(100);
  });

  test('the same reference again, and a cheap one for the same text', () => {
    const fn = () => Math.max(1);
    expect(describeTarget(fn, 'x')).toBe(describeTarget(fn, 'x'));
    const make = () => () => Math.min(7);
    for (let i = 0; i < 20; i++) expect(describeTarget(make(), 'x')).toBe(describeTarget(make(), 'x'));
  });
});

describe('what is refused', () => {
  test('captured variables are named, with the ways out', () => {
    const offset = 1;
    const message = refusal((x: number) => x * factor + offset);
    expect(message).toMatch(/^Thread\(\): 'target' is an anonymous function \(.*self_contained\.test\.ts:\d+\)/);
    expect(message).toMatch(/captures 'factor', 'offset'/);
    expect(message).toMatch(/Export the function from a module/);
    expect(message).toMatch(/arguments/);
    expect(message).toMatch(/importable\(/);
  });

  test('a global that the file shadows is a capture', () => {
    const setTimeout = sleep;
    expect(refusal(() => setTimeout(1))).toMatch(/captures 'setTimeout'/);
  });

  test('an import is named with its module', () => {
    expect(refusal(() => existsSync('/'))).toMatch(/'node_fs_1' is imported from 'node:fs'/);
  });

  test('names that are globals here only', () => {
    expect(refusal(() => expect(1).toBe(1))).toMatch(/uses 'expect', which a new thread does not have/);
  });

  test('assignments to captured variables, also in nested functions and defaults', () => {
    let total = 0;
    expect(refusal(() => [1].forEach(() => total++))).toMatch(/captures 'total'/);
    expect(refusal((x = factor) => x)).toMatch(/captures 'factor'/);
    expect(refusal(({ [factor]: x }: number[]) => x)).toMatch(/captures 'factor'/);
    expect(refusal(() => ({ factor }))).toMatch(/captures 'factor'/);
    expect(total).toBe(0);
  });

  test('this, super, new.target, arguments and private names of the code around', () => {
    const make = function (this: unknown) {
      return [() => this, () => arguments.length, () => new.target];
    };
    class Derived extends Array<number> {
      #secret = 1;
      parent() {
        return super.toString();
      }
      private() {
        return this.#secret;
      }
      #method() {
        return factor;
      }
      getMethod() {
        return this.#method;
      }
    }
    const [self, args, target] = make();
    const { parent, private: secret, getMethod } = new Derived();
    expect(refusal(self)).toMatch(/uses 'this' of/);
    expect(refusal(args)).toMatch(/uses 'arguments' of/);
    expect(refusal(target)).toMatch(/uses 'new.target' of/);
    expect(refusal(parent)).toMatch(/uses 'super' of/);
    expect(refusal(secret)).toMatch(/uses '#secret' of/);
    expect(refusal(getMethod.call(new Derived()))).toMatch(/captures 'factor'/);
  });

  test('native and bound functions, classes, and what is no function', () => {
    expect(refusal(Math.max)).toMatch(/native code/);
    expect(refusal(console.log)).toMatch(/native code|captures/);
    expect(refusal((() => 1).bind(null))).toMatch(/bound/);
    expect(refusal(class X {})).toMatch(/is a class/);
    expect(refusal(5)).toBe("Thread(): 'target' must be a function, not number");
    expect(refusal(null)).toBe("Thread(): 'target' must be a function, not null");
    expect(refusal({})).toBe("Thread(): 'target' must be a function, not object");
  });
});
