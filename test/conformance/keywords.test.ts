/** Keyword forms of calls, and what is refused before anything happens. */
import {
  as_completed,
  Future,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  wait,
  wait_async,
  type TaskOptions,
} from 'nogil/concurrent/futures';
import * as multiprocessing from 'nogil/multiprocessing';
import { ValueError } from 'nogil';
import { ThreadPool } from 'nogil/multiprocessing/pool';
import { LifoQueue, PriorityQueue, Queue } from 'nogil/queue';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Lock,
  RLock,
  RWLock,
  Semaphore,
  Thread,
  type NameOptions,
} from 'nogil/threading';

/** Makers of what takes options, given one that nothing knows. */
const MAKERS: Record<string, (options: NameOptions) => unknown> = {
  Lock: (o) => new Lock(o),
  RLock: (o) => new RLock(o),
  Condition: (o) => new Condition(o),
  'Condition(lock)': (o) => new Condition(new Lock(), o),
  Event: (o) => new Event(o),
  Semaphore: (o) => new Semaphore(o),
  'BoundedSemaphore(1)': (o) => new BoundedSemaphore(1, o),
  'Barrier(1)': (o) => new Barrier(1, o),
  RWLock: (o) => new RWLock(o),
  Queue: (o) => new Queue(o),
  Future: (o) => new Future(o),
  Thread: (o) => new Thread(o),
  'multiprocessing.Lock': (o) => new multiprocessing.Lock(o),
  'multiprocessing.Event': (o) => new multiprocessing.Event(o),
  'multiprocessing.Condition': (o) => new multiprocessing.Condition(o),
  'multiprocessing.Value': (o) => multiprocessing.Value('i', 0, o as object),
  'multiprocessing.Array': (o) => multiprocessing.Array('i', 1, o as object),
};

it.each(Object.entries(MAKERS))('%s names an unknown option', (_, make) => {
  expect(() => make({ nmae: 'x' } as never)).toThrow(
    expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(/'nmae'/) as string }),
  );
});

it.each([Lock, RLock, Event, RWLock, Future])('%p takes no options, or an object of them', (Class) => {
  expect(() => new Class('x' as never)).toThrow(TypeError);
  expect(() => new Class(5 as never)).toThrow(TypeError);
  expect(new Class(null as never).name).toBeUndefined();
});

it('wait_for takes its arguments by name', async () => {
  const condition = new Condition();
  using _ = condition.enter();
  let asked = 0;
  expect(condition.wait_for({ predicate: () => ++asked, timeout: 0 })).toBe(1);
  expect(condition.wait_for({ predicate: () => '', timeout: 0 })).toBe('');
  expect(await condition.wait_for_async({ predicate: () => 'yes', signal: new AbortController().signal })).toBe('yes');
  expect(() => condition.wait_for({ timeout: 0 } as never)).toThrow(/'predicate' must be a function/);
});

it('wait and as_completed take their arguments by name', async () => {
  const future = new Future<number>();
  future.set_result(3);
  const pending = new Future<number>();
  const { done, not_done } = wait({ fs: [future, pending], timeout: 0 });
  expect([[...done], [...not_done]]).toEqual([[future], [pending]]);
  expect((await wait_async({ fs: [future], return_when: 'ALL_COMPLETED' })).done.size).toBe(1);
  expect([...as_completed<number>({ fs: [future], timeout: 1 } as never)]).toEqual([future]);
  expect(() => wait({ timeout: 1 } as never)).toThrow(/'fs' must be an iterable of futures/);
});

it.each([Queue, LifoQueue, PriorityQueue])('an infinite maxsize of a %p is no bound', (Class) => {
  for (const maxsize of [Infinity, -Infinity]) {
    const queue = new Class<number>(maxsize);
    queue.put_many([1, 2, 3]);
    expect(queue.full()).toBe(false);
    queue.maxsize = 3;
    expect(queue.full()).toBe(true);
    queue.maxsize = maxsize;
    expect(queue.full()).toBe(false);
  }
  expect(() => new Class(NaN)).toThrow('out of range');
});

it('initargs are iterable, with an initializer or without', () => {
  const initargs = 5 as never;
  expect(() => new ThreadPoolExecutor({ initargs })).toThrow(/'initargs' must be an array/);
  expect(() => new ProcessPoolExecutor({ initargs })).toThrow(/'initargs' must be an array/);
  expect(() => new multiprocessing.Pool({ processes: 1, initargs })).toThrow(/'initargs' must be an array/);
  expect(() => new ThreadPool({ processes: 1, initargs })).toThrow(/'initargs' must be an array/);
});

it('options() of an executor and transfer of a queue say what they take', () => {
  using executor = new ThreadPoolExecutor(1);
  for (const bad of [5, null, undefined, []] as unknown as TaskOptions[]) {
    expect(() => executor.options(bad)).toThrow(
      expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(/options\(\)/) as string }),
    );
  }
  const queue = new Queue<number>();
  expect(() => {
    queue.put(1, { transfer: 5 as never });
  }).toThrow(/'transfer' must be an array/);
  expect(queue.empty()).toBe(true);
});

it('a handle of a barrier with a forged timeout is none', () => {
  const handle = new Barrier(2).handle;
  for (const timeout of [NaN, Infinity, '1', undefined]) {
    expect(() => Barrier.from({ ...handle, extra: { timeout } })).toThrow(
      expect.objectContaining({ name: 'ValueError', message: expect.stringMatching(/forged/) as string }),
    );
  }
});

describe.each([
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Semaphore', () => new Semaphore()],
  ['BoundedSemaphore', () => new BoundedSemaphore()],
  ['Condition', () => new Condition()],
  ['RWLock.read', () => new RWLock().read()],
  ['RWLock.write', () => new RWLock().write()],
])('%s.acquire', (_, make) => {
  test('takes keywords after what is given by position', () => {
    const lock = make();
    expect(lock.acquire(true, { timeout: 1 })).toBe(true);
    lock.release();
    expect(() => lock.acquire(false, { timeout: 1 })).toThrow(ValueError);
    expect(() => lock.acquire(true, { blocking: true } as never)).toThrow("got 'blocking' twice");
    expect(() => lock.acquire(true, { wait: 1 } as never)).toThrow("unexpected option 'wait'");
  });
});

test('and so do those of processes', () => {
  for (const make of [multiprocessing.Lock, multiprocessing.RLock, multiprocessing.Semaphore, multiprocessing.BoundedSemaphore]) {
    const lock = new make();
    expect(lock.acquire(true, { timeout: 1 })).toBe(true);
    lock.release();
    expect(() => lock.acquire(true, { block: true } as never)).toThrow("got 'block' twice");
  }
});

describe('what is no argument at all is shown in the message', () => {
  const hostile = (constructor: () => unknown): object => Object.defineProperty([], 'constructor', { get: constructor });

  it.each([
    [5n, '5n'],
    [hostile(() => ({ name: Symbol('s') })), 'an object'],
    [hostile(() => undefined), 'an object'],
    [
      hostile(() => {
        throw new Error('mine');
      }),
      'an object',
    ],
    [Object.defineProperty(() => {}, 'name', { value: Symbol('s') }), 'function (anonymous)'],
  ])('%#', (value, shown) => {
    const lock = new Lock();
    expect(() => lock.acquire(true, value as never)).toThrow(
      new TypeError(`Lock.acquire(): 'timeout' must be a number of seconds, not ${shown}`),
    );
    expect(lock.locked()).toBe(false);
  });
});
