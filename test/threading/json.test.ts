/** JSON.stringify can not carry what threads share, and says so in few words. */
import { inspect } from 'node:util';
import { Future, ThreadPoolExecutor } from 'nogil/concurrent/futures';
import * as multiprocessing from 'nogil/multiprocessing';
import { Queue } from 'nogil/queue';
import { Condition, Event, Lock, RLock, Semaphore, Thread } from 'nogil/threading';

using executor = new ThreadPoolExecutor(1);

test.each([
  new Lock(),
  new RLock(),
  new Event({ name: 'json' }),
  new Semaphore(2),
  new Condition(),
  new Condition({ name: 'json-condition' }),
  new Thread(),
  new Queue(),
  new Future(),
  new multiprocessing.Lock(),
  executor,
])('the same text as inspect: %p', (object) => {
  expect(JSON.parse(JSON.stringify({ object }))).toEqual({ object: inspect(object) });
  expect(String(object)).toBe(inspect(object));
  expect(inspect(object)).toMatch(/^<.*>$/);
});

test('of others the class', () => {
  expect(JSON.stringify(executor.options({ timeout: 1 }))).toBe('"<LimitedExecutor>"');
});
