/** What is said of a target that can not go elsewhere, or of what was taken for one. */
import { start_new_thread } from 'nogil/_thread';
import { Future, ProcessPoolExecutor } from 'nogil/concurrent/futures';
import { Pool, Process } from 'nogil/multiprocessing';
import { ThreadPool } from 'nogil/multiprocessing/pool';
import { Lock, Thread, Timer } from 'nogil/threading';
import { thrown } from '../helpers/peers';
import { runScript } from '../helpers/script';

const factor = Math.random();
const captures = (): number => factor;

test.each<[string, 'thread' | 'process', () => unknown]>([
  ["Timer(): 'function'", 'thread', () => new Timer(1, captures)],
  ["start_new_thread(): 'function'", 'thread', () => start_new_thread(captures, [])],
  ["Process(): 'target'", 'process', () => new Process({ target: captures })],
])('%s, another %s', (says, to, call) => {
  const { message } = thrown(call);
  expect(message.startsWith(`${says} is function 'captures'`)).toBe(true);
  expect(message).toContain(`which can not be sent to another ${to}: `);
});

test('of pools', () => {
  using executor = new ProcessPoolExecutor(1);
  expect(thrown(() => executor.submit((): number => factor)).message).toMatch(/^submit\(\): 'fn' .*another process/s);
  using processes = new Pool(1);
  expect(thrown(() => processes.apply((): number => factor)).message).toMatch(/^Pool.apply\(\): 'func' .*another process/s);
  using threads = new ThreadPool(1);
  expect(thrown(() => threads.map((): number => factor, [1])).message).toMatch(/^Pool.map\(\): 'func' .*another thread/s);
});

test('native functions by the name that they have', () => {
  const advice = (fn: () => unknown): string => thrown(() => new Thread({ target: fn })).message.replace(/.*; /s, '');
  expect(advice(console.log)).toBe('wrap it in a function of your own: (...args) => console.log(...args)');
  expect(advice(Math.max)).toContain('(...args) => Math.max(...args)');
  expect(advice(parseInt as never)).toContain('(...args) => parseInt(...args)');
  expect(advice(captures.bind(null))).toBe('call what it was made of in a function of your own');
});

test('a function in the place of the group', () => {
  expect(thrown(() => new Thread((() => 1) as never)).message).toBe(
    'group argument must be None for now; what to run goes by name: new Thread({ target })',
  );
  expect(thrown(() => new Process((() => 1) as never)).message).toContain('new Process({ target })');
  expect(thrown(() => new Thread(5 as never)).message).toBe('group argument must be None for now');
});

test('a handle that is none', () => {
  expect(thrown(() => Lock.from({})).message).toBe('Lock.from(): this is not a handle of this library');
  expect(thrown(() => Future.from({})).message).toBe('Future.from(): this is not a handle of this library');
});

const REFUSED = `
  const n = Math.random();
  for (const target of [() => n, () => require('node:os').EOL]) {
    try {
      new Thread({ target }).start();
      console.log('taken');
    } catch ({ message }) {
      console.log(message.replace(/.*: it /, ''));
    }
  }
`;

test('the remedy in an ES module', async () => {
  const { stdout } = await runScript(`import { Thread } from 'nogil/threading'; ${REFUSED}`, { type: 'module' });
  const [captured, required] = stdout.split('\n');
  expect(captured).toContain("importable(import.meta.url, 'name')");
  expect(required).toBe(
    "uses 'require', which a new thread does not have as a global. " +
      "ES modules have no 'require': use `await import('…')` inside the function.",
  );
});

test('the remedy in a CommonJS file', async () => {
  const { stdout } = await runScript(`const { Thread } = require('nogil/threading'); ${REFUSED}`, { type: 'commonjs' });
  const [captured, required] = stdout.split('\n');
  expect(captured).toContain("importable(__filename, 'name')");
  expect(required).toBe('taken');
});
