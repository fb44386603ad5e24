/** How programs with processes end, and what is left of them. Scripts: each is a program in a fresh process. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript } from '../helpers/script';

const TARGETS = require.resolve('./fixtures/targets.cjs');
const targets = `const targets = require(${JSON.stringify(TARGETS)});`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nogil-end-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Waits until `fn` gives something. */
async function until<T>(fn: () => T | undefined | false, what: string): Promise<T> {
  for (const end = Date.now() + 20_000; ;) {
    const found = fn();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('an error is printed as Python prints it, with the name of the process', async () => {
  const { code, stdout, stderr } = await runScript(`
    const { Process } = require('nogil/multiprocessing');
    ${targets}
    const child = new Process({ name: 'Zed', target: targets.fail, args: ['child-err'] });
    child.start();
    child.join();
    console.log(child.exitcode);
  `);
  expect([code, stdout]).toEqual([0, '1\n']);
  expect(stderr).toMatch(/^Process Zed:\nValueError: child-err\n/);
});

test('a SystemExit prints what is no exit code', async () => {
  const { stdout, stderr } = await runScript(`
    const { Process } = require('nogil/multiprocessing');
    const exit = (code) => { throw new (require('nogil').SystemExit)(code); };
    for (const code of [2, true, undefined, 1.5, 'why']) {
      const child = new Process({ target: exit, args: [code] });
      child.start();
      child.join();
      console.log(child.exitcode);
    }
  `);
  expect([stdout, stderr]).toEqual(['2\n1\n0\n1\n1\n', '1.5\nwhy\n']);
});

test('a rejection that nobody handles when the target ends', async () => {
  const { stdout, stderr } = await runScript(`
    const { Process } = require('nogil/multiprocessing');
    const run = (target) => {
      const child = new Process({ name: 'Zed', target });
      child.start();
      child.join();
      console.log(child.exitcode);
    };
    run(() => { Promise.reject(new Error('un')); });
    run(async () => { await null; Promise.reject(new Error('deux')); });
    run(() => { Promise.reject(new Error('trois')).catch(() => {}); });
  `);
  expect(stdout).toBe('1\n1\n0\n');
  expect(stderr.match(/^(Process .*|Error: .*)$/gm)).toEqual(['Process Zed:', 'Error: un', 'Process Zed:', 'Error: deux']);
});

test('the end of the program waits for children, and ends daemons', async () => {
  const written = join(folder, 'written');
  const { code, ms, stdout, stderr } = await runScript(
    `
    const { Process } = require('nogil/multiprocessing');
    ${targets}
    new Process({ target: targets.later, args: [${JSON.stringify(written)}] }).start();
    const daemon = new Process({ target: targets.sleep, args: [60], daemon: true });
    daemon.start();
    console.log(daemon.pid);
  `,
    { timeout: 100_000 },
  );
  expect([code, stderr]).toEqual([0, '']);
  expect(ms).toBeLessThan(20_000);
  expect(existsSync(written)).toBe(true);
  expect(isAlive(Number(stdout))).toBe(false);
});

test.each([
  ['process.exit()', 'process.exit(7)', 7],
  ['an uncaught error', "throw new Error('uncaught')", 1],
])('so does %s', async (_name, how, expected) => {
  const { code, stdout } = await runScript(
    `
    const { Process } = require('nogil/multiprocessing');
    ${targets}
    const daemon = new Process({ target: targets.sleep, args: [60], daemon: true });
    daemon.start();
    console.log(daemon.pid);
    ${how};
  `,
    { timeout: 100_000 },
  );
  expect(code).toBe(expected);
  expect(isAlive(Number(stdout))).toBe(false);
});

test('when the parent is killed, daemons end and others finish', async () => {
  const [pids, up, release, written] = ['pids', 'up', 'release', 'written'].map((name) => join(folder, name));
  // The output of a script ends with the last of its processes.
  const script = runScript(
    `
    const { Process } = require('nogil/multiprocessing');
    const fs = require('node:fs');
    const time = require('nogil/time');
    const daemon = new Process({
      target: (path) => { require('node:fs').writeFileSync(path, ''); require('nogil/time').sleep(60); },
      args: [${JSON.stringify(up)}],
      daemon: true,
    });
    const other = new Process({
      target: async (release, written) => {
        const fs = require('node:fs');
        while (!fs.existsSync(release)) await new Promise((resolve) => setTimeout(resolve, 10));
        fs.writeFileSync(written, 'finished');
      },
      args: [${JSON.stringify(release)}, ${JSON.stringify(written)}],
    });
    daemon.start();
    other.start();
    while (!fs.existsSync(${JSON.stringify(up)})) time.sleep(0.01);
    fs.writeFileSync(${JSON.stringify(`${pids}.new`)}, daemon.pid + ' ' + other.pid);
    fs.renameSync(${JSON.stringify(`${pids}.new`)}, ${JSON.stringify(pids)});
    process.kill(process.pid, 'SIGKILL');
  `,
    { timeout: 100_000 },
  );
  await until(() => existsSync(pids), 'the processes to be up');
  const [daemon, other] = readFileSync(pids, 'utf8').split(' ').map(Number);
  await until(() => !isAlive(daemon), 'the daemon to end');
  expect(isAlive(other)).toBe(true);
  writeFileSync(release, '');
  expect((await script).signal).toBe('SIGKILL');
  expect(readFileSync(written, 'utf8')).toBe('finished');
  await until(() => !isAlive(other), 'the other to end');
});

test('starting a process while a child imports the main module names the guard', async () => {
  const { code, stderr } = await runScript(
    `
    const { Process } = require('nogil/multiprocessing');
    exports.work = function work() {};
    const child = new Process({ target: exports.work });
    child.start();
    child.join();
    process.exitCode = child.exitcode;
  `,
    { timeout: 100_000 },
  );
  expect(code).toBe(1);
  expect(stderr).toContain('bootstrapping phase');
  expect(stderr).toContain('is_main');
});

test('a pool that a worker of its own would make again names the guard', async () => {
  const { stderr } = await runScript(
    `
    import { Pool } from 'nogil/multiprocessing';
    const one = 1;
    export function work(n) { return n + one; }
    const pool = new Pool(2);
    try {
      pool.map(work, [1, 2]);
    } catch (error) {
      console.error(error);
    }
    pool.terminate();
  `,
    { type: 'module' },
  );
  expect(stderr).toContain('bootstrapping phase');
  expect(stderr).toContain('is_main(import.meta.url)');
  expect(stderr).not.toContain('daemonic');
});

test('targets in ES modules, and is_main() in the child', async () => {
  const { code, stdout, stderr } = await runScript(
    `
    import { Process } from 'nogil/multiprocessing';
    import { is_main } from 'nogil';
    export function work(n) {
      console.log('child', n, is_main(import.meta.url));
    }
    if (is_main(import.meta.url)) {
      const child = new Process({ target: work, args: [5] });
      child.start();
      child.join();
      console.log('parent', child.exitcode);
    }
  `,
    { timeout: 100_000, type: 'module' },
  );
  expect([code, stdout, stderr]).toEqual([0, 'child 5 false\nparent 0\n', '']);
});

test('threads of a child are waited for', async () => {
  const { stdout, stderr } = await runScript(
    `
    const { Process } = require('nogil/multiprocessing');
    const child = new Process({ target: () => {
      const { Thread } = require('nogil/threading');
      new Thread({ target: () => { require('nogil/time').sleep(0.2); console.log('thread'); } }).start();
      new Thread({ target: () => { require('nogil/time').sleep(60); }, daemon: true }).start();
      console.log('target');
    } });
    child.start();
    child.join();
    console.log('ended', child.exitcode);
  `,
    { timeout: 100_000 },
  );
  expect([stdout, stderr]).toEqual(['target\nthread\nended 0\n', '']);
});

test('children that a thread started are ended with the program, not with the thread', async () => {
  const { code, stdout } = await runScript(
    `
    const { Thread } = require('nogil/threading');
    const thread = new Thread({ target: (targets) => {
      const { Process } = require('nogil/multiprocessing');
      const daemon = new Process({ target: require(targets).sleep, args: [60], daemon: true });
      daemon.start();
      require('node:fs').writeSync(1, daemon.pid + ' ');
    }, args: [${JSON.stringify(TARGETS)}] });
    thread.start();
    thread.join();
    process.on('exit', () => console.log(native()));
    function native() { return require('nogil').multiprocessing.parent_process() === undefined; }
  `,
    { timeout: 100_000 },
  );
  const [pid, first] = stdout.trim().split(' ');
  expect([code, first]).toEqual([0, 'true']);
  expect(isAlive(Number(pid))).toBe(false);
});

test('a worker that alone has loaded the library may end: the native threads that watch processes stay', async () => {
  const { code, stdout, stderr } = await runScript(
    `
    const { isMainThread, Worker } = require('node:worker_threads');
    if (isMainThread) {
      // Long enough for the watcher to be asleep in code that is gone.
      new Worker(__filename).on('exit', (code) => setTimeout(() => console.log('worker', code), 100));
    } else {
      const { Process } = require('nogil/multiprocessing');
      const child = new Process({ target: () => {} });
      child.start();
      child.join_async().then(() => console.log('child', child.exitcode));
    }
  `,
    { timeout: 100_000 },
  );
  expect([code, stdout, stderr]).toEqual([0, 'child 0\nworker 0\n', '']);
});
