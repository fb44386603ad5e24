/** Start methods and contexts; `fork` in programs of its own, since it works only where no other thread runs. */
import { RuntimeError, ValueError } from 'nogil';
import * as mp from 'nogil/multiprocessing';
import { runScript } from '../helpers/script';

const LINUX = process.platform === 'linux';

test('names and contexts', () => {
  expect(mp.get_all_start_methods()).toEqual(LINUX ? ['spawn', 'fork'] : ['spawn']);
  expect(mp.get_start_method(true)).toBeUndefined();
  expect(mp.get_start_method()).toBe('spawn');
  expect(() => mp.set_start_method('spawn')).toThrow(RuntimeError);
  mp.set_start_method('spawn', true);
  expect(() => mp.set_start_method('forkserver' as never, true)).toThrow(ValueError);
  expect(() => mp.get_context('none' as never)).toThrow(ValueError);
  const context = mp.get_context('spawn');
  expect(context.get_start_method()).toBe('spawn');
  expect(context).toBe(mp.get_context('spawn'));
  expect(new context.Process()).toBeInstanceOf(mp.Process);
  expect(context.Lock).toBe(mp.Lock);
  expect(mp.AsyncResult).toBe(mp.pool.AsyncResult);
  expect(mp.Manager).toBe(mp.managers.Manager);
  expect(mp.get_context().Process).toBe(mp.Process);
  expect(mp.cpu_count()).toBeGreaterThan(0);
  mp.freeze_support();
});

test('the keywords of start methods, and the method of a context, which is fixed', () => {
  mp.set_start_method('spawn', { force: true });
  mp.set_start_method({ method: 'spawn', force: true });
  expect(mp.get_start_method({ allow_none: true })).toBe('spawn');
  expect(() => mp.set_start_method('spawn', { force: false })).toThrow(RuntimeError);
  expect(() => mp.set_start_method('spawn', { forced: true } as never)).toThrow(TypeError);
  expect(() => mp.set_start_method('spawn', 1 as never)).toThrow(TypeError);
  expect(() => mp.get_context('spawn').set_start_method('spawn', true)).toThrow(ValueError);
});

test('the pool of a context starts its processes in the way of the context', async () => {
  if (!LINUX) return;
  const { code, stdout, stderr } = await runScript(
    `
    const mp = require('nogil/multiprocessing');
    globalThis.mark = 'forked';
    const ways = ['fork', 'spawn'].map((way) => {
      const pool = new (mp.get_context(way).Pool)(1);
      const mark = pool.apply(() => globalThis.mark ?? 'spawned');
      pool.terminate();
      pool.join();
      return mark;
    });
    console.log(ways.join());
  `,
    { timeout: 100_000 },
  );
  expect([code, stdout, stderr]).toEqual([0, 'forked,spawned\n', '']);
});

test('fork: closures, shared primitives, exit codes, death, promises', async () => {
  const { code, stdout, stderr } = await runScript(
    `
    const mp = require('nogil/multiprocessing');
    const { SystemExit } = require('nogil');
    mp.set_start_method('fork');
    const captured = 41;
    const queue = new mp.SimpleQueue();
    const lock = new mp.Lock();
    const run = (target, ...args) => {
      const child = new mp.Process({ target, args });
      child.start();
      child.join(20);
      return child.exitcode;
    };
    lock.acquire();
    const results = [
      run((n) => queue.put([captured + n, mp.current_process().name, mp.parent_process().pid === process.ppid, lock.acquire(false)]), 1),
      run(() => { throw new SystemExit(8); }),
      run(() => process.exit(5)),
      run(() => { process.exitCode = 6; }),
      run(async () => { await new Promise((resolve) => setTimeout(resolve, 20)); throw new SystemExit(7); }),
      run(() => process.kill(process.pid, 'SIGKILL')),
    ];
    process.on('exit', () => console.log('exit', process.pid === main));
    const main = process.pid;
    console.log(JSON.stringify([results, queue.get(true, 20)]));
    lock.release();
    const holder = new mp.Process({ target: () => { lock.acquire(); queue.put('held'); require('nogil/time').sleep(60); } });
    holder.start();
    console.log(queue.get(true, 20));
    holder.kill();
    console.log(lock.acquire(true, 20));
    holder.join();
  `,
    { timeout: 100_000 },
  );
  const [line, ...rest] = stdout.trimEnd().split('\n');
  expect(JSON.parse(line)).toEqual([
    [0, 8, 5, 6, 7, -9],
    [42, 'Process-1', true, false],
  ]);
  expect(rest).toEqual(['held', 'true', 'exit true']);
  expect(stderr).toContain('NOGIL_OWNER_DIED');
  expect(code).toBe(0);
});

test('fork at the top level of an ES module: the child gets out of the microtask', async () => {
  const { code, stdout, stderr } = await runScript(
    `
    import { get_context } from 'nogil/multiprocessing';
    import { ProcessPoolExecutor } from 'nogil/concurrent/futures';
    const context = get_context('fork');
    const child = new context.Process({ target: async () => { await null; console.log('child'); } });
    child.start();
    child.join(20);
    console.log(child.exitcode, child.is_alive());
    const pool = new context.Pool(2);
    console.log(pool.map((x) => x * 2, [1, 2, 3]).join(), pool.apply_async(async (x) => { await null; return x + 1; }, [3]).get(20));
    pool.close();
    pool.join();
    const executor = new ProcessPoolExecutor({ max_workers: 2, mp_context: context });
    console.log([...executor.map((x) => x * 2, [1, 2, 3])].join());
    executor.shutdown();
  `,
    { type: 'module', timeout: 60_000 },
  );
  expect([code, stdout, stderr]).toEqual([0, 'child\n0 false\n2,4,6 4\n2,4,6\n', '']);
});

/** `run(target)`: the exit code of a child that runs it. */
const RUN = `
  const mp = require('nogil/multiprocessing');
  const run = (target) => {
    const child = new (mp.get_context('fork').Process)({ target });
    child.start();
    child.join(20);
    child.kill();
    return child.exitcode;
  };
`;

test('fork after an await: nothing of the parent runs in the child', async () => {
  const { code, stdout, stderr } = await runScript(
    `
    ${RUN}
    const main = process.pid;
    const wait = () => new Promise((resolve) => setTimeout(resolve, 20));
    const inParent = () => { if (process.pid !== main) console.log('the parent in the child'); };
    (async () => {
      await null;
      try {
        queueMicrotask(inParent);
        console.log(run(() => { process.exitCode = 3; }), run(async () => { await wait(); process.exitCode = 4; }));
        console.log(run(async () => { await wait(); process.exitCode = run(async () => { await wait(); process.exitCode = 5; }); }));
      } catch {
        inParent();
      } finally {
        inParent();
      }
      inParent();
    })();
  `,
    { timeout: 60_000 },
  );
  expect([code, stdout, stderr]).toEqual([0, '3 4\n5\n', '']);
});

test.each(['', "require('async_hooks').createHook({ init() {}, before() {}, after() {} }).enable();"])(
  'fork after an await where there are async contexts: %s',
  async (hooks) => {
    const { code, stdout, stderr } = await runScript(
      `
      ${RUN}
      ${hooks}
      process.on('unhandledRejection', () => console.log('heard'));
      new (require('async_hooks').AsyncLocalStorage)().run(1, async () => {
        await null;
        console.log(run(async () => { await null; process.exitCode = 6; }));
        setTimeout(async () => {
          await null;
          console.log(run(async () => { await null; process.exitCode = 7; }));
        });
      });
    `,
      { timeout: 60_000 },
    );
    expect([code, stdout, stderr]).toEqual([0, '6\n7\n', '']);
  },
);

test('fork after an await without the inspector: what needs no promise runs, and the rest says what to do', async () => {
  const { stdout, stderr } = await runScript(
    `
    ${RUN}
    require('node:inspector').Session = class { constructor() { throw new Error('none'); } };
    (async () => {
      await null;
      console.log(run(() => { process.exitCode = 3; }), run(async () => { await null; }));
    })();
  `,
    { timeout: 60_000 },
  );
  expect(stdout).toBe('3 1\n');
  expect(stderr).toMatch(/RuntimeError: .*forked after an 'await'.*setImmediate.*spawn/);
});

test('a pool that would fork in the midst of a blocking call after an await breaks, and says what to do', async () => {
  const { stdout, stderr } = await runScript(
    `
    const mp = require('nogil/multiprocessing');
    (async () => {
      await null;
      const pool = new (mp.get_context('fork').Pool)({ processes: 1, maxtasksperchild: 1 });
      try {
        pool.map((x) => x, [1, 2, 3], 1);
      } catch (error) {
        console.log(error.name);
      }
      pool.terminate();
      pool.join();
      console.log('joined');
    })();
  `,
    { timeout: 60_000 },
  );
  expect(stdout).toBe('BrokenProcessPool\njoined\n');
  expect(stderr).toMatch(/RuntimeError: .*blocking call: fork from a timer/);
});

test('fork while another thread runs is refused, and says what to do', async () => {
  const { stdout } = await runScript(`
    const { Thread } = require('nogil/threading');
    const mp = require('nogil/multiprocessing');
    new Thread({ target: () => require('nogil/time').sleep(5), daemon: true }).start();
    try {
      new (mp.get_context('fork').Process)({ target: () => {} }).start();
    } catch (error) {
      console.log(error.name, error.message);
    }
  `);
  expect(stdout).toMatch(/^RuntimeError .*another thread/);
});

test('an RLock that was held at the fork is held in both', async () => {
  const { stdout } = await runScript(`
    const { RLock } = require('nogil/threading');
    const os = require('nogil/os');
    const lock = new RLock();
    lock.acquire();
    lock.acquire();
    const pid = os.fork();
    lock.release();
    lock.release();
    let refused = false;
    try { lock.release(); } catch { refused = true; }
    if (pid === 0) os._exit(refused && !lock.locked() ? 3 : 4);
    console.log(os.waitpid(pid, 0)[1] >> 8, refused, lock.locked());
  `);
  expect(stdout).toBe('3 true false\n');
});
