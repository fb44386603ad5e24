import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { describeClass, describeTarget, importable, type ModuleRef } from '../../dist/internal/callables';
import { FIXTURES, importModule, refusal, Runner } from './harness';

type Jobs = Record<string, any>;
const load = (name: string): Jobs => require(join(FIXTURES, name)) as Jobs;
const loadModule = (name: string): Promise<Jobs> => importModule(join(FIXTURES, name));
const refOf = (fn: unknown): ModuleRef => describeTarget(fn, 'x') as ModuleRef;

let runner: Runner;
beforeAll(() => (runner = new Runner()));
afterAll(() => runner.close());

describe('CommonJS', () => {
  const jobs = load('jobs.cjs');

  test('exports, nested exports and methods are found by identity', async () => {
    expect(refOf(jobs.count)).toMatchObject({ kind: 'module', format: 'cjs', path: ['count'], name: 'count' });
    expect(refOf(jobs.count).url).toBe(pathToFileURL(join(FIXTURES, 'jobs.cjs')).href);
    expect(refOf(jobs.deep.er.count).path).toEqual(['deep', 'er', 'count']);
    expect(refOf(jobs.Job.create).path).toEqual(['Job', 'create']);
    expect(refOf(jobs.Job.prototype.describe).path).toEqual(['Job', 'prototype', 'describe']);
    expect(await runner.run(jobs.Job.prototype.describe, 5)).toBe('job 5 true');
    expect(await runner.run(jobs.default)).toEqual(['default', true]);
  });

  test("the other side has the module's own state", async () => {
    jobs.count();
    expect(await runner.run(jobs.count)).toBe(1);
    expect(await runner.run(jobs.count)).toBe(2);
    expect(jobs.deep.er.count()).toBe(1);
  });

  test('module.exports itself', async () => {
    const whole = load('whole.cjs');
    expect(refOf(whole).path).toEqual([]);
    expect(await runner.run(whole as any, 5)).toBe(15);
  });

  test('a closure that an export returns is refused', () => {
    expect(refusal(jobs.hidden(1))).toMatch(/captures 'captured'/);
  });

  test('an export that is added after the module was looked at', () => {
    const whole = load('whole.cjs');
    let n = 0;
    const late = () => n++;
    expect(refusal(late)).toMatch(/captures 'n'/);
    whole.late = late;
    expect(refOf(late).path).toEqual(['late']);
    delete whole.late;
  });
});

describe('ES modules', () => {
  let jobs: Jobs;
  beforeAll(async () => (jobs = await loadModule('jobs.mjs')));

  test('named, renamed and default exports, nested ones and methods', async () => {
    expect(refOf(jobs.count)).toMatchObject({ kind: 'module', format: 'esm', path: ['count'] });
    expect(refOf(jobs.renamed).path).toEqual(['renamed']);
    expect(refOf(jobs.default).path).toEqual(['default']);
    expect(refOf(jobs.api.nested.method).path).toEqual(['api', 'nested', 'method']);
    expect(refOf(jobs.Job.create).path).toEqual(['Job', 'create']);
    expect(await runner.run(jobs.count)).toBe(1);
    expect(await runner.run(jobs.renamed, 1)).toEqual([1, true]);
    expect(await runner.run(jobs.default)).toEqual(['default', true]);
    expect(await runner.run(jobs.api.nested.method, 2)).toEqual([2, true]);
    expect(await runner.run(jobs.Job.create, 3)).toEqual([3, true]);
    expect(await runner.run(jobs.Job.prototype.describe, 5)).toBe('job 5 true');
  });

  test('an export that was made elsewhere in the module', async () => {
    expect(refOf(jobs.triple).path).toEqual(['triple']);
    expect(await runner.run(jobs.triple, 4)).toBe(12);
  });

  test('a module that awaits at its top level', async () => {
    const { get } = await loadModule('awaits.mjs');
    expect(await runner.run(get)).toBe(7);
    expect((await runner.resolve(refOf(get))).sync).toBe(true);
  });

  test('isImporting() is true while the module is evaluated, and then no longer', async () => {
    const outcome = await runner.resolve(refOf(jobs.wasImporting));
    expect(outcome).toMatchObject({ value: true, importing: false });
    expect(jobs.wasImporting()).toBe(false);
  });

  test('a module with a query is another module', async () => {
    const other = await importModule(join(FIXTURES, 'jobs.mjs'), '?second');
    expect(refOf(other.count).url).toMatch(/jobs\.mjs\?second$/);
    expect(await runner.run(other.count)).toBe(1);
  });
});

describe('classes', () => {
  test('by reference', async () => {
    const { Job } = load('jobs.cjs');
    const { Failure } = await loadModule('jobs.mjs');
    expect(describeClass(Job, 'x')).toMatchObject({ path: ['Job'], format: 'cjs' });
    const ref = describeClass(Failure, 'x')!;
    expect(ref).toMatchObject({ path: ['Failure'], format: 'esm' });
    expect(describeClass(Failure, 'x')).toBe(ref);
    expect((await runner.resolve(ref, ['m'], true)).value).toMatchObject({ message: 'm' });
  });

  test('that no module exports', () => {
    class Hidden {}
    expect(describeClass(Hidden, 'x', true)).toBeUndefined();
    expect(() => describeClass(Hidden, 'Thread')).toThrow(/Thread: the class 'Hidden' can not be found by another thread/);
    expect(describeClass(Map, 'x', true)).toBeUndefined();
  });
});

describe('importable()', () => {
  test('names an export without importing it', async () => {
    const job = importable(pathToFileURL(join(FIXTURES, 'jobs.mjs')), 'Job.create');
    expect(job.name).toBe('create');
    expect(await runner.run(job, 1)).toEqual([1, true]);
    const cjs = importable(join(FIXTURES, 'jobs.cjs'), 'deep.er.count');
    expect(typeof (await runner.run(cjs))).toBe('number');
    expect(await runner.run(importable(join(FIXTURES, 'whole.cjs'), 'default'), 2)).toBe(6);
    expect(await runner.run(importable(join(FIXTURES, 'jobs.cjs'), 'default'))).toEqual(['default', true]);
    expect(await runner.run(importable(join(FIXTURES, 'jobs.mjs'), 'default'))).toEqual(['default', true]);
    expect(await runner.run(importable('data:text/javascript,export const f = () => 5', 'f'))).toBe(5);
    expect(await runner.run(importable('node:path', 'basename'), '/a/b')).toBe('b');
  });

  test('can be called here', async () => {
    expect(importable<(x: number) => number>(join(FIXTURES, 'whole.cjs'), 'default')(2)).toBe(6);
    expect(await importable(join(FIXTURES, 'awaits.mjs'), 'get')()).toBe(7);
  });

  test('wrong arguments', () => {
    expect(() => importable('./jobs.mjs', 'count')).toThrow(TypeError);
    expect(() => importable(5 as any, 'count')).toThrow(TypeError);
    expect(() => importable(__filename, '')).toThrow(TypeError);
    expect(() => importable(__filename, 'a..b')).toThrow(TypeError);
  });
});

describe('failures on the other side', () => {
  test('an export that does not exist', async () => {
    const { error } = await runner.resolve(refOf(importable(join(FIXTURES, 'jobs.mjs'), 'nothing.here')));
    expect(error).toBeInstanceOf(TypeError);
    expect(error!.message).toMatch(/jobs\.mjs does not export a function 'nothing\.here': its exports are .*'count'/);
  });

  test.each(['constructor', 'toString', '__proto__', 'deep.valueOf', 'count.call'])(
    '%s is no export: objects inherit it',
    async (name) => {
      const { error } = await runner.resolve(refOf(importable(join(FIXTURES, 'jobs.cjs'), name)));
      expect(error).toBeInstanceOf(TypeError);
      expect(error!.message).toContain(`jobs.cjs does not export a function '${name}': its exports are `);
    },
  );

  test('a module that throws, and one that is not there', async () => {
    const broken = await runner.resolve(refOf(importable(join(FIXTURES, 'broken.mjs'), 'f')));
    expect(broken).toMatchObject({ code: 'ERR_TARGET_IMPORT', cause: 'broken on purpose' });
    expect(broken.error!.message).toMatch(/broken\.mjs of target 'f' failed to import: RangeError: broken on purpose/);
    const absent = await runner.resolve(refOf(importable(join(FIXTURES, 'absent.cjs'), 'f')));
    expect(absent.error!.message).toMatch(/failed to import: Error: Cannot find module/);
  });
});
