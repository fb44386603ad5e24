import { inspect } from 'node:util';
import { Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue } from 'nogil/queue';
import { type Kind, seconds, starter, terminatePeers, thrown } from '../helpers/peers';
import { untilWaitingAt, waitingAt } from './waiting';

afterAll(terminatePeers);

const BOUNDED = [Queue, LifoQueue, PriorityQueue];
const ALL = [...BOUNDED, SimpleQueue];

describe.each(ALL.map((Class) => [Class.name, Class] as const))('%s', (name, Class) => {
  it('gives what was put, once', () => {
    const queue = new Class<number>();
    expect([queue.qsize(), queue.empty(), queue.full()]).toEqual([0, true, false]);
    queue.put(1);
    queue.put_nowait(2);
    queue.put(3, true, 1.5);
    queue.put(4, { block: false });
    expect([queue.qsize(), queue.empty()]).toEqual([4, false]);
    const all = [queue.get(), queue.get_nowait(), queue.get(true, 1.5), queue.get({ block: true, timeout: 1.5 })];
    expect(all).toEqual(name === 'LifoQueue' ? [4, 3, 2, 1] : [1, 2, 3, 4]);
    expect(queue.empty()).toBe(true);
  });

  it('throws Empty where nothing is there or comes in time', () => {
    const queue = new Class();
    expect(() => queue.get_nowait()).toThrow(Empty);
    expect(() => queue.get(false)).toThrow(Empty);
    expect(() => queue.get({ block: false })).toThrow(Empty);
    expect(() => queue.get(true, 0)).toThrow(Empty);
    expect(seconds(() => expect(() => queue.get(true, 0.05)).toThrow(Empty))).toBeGreaterThan(0.045);
    expect(thrown(() => queue.get_nowait())).toMatchObject({
      name: 'Empty',
      code: 'ERR_QUEUE_EMPTY',
      message: `${name}.get_nowait(): the queue is empty`,
    });
    // A timeout means nothing where nobody waits.
    expect(() => queue.get(false, -1)).toThrow(Empty);
    expect(waitingAt(queue)).toEqual({ get: 0, put: 0, join: 0 });
  });

  it('ends at shutdown', () => {
    const queue = new Class<number>();
    queue.put(1);
    expect(queue.is_shutdown).toBe(false);
    queue.shutdown();
    queue.shutdown();
    expect(queue.is_shutdown).toBe(true);
    expect(() => queue.put(2)).toThrow(ShutDown);
    expect(queue.get()).toBe(1);
    expect(() => queue.get()).toThrow(ShutDown);
    expect(thrown(() => queue.get_nowait())).toMatchObject({ name: 'ShutDown', code: 'ERR_QUEUE_SHUTDOWN' });
  });

  it('can be iterated until shut down and drained', async () => {
    const queue = new Class<number>();
    for (const Iterate of ['for', 'for await']) {
      const one = new Class<number>();
      for (let i = 1; i <= 3; i++) one.put(i);
      one.shutdown();
      const seen: number[] = [];
      if (Iterate === 'for') for (const item of one) seen.push(item);
      else for await (const item of one) seen.push(item);
      expect(seen.sort()).toEqual([1, 2, 3]);
    }
    queue.put(7);
    for (const item of queue) {
      expect(item).toBe(7);
      break;
    }
  });

  it.each<[string, () => unknown]>([
    ['ValueError', () => new Class().get(true, -1)],
    ['ValueError', () => new Class().get({ timeout: -0.1 })],
    ['ValueError', () => new Class().get(true, NaN)],
    ['OverflowError', () => new Class().get(true, 1e10)],
    ['TypeError', () => new Class().get(1 as never)],
    ['TypeError', () => new Class().get(true, '1' as never)],
    ['TypeError', () => new Class().get({ timeot: 1 } as never)],
    ['TypeError', () => new Class({ nam: 'x' } as never)],
    ['TypeError', () => new Class({ name: 1 } as never)],
    ['ValueError', () => new Class().get_many(0)],
    ['TypeError', () => new Class().get_many(undefined as never)],
    ['TypeError', () => new Class().shutdown(1 as never)],
  ])('%s: %p', (error, fn) => expect(thrown(fn).name).toBe(error));

  it('shows itself', () => {
    const queue = new Class();
    queue.put(1);
    expect(inspect(queue)).toBe(`<${name}: 1 items>`);
    queue.shutdown();
    expect(inspect(queue)).toBe(`<${name}: 1 items, shut down>`);
  });
});

describe.each(BOUNDED.map((Class) => [Class.name, Class] as const))('%s with a bound', (name, Class) => {
  it('throws Full where there is no room or none comes in time', () => {
    const queue = new Class<number>(2);
    queue.put(1);
    expect(queue.full()).toBe(false);
    queue.put(2);
    expect([queue.full(), queue.qsize(), queue.maxsize]).toEqual([true, 2, 2]);
    expect(() => queue.put_nowait(3)).toThrow(Full);
    expect(() => queue.put(3, false)).toThrow(Full);
    expect(() => queue.put(3, { block: false, timeout: -1 })).toThrow(Full);
    expect(seconds(() => expect(() => queue.put(3, true, 0.05)).toThrow(Full))).toBeGreaterThan(0.045);
    expect(() => queue.put({} as never, false)).toThrow(name === 'PriorityQueue' ? TypeError : Full);
    expect(thrown(() => queue.put_nowait(3))).toMatchObject({
      name: 'Full',
      code: 'ERR_QUEUE_FULL',
      message: `${name}.put_nowait(): the queue is full`,
    });
    expect(() => queue.put(3, true, -1)).toThrow("'timeout' must be a non-negative number");
    expect(queue.get_many(5).sort()).toEqual([1, 2]);
  });

  it('takes any bound, also in mid-life', () => {
    expect([new Class().maxsize, new Class(-3).maxsize, new Class({ maxsize: 4 }).maxsize, new Class(2 ** 40).maxsize]).toEqual([
      0,
      -3,
      4,
      2 ** 40,
    ]);
    const queue = new Class<number>(-3);
    for (let i = 0; i < 100; i++) queue.put(i);
    expect([queue.maxsize, queue.full()]).toEqual([-3, false]);
    queue.maxsize = 100;
    expect(queue.full()).toBe(true);
    expect(() => queue.put_nowait(1)).toThrow(Full);
    queue.maxsize = 50;
    expect([queue.qsize(), queue.full()]).toEqual([100, true]);
    queue.maxsize = 101;
    queue.put_nowait(1);
    queue.maxsize = 0;
    queue.put_nowait(1);
    expect(queue.qsize()).toBe(102);
    expect(() => (queue.maxsize = 1.5)).toThrow(TypeError);
    expect(() => new Class('1' as never)).toThrow(TypeError);
  });

  it('loses no put when it is shut down at once', () => {
    const queue = new Class<number>(1);
    queue.put(1);
    queue.shutdown({ immediate: true });
    expect(() => queue.put(2)).toThrow(ShutDown);
    expect(() => queue.get()).toThrow(ShutDown);
    expect([queue.qsize(), queue.unfinished_tasks]).toEqual([0, 0]);
    queue.join();
  });
});

it('SimpleQueue.put ignores block and timeout', () => {
  const queue = new SimpleQueue();
  queue.put(1, false, -5);
  queue.put(2, 'anything' as never, NaN);
  expect([queue.get(), queue.get()]).toEqual([1, 2]);
});

it('ShutDown is neither Empty nor Full', () => {
  const error = new ShutDown();
  expect([error instanceof Empty, error instanceof Full, error instanceof Error]).toEqual([false, false, true]);
});

describe.each<Kind>(['Thread', 'worker'])('with another %s', (kind) => {
  const start = starter(kind, __filename);

  it('a getter waits for an item and a putter for room', () => {
    const queue = new Queue<string>(1);
    const got = start((q) => q.get(), queue);
    untilWaitingAt(queue, { get: 1 });
    queue.put('first');
    expect(got.join()).toBe('first');
    queue.put('second');
    const put = start((q) => q.put('third'), queue);
    untilWaitingAt(queue, { put: 1 });
    expect(queue.qsize()).toBe(1);
    expect([queue.get(), queue.get()]).toEqual(['second', 'third']);
    put.join();
  });

  it('a raised bound lets a putter go on', () => {
    const queue = new Queue<number>(1);
    queue.put(1);
    const put = start((q) => q.put(2), queue);
    untilWaitingAt(queue, { put: 1 });
    queue.maxsize = 2;
    put.join();
    expect(queue.qsize()).toBe(2);
  });

  it('17. join waits for as many task_done as there were puts', () => {
    const queue = new Queue<number>();
    expect(thrown(() => queue.task_done()).name).toBe('ValueError');
    queue.join();
    for (let i = 0; i < 3; i++) queue.put(i);
    const joined = start((q) => q.join(), queue);
    untilWaitingAt(queue, { join: 1 });
    for (let i = 0; i < 3; i++) queue.get();
    expect(joined.done).toBe(false);
    queue.task_done();
    queue.task_done();
    queue.put(3);
    queue.task_done();
    expect([joined.done, queue.unfinished_tasks]).toEqual([false, 1]);
    untilWaitingAt(queue, { join: 1 });
    queue.get();
    queue.task_done();
    joined.join();
    expect(thrown(() => queue.task_done())).toMatchObject({
      name: 'ValueError',
      message: 'Queue.task_done() called too many times',
    });
    queue.join();
  });

  it('18. shutdown ends a waiting put, and gets when the queue is empty', () => {
    const queue = new Queue<string>(2);
    queue.put('a');
    queue.put('b');
    const put = start((q) => q.put('c'), queue);
    untilWaitingAt(queue, { put: 1 });
    queue.shutdown();
    expect(put.error()).toBe('ShutDown');
    for (const refused of [() => queue.put('d'), () => queue.put_nowait('d'), () => queue.put('d', true, 1)]) {
      expect(refused).toThrow(ShutDown);
    }
    expect(queue.qsize()).toBe(2);
    const joined = start((q) => q.join(), queue);
    untilWaitingAt(queue, { join: 1 });
    expect(queue.get()).toBe('a');
    expect(() => queue.put('d')).toThrow(ShutDown);
    expect(queue.get_nowait()).toBe('b');
    for (const over of [() => queue.get(), () => queue.get_nowait(), () => queue.get(true, 5)]) expect(over).toThrow(ShutDown);
    queue.task_done();
    expect(joined.done).toBe(false);
    queue.task_done();
    joined.join();
    queue.shutdown();
    expect(queue.is_shutdown).toBe(true);
  });

  it('18. shutdown ends all gets that wait', () => {
    const queue = new Queue();
    const gets = [0, 1, 2].map(() => start((q) => q.get(), queue));
    untilWaitingAt(queue, { get: 3 });
    queue.shutdown();
    expect(gets.map((get) => get.error())).toEqual(['ShutDown', 'ShutDown', 'ShutDown']);
  });

  it('shutdown at once lets join return', () => {
    const queue = new Queue<number>();
    queue.put(1);
    queue.put(2);
    const joined = start((q) => q.join(), queue);
    untilWaitingAt(queue, { join: 1 });
    queue.shutdown(true);
    joined.join();
    expect(queue.qsize()).toBe(0);
  });
});
