/** What can not be cloned is named as an argument of the call that was made. */
import { Future, ProcessPoolExecutor, ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { Pipe, Pool, Process } from 'nogil/multiprocessing';
import { ThreadPool } from 'nogil/multiprocessing/pool';
import { PriorityQueue, Queue, SimpleQueue } from 'nogil/queue';
import { Thread } from 'nogil/threading';
import { thrown } from '../helpers/peers';
import { task } from '../futures/executors';

const fn = (): number => 1;
const same = task('same');

function saysOf(call: () => unknown): string {
  const { name, message } = thrown(call);
  expect(name).toBe('DataCloneError');
  return message.replace(/: a function can not be cloned$/, '');
}

test.each<[string, () => unknown]>([
  ['Thread.start(): args[1].fn', () => new Thread({ target: same, args: [0, { fn }] }).start()],
  ['Thread.start(): kwargs.fn', () => new Thread({ target: same, kwargs: { fn } }).start()],
  ['Process.start(): args[0]', () => new Process({ target: same, args: [fn] }).start()],
  ['put(): item.fn', () => new Queue().put({ fn })],
  ['put(): item', () => new SimpleQueue().put(fn)],
  ['put(): item[1]', () => new PriorityQueue().put([1, fn])],
  ['Queue.put_many(): items[2][0]', () => new Queue<unknown>().put_many([0, 1, [fn]])],
  ['Future.set_result(): result.fn', () => new Future().set_result({ fn })],
  ['Connection.send(): value', () => Pipe()[0].send(fn)],
  ['ThreadPoolExecutor(): initargs[0]', () => new ThreadPoolExecutor({ initializer: same, initargs: [fn] })],
  ['Pool(): initargs[0]', () => new Pool({ processes: 1, initializer: same, initargs: [fn] })],
])('%s', (says, call) => {
  expect(saysOf(call)).toBe(says);
});

test('a put that waits', async () => {
  await expect(new Queue<unknown>().put_async(fn)).rejects.toThrow('put(): item: a function can not be cloned');
});

describe.each([ThreadPoolExecutor, ProcessPoolExecutor])('%p', (Executor) => {
  test('submit, map and what a task returns', () => {
    using executor = new Executor(1);
    expect(saysOf(() => executor.submit(same, 1, fn).result())).toBe('submit(): args[1]');
    expect(saysOf(() => executor.submit((x: unknown) => x, [fn]).result())).toBe('submit(): args[0][0]');
    expect(saysOf(() => [...executor.map(same, [1, fn])])).toBe('Executor.map(): args[0]');
    expect(saysOf(() => executor.submit(task('uncloneable')).result())).toBe("the task's return value");
  });
});

test('chunks of map, and initargs, of processes', () => {
  using executor = new ProcessPoolExecutor(1);
  expect(saysOf(() => [...executor.map(same, [1, 2, fn], { chunksize: 2 })])).toBe('Executor.map(): iterable[2]');
  using other = new ProcessPoolExecutor({ max_workers: 1, initializer: same, initargs: [fn] });
  expect(saysOf(() => other.submit(same, 1))).toBe('ProcessPoolExecutor(): initargs[0]');
});

describe.each([Pool, ThreadPool])('%p', (Class) => {
  test('says which item', () => {
    using pool = new Class(1);
    expect(saysOf(() => pool.apply(same, [1, fn]))).toBe('Pool.apply(): args[1]');
    expect(saysOf(() => pool.apply(same, [1], { kwds: { fn } }))).toBe('Pool.apply(): kwds.fn');
    expect(saysOf(() => pool.map(same, [1, 2, 3, 4, 5, 6, 7, fn]))).toBe('Pool.map(): iterable[7]');
    expect(saysOf(() => pool.starmap(same, [[1], [fn]]))).toBe('Pool.starmap(): iterable[1][0]');
    expect(saysOf(() => [...pool.imap(same, [1, 2, fn])])).toBe('Pool.imap(): iterable[2]');
    expect(saysOf(() => [...pool.imap(same, [1, 2, fn], 2)])).toBe('Pool.imap(): iterable[2]');
  });
});

test('executors that stay in their thread say so', () => {
  using executor = new ThreadPoolExecutor(1);
  using processes = new ProcessPoolExecutor(1);
  using pool = new ThreadPool(1);
  const why = 'can not be cloned';
  expect(saysOf(() => executor.submit(same, processes).result())).toBe(`submit(): args[0]: a ProcessPoolExecutor ${why}`);
  expect(saysOf(() => new Queue<unknown>().put({ pool }))).toBe(`put(): item.pool: a ThreadPool ${why}`);
  expect(saysOf(() => new Queue<unknown>().put(executor.options({})))).toBe(`put(): item: a LimitedExecutor ${why}`);
});
