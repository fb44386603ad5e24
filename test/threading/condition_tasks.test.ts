/** A thread that blocks in a condition while tasks of its own wait under the same lock. */
import { Condition as ProcessCondition } from 'nogil/multiprocessing';
import { Condition, type Event, Event as Signal, RLock, Thread } from 'nogil/threading';
import { thrown } from '../helpers/peers';

/** Has another thread call `method` once it gets the lock, which the caller holds. */
function notifier(condition: Condition, n: number): Thread {
  const work = (c: Condition, count: number): void => {
    c.acquire();
    c.notify(count);
    c.release();
  };
  const thread = new Thread({ target: work, args: [condition, n] });
  thread.start();
  return thread;
}

/** A task that waits, holds the lock for a turn, and tells. */
async function task(condition: Condition, seen: string[], name: string): Promise<void> {
  condition.acquire();
  await condition.wait_async();
  await new Promise(setImmediate);
  seen.push(name);
  condition.release();
}

/** Whether others can have the lock, and no level is left with this thread. */
function isFree(condition: Condition): boolean {
  const free = new Signal();
  const work = (c: Condition, e: Event): void => {
    c.acquire();
    e.set();
    c.release();
  };
  const thread = new Thread({ target: work, args: [condition, free] });
  thread.start();
  thread.join(10);
  // Nor does this thread own it.
  thrown(() => condition.release());
  return free.is_set();
}

describe.each<[string, () => Condition]>([
  ['Condition', () => new Condition()],
  ['multiprocessing.Condition', () => new ProcessCondition()],
])('%s.wait while a task of the thread waits too', (_, make) => {
  it('ends with its time where the task alone is notified', async () => {
    const condition = make();
    const seen: string[] = [];
    const done = task(condition, seen, 'task');
    condition.acquire();
    condition.acquire();
    const other = notifier(condition, 1);
    const begun = performance.now();
    expect(condition.wait(0.3)).toBe(false);
    expect(performance.now() - begun).toBeGreaterThan(290);
    condition.release();
    condition.release();
    await done;
    other.join();
    expect(seen).toEqual(['task']);
    expect(isFree(condition)).toBe(true);
  });

  it.each([undefined, 10])('ends with the notification that both get (timeout %s)', async (timeout) => {
    const condition = make();
    const seen: string[] = [];
    const done = task(condition, seen, 'task');
    condition.acquire();
    const other = notifier(condition, 2);
    expect(condition.wait(timeout)).toBe(true);
    seen.push('wait');
    // Another wait gives up what the task has too, and takes it back.
    expect(condition.wait(0.05)).toBe(false);
    condition.release();
    await done;
    other.join();
    expect(seen).toEqual(['wait', 'task']);
    // What the wait's place in the list was given goes back by the event loop.
    await new Promise(setImmediate);
    expect(isFree(condition)).toBe(true);
  });

  it('ends with its time where nobody is notified, and others have the lock in between', async () => {
    const condition = make();
    const stop = new AbortController();
    condition.acquire();
    const waiting = condition.wait_async({ signal: stop.signal });
    condition.acquire();
    expect(condition.wait(0)).toBe(false);
    expect(condition.wait(0.05)).toBe(false);
    const holder = new Thread({
      target: (c: Condition, held: Event) => {
        c.acquire();
        held.set();
        require('nogil/time').sleep(0.2);
        c.release();
      },
      args: [condition, new Signal()],
    });
    holder.start();
    expect(condition.wait(0.1)).toBe(false);
    condition.release();
    stop.abort();
    await expect(waiting).rejects.toBe(stop.signal.reason);
    condition.release();
    holder.join();
    expect(isFree(condition)).toBe(true);
  });

  it('is an error where it would never end', async () => {
    const condition = make();
    const seen: string[] = [];
    const done = task(condition, seen, 'task');
    condition.acquire();
    const other = notifier(condition, 1);
    expect(thrown(() => condition.wait()).name).toBe('RuntimeError');
    condition.release();
    await done;
    other.join();
    expect(isFree(condition)).toBe(true);
  });
});

it('two conditions of one lock, tasks under both, many times', async () => {
  const lock = new RLock();
  const [a, b] = [new Condition(lock), new Condition(lock)];
  const seen: string[] = [];
  for (let round = 0; round < 100; round++) {
    const tasks = [task(a, seen, 'a'), task(b, seen, 'b'), task(b, seen, 'b')];
    lock.acquire();
    const others = [notifier(a, 1), notifier(b, 2 + (round % 2))];
    const answer = b.wait(round % 3 === 0 ? 0.01 : 0.05);
    if (round % 2 === 0) expect(answer).toBe(false);
    lock.release();
    // Not `join`: a task may have the lock, and goes on by the event loop only.
    for (const other of others) await other.join_async();
    lock.acquire();
    a.notify_all();
    b.notify_all();
    lock.release();
    await Promise.all(tasks);
    await new Promise(setImmediate);
    expect([round, lock.locked()]).toEqual([round, false]);
  }
  expect(seen.length).toBe(300);
});
