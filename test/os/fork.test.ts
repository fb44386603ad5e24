/** os.fork: on Linux, a child that works for real; elsewhere, an error that says so. */
import { RuntimeError } from 'nogil';
import { fork } from 'nogil/os';
import { runScript, type ScriptOptions, type ScriptResult } from '../helpers/script';

const PRELUDE = `
  const os = require('nogil/os');
  const fs = require('node:fs');
  const assert = require('node:assert');
  /** Runs fn in a child that ends by itself; its exit code. */
  function inChild(fn) {
    const pid = os.fork();
    if (pid === 0) {
      fn();
      throw 'child';
    }
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]);
  }
`;

async function run(source: string, options: ScriptOptions = {}): Promise<string> {
  const result = await runAny(source, options);
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '', timedOut: false });
  return result.stdout;
}

function runAny(source: string, options: ScriptOptions = {}): Promise<ScriptResult> {
  return runScript(PRELUDE + source, { type: 'commonjs', timeout: 100_000, ...options });
}

if (process.platform !== 'linux') {
  test('fork tells what to do instead', () => {
    expect(() => fork()).toThrow(RuntimeError);
    expect(() => fork()).toThrow(/multiprocessing\.Process/);
  });
} else {
  describe('parent and child', () => {
    test('know who they are, and print once', async () => {
      const stdout = await run(`
        console.log('before', process.pid);
        const pid = os.fork();
        if (pid === 0) console.log('child', os.getpid(), process.pid, os.getppid(), require('nogil/threading').get_native_id());
        else console.log('parent', process.pid, os.waitpid(pid, 0)[0]);
      `);
      const [before, child, parent, ...rest] = stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      const [me, pid] = [before[1], child[1]];
      expect([before, child, parent, rest]).toEqual([['before', me], ['child', pid, pid, me, pid], ['parent', me, pid], []]);
      expect(pid).not.toBe(me);
    });

    test('have memory of their own', async () => {
      await run(`
        const { Lock, RLock } = require('nogil/threading');
        const { Queue } = require('nogil/queue');
        let n = 1;
        const words = new Int32Array(new SharedArrayBuffer(4));
        const queue = new Queue();
        const lock = new Lock();
        queue.put('both');
        const pid = os.fork();
        n++;
        words[0]++;
        if (pid === 0) {
          queue.put('child');
          lock.acquire();
          assert.deepStrictEqual([n, words[0], queue.qsize()], [2, 1, 2]);
          return;
        }
        assert.deepStrictEqual(os.waitpid(pid, 0), [pid, 0]);
        assert.deepStrictEqual([n, words[0], queue.qsize(), lock.locked()], [2, 1, 1, false]);
      `);
    });

    test('locks that were held are, in both', async () => {
      await run(`
        const { Lock, RLock, current_thread, active_count } = require('nogil/threading');
        const [lock, rlock] = [new Lock(), new RLock()];
        lock.acquire();
        rlock.acquire();
        rlock.acquire();
        assert.strictEqual(inChild(() => {
          assert.strictEqual(lock.acquire(false), false);
          lock.release();
          rlock.release();
          rlock.release();
          assert.throws(() => rlock.release(), { name: 'RuntimeError' });
          assert.deepStrictEqual([current_thread().name, active_count()], ['MainThread', 1]);
          process.exit(3);
        }), 3);
        assert.strictEqual(lock.locked(), true);
        rlock.release();
        rlock.release();
      `);
    });

    test('draw different random numbers', async () => {
      const stdout = await run(`
        const pid = os.fork();
        if (pid !== 0) os.wait();
        console.log(Math.random());
        console.log(require('node:crypto').randomUUID());
      `);
      expect(new Set(stdout.trim().split('\n')).size).toBe(4);
    });

    test('the child’s children are its own', async () => {
      const stdout = await run(`
        const first = os.fork();
        if (first === 0) process.exit(1);
        const second = os.fork();
        if (second === 0) {
          assert.throws(() => os.wait(), { name: 'ChildProcessError' });
          assert.throws(() => os.waitpid(first, 0), { name: 'ChildProcessError' });
          const third = os.fork();
          if (third === 0) process.exit(os.getppid() === process.ppid ? 3 : 4);
          process.exit(os.waitstatus_to_exitcode(os.wait()[1]) + 10);
        }
        console.log(JSON.stringify([first, second].map((pid) => os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))));
        assert.throws(() => os.wait(), { name: 'ChildProcessError' });
      `);
      expect(stdout).toBe('[1,13]\n');
    });
  });

  describe('in the child', () => {
    test.each([[[]], [['--single-threaded']], [['--max-semi-space-size=1', '--stack-size=900']]])(
      'JavaScript, timers, files, processes and threads work (%j)',
      async (nodeArgs) => {
        const stdout = await run(
          `
          const { Thread } = require('nogil/threading');
          const { execFileSync, execFile } = require('node:child_process');
          const { promisify } = require('node:util');
          const hot = (n) => { let s = 0; for (let i = 0; i < n; i++) s = (s * 31 + i) | 0; return s; };
          const want = hot(1e6);
          const early = fs.promises.stat(__filename); // under way at the fork
          const pid = os.fork();
          (async () => {
            if (pid === 0) {
              let list = [];
              for (let i = 0; i < 5e5; i++) list = list.length > 1e4 ? [] : [...list.slice(-3), { i, text: 'x' + i }];
              for (let i = 0; i < 50; i++) assert.strictEqual(hot(1e6), want);
              await new Promise((done) => setTimeout(done, 5));
              const file = __filename + '.' + process.pid;
              await fs.promises.writeFile(file, 'text');
              console.log(await fs.promises.readFile(file, 'utf8'));
              console.log(execFileSync('echo', ['sync']).toString().trim());
              console.log((await promisify(execFile)('echo', ['async'])).stdout.trim());
              console.log(require('node:zlib').gunzipSync(await promisify(require('node:zlib').gzip)('zip')).toString());
              console.log(await (await fetch('data:text/plain,fetched')).text());
              const thread = new Thread({ target: () => console.log('thread') });
              thread.start();
              thread.join();
              process.exitCode = 7;
            } else {
              assert.strictEqual(os.waitstatus_to_exitcode((await os.waitpid_async(pid, 0))[1]), 7);
            }
            assert.ok((await early).isFile());
            console.log('early');
          })();
        `,
          { nodeArgs },
        );
        expect(stdout).toBe('text\nsync\nasync\nzip\nfetched\nthread\nearly\nearly\n');
      },
    );

    test('signals reach its listeners, and not the parent’s', async () => {
      await run(`
        let got = 0;
        process.on('SIGUSR2', () => got++);
        const pid = os.fork();
        if (pid === 0) {
          process.on('SIGUSR2', () => process.exit(got));
          setInterval(() => {}, 1000);
          return;
        }
        setTimeout(async () => {
          while (fs.readFileSync('/proc/' + pid + '/stat', 'utf8').split(' ')[2] !== 'S') await new Promise(setImmediate);
          os.kill(pid, 'SIGUSR2');
          assert.strictEqual(os.waitstatus_to_exitcode((await os.wait_async())[1]), 1);
          assert.strictEqual(got, 0);
          process.exit();
        }, 100);
        setInterval(() => {}, 1000);
      `);
    });
  });

  describe('the child’s end', () => {
    test.each([
      ['the end of the program', '', 0],
      ['process.exitCode', 'process.exitCode = 5', 5],
      ['process.exit', 'process.exit(6)', 6],
      ['os._exit', 'os._exit(7)', 7],
      ['a signal', 'os.kill(os.getpid(), "SIGKILL")', -9],
    ])('by %s', async (_name, end, code) => {
      const stdout = await run(`
        const parent = process.pid;
        process.on('exit', (code) => console.log(process.pid === parent ? 'parent' : 'child', code));
        const pid = os.fork();
        if (pid === 0) { ${end} } else console.log(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]));
      `);
      expect(stdout).toBe(`${code < 0 || code === 7 ? '' : `child ${code}\n`}${code}\nparent 0\n`);
    });

    test.each([
      ['thrown', 'throw new Error("lost")'],
      ['of a promise', 'Promise.reject(new Error("lost"))'],
    ])('by an error %s, which Node prints', async (_name, end) => {
      const { code, stdout, stderr } = await runAny(`
        const pid = os.fork();
        if (pid === 0) { ${end} } else console.log(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]));
      `);
      expect([code, stdout]).toEqual([0, '1\n']);
      expect(stderr.match(/Error: lost/g)).toHaveLength(1);
      expect(stderr).toContain('Node.js v');
    });

    test('by an error after one that was caught', async () => {
      const stdout = await run(`
        const pid = os.fork();
        if (pid === 0) {
          process.once('uncaughtException', () => setTimeout(() => process.exit(4), 1));
          throw new Error('caught');
        }
        console.log(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]));
      `);
      expect(stdout).toBe('4\n');
    });
  });

  describe('waiting', () => {
    test('waitpid blocks without CPU; with WNOHANG it does not', async () => {
      await run(`
        const { thread_time } = require('nogil/time');
        const pid = os.fork();
        if (pid === 0) {
          require('nogil/time').sleep(0.3);
          os._exit(1);
        }
        assert.deepStrictEqual(os.waitpid(pid, os.WNOHANG), [0, 0]);
        assert.deepStrictEqual(os.waitpid(-1, os.WNOHANG), [0, 0]);
        const cpu = thread_time();
        assert.deepStrictEqual(os.waitpid(pid, 0), [pid, 256]);
        assert.ok(thread_time() - cpu < 0.05);
        assert.throws(() => os.waitpid(pid, 0), { name: 'ChildProcessError', code: 'ECHILD' });
      `);
    });

    test('wait takes each once, and those of Node never', async () => {
      await run(`
        const { spawn } = require('node:child_process');
        const pids = [1, 2, 3].map((code) => {
          const pid = os.fork();
          if (pid === 0) os._exit(code);
          return pid;
        });
        const node = spawn(process.execPath, ['-e', 'process.exit(9)']);
        node.on('exit', (code) => assert.strictEqual(code, 9));
        const got = pids.map(() => os.wait()).sort(([a], [b]) => a - b);
        assert.deepStrictEqual(got.map(([, status]) => os.waitstatus_to_exitcode(status)).sort(), [1, 2, 3]);
        assert.deepStrictEqual(got.map(([pid]) => pid), pids.sort((a, b) => a - b));
        assert.throws(() => os.wait(), { name: 'ChildProcessError' });
      `);
    });

    test('stops and continuations, where asked for', async () => {
      await run(`
        const pid = os.fork();
        if (pid === 0) {
          os.kill(os.getpid(), 'SIGSTOP');
          os._exit(2);
        }
        const [, stopped] = os.waitpid(pid, os.WUNTRACED);
        assert.ok(os.WIFSTOPPED(stopped));
        assert.deepStrictEqual(os.waitpid(pid, os.WNOHANG), [0, 0]);
        os.kill(pid, 'SIGCONT');
        const [, next] = os.waitpid(pid, os.WCONTINUED);
        const last = os.WIFCONTINUED(next) ? os.waitpid(pid, 0)[1] : next;
        assert.strictEqual(os.waitstatus_to_exitcode(last), 2);
      `);
    });

    test('by process group', async () => {
      await run(`
        const pid = os.fork();
        if (pid === 0) os._exit(0);
        assert.throws(() => os.waitpid(-pid, os.WNOHANG), { name: 'ChildProcessError' });
        assert.deepStrictEqual(os.waitpid(0, 0), [pid, 0]);
      `);
    });

    test('promises: many, aborted, for children that are not born yet', async () => {
      await run(`
        (async () => {
          const first = os.fork();
          if (first === 0) {
            require('nogil/time').sleep(1000);
          }
          const controller = new AbortController();
          const aborted = os.waitpid_async(first, 0, { signal: controller.signal });
          controller.abort(new Error('enough'));
          await assert.rejects(aborted, /enough/);
          const any = os.wait_async();
          const second = os.fork();
          if (second === 0) {
            await assert.rejects(any, { name: 'ChildProcessError' });
            os._exit(5);
          }
          assert.deepStrictEqual(await any, [second, 5 << 8]);
          os.kill(first, 'SIGKILL');
          assert.deepStrictEqual(await os.waitpid_async(first, 0), [first, 9]);
        })();
      `);
    });

    test('a thread that waits does not hold up the process’s end', async () => {
      const { code, ms } = await runAny(`
        const { Thread } = require('nogil/threading');
        const pid = os.fork();
        if (pid === 0) {
          require('nogil/time').sleep(1.5);
          os._exit(0);
        }
        const thread = new Thread({ target: (pid) => require('nogil/os').waitpid(pid, 0), args: [pid], daemon: true });
        thread.start();
        setTimeout(() => process.exit(3), 200);
      `);
      expect(code).toBe(3);
      expect(ms).toBeLessThan(60_000);
    });
  });

  describe('what can not work is refused', () => {
    const refused = (what: string): string => `assert.throws(() => os.fork(), { name: 'RuntimeError', message: /${what}/ });`;

    test('in a thread', async () => {
      await run(`
        const { Thread } = require('nogil/threading');
        const thread = new Thread({ target: () => {
          try {
            require('nogil/os').fork();
            process.exit(1);
          } catch (error) {
            console.log(error.name, error.message);
          }
        } });
        thread.start();
        thread.join();
      `).then((stdout) => expect(stdout).toMatch(/^RuntimeError fork\(\) works in the main thread only/));
    });

    test('while a thread runs; idle workers are ended', async () => {
      const stdout = await run(`
        const { Thread, Event } = require('nogil/threading');
        const event = new Event();
        const threads = [1, 2, 3].map(() => new Thread({ target: (event) => event.wait(), args: [event] }));
        for (const thread of threads) thread.start();
        ${refused('3 other threads run')}
        event.set();
        for (const thread of threads) thread.join();
        const pid = os.fork();
        const after = new Thread({ target: (who) => console.log(who), args: [pid === 0 ? 'child' : 'parent'] });
        if (pid !== 0) os.waitpid(pid, 0);
        after.start();
        after.join();
        const again = os.fork();
        if (again === 0) os._exit(0);
        os.waitpid(again, 0);
      `);
      expect(stdout).toBe('child\nparent\n');
    });

    test.each([
      ['idle', 'setInterval(() => {}, 1000)'],
      ['at work', 'for (;;);'],
      ['asleep', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
    ])('while a Worker is %s', async (_name, work) => {
      await run(`
        const { Worker } = require('node:worker_threads');
        const worker = new Worker(\`require('node:worker_threads').parentPort.postMessage(1); ${work}\`, { eval: true });
        worker.on('message', () => {
          ${refused('Worker')}
          worker.terminate().then(() => assert.strictEqual(inChild(() => process.exit(2)), 2));
        });
      `);
    });

    test.each([
      ['from the start', ['--inspect=0'], ''],
      ['opened later', [], `require('node:inspector').open(0);`],
    ])('under the inspector, %s', async (_name, nodeArgs, open) => {
      const { stdout, code } = await runAny(`${open} ${refused('inspector')} console.log('refused'); process.exit();`, {
        nodeArgs,
      });
      expect([code, stdout]).toEqual([0, 'refused\n']);
    });

    test('while a file operation waits', async () => {
      await run(`
        require('node:child_process').execFileSync('mkfifo', [__filename + '.fifo']);
        const reading = fs.promises.readFile(__filename + '.fifo');
        setTimeout(async () => {
          ${refused('at work')}
          fs.writeFileSync(__filename + '.fifo', 'x');
          await reading;
          assert.strictEqual(inChild(() => process.exit(2)), 2);
        }, 50);
      `);
    });
  });
}
