import { inspect } from 'node:util';
import { BoundedSemaphore, Semaphore } from 'nogil/threading';
import { type Kind, starter, terminatePeers, thrown, untilWaiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('BoundedSemaphore', () => {
  it('never counts over its first value', () => {
    const semaphore = new BoundedSemaphore(2);
    expect(thrown(() => semaphore.release())).toMatchObject({
      name: 'ValueError',
      code: 'ERR_VALUE',
      message: 'Semaphore released too many times',
    });
    semaphore.acquire();
    expect(() => semaphore.release(2)).toThrow('Semaphore released too many times');
    expect(inspect(semaphore)).toBe('<BoundedSemaphore: 1>');
    semaphore.release();
    expect(inspect(semaphore)).toBe('<BoundedSemaphore: 2>');
    expect(() => new BoundedSemaphore(0).release()).toThrow('too many times');
    expect(() => new BoundedSemaphore().release()).toThrow('too many times');
    expect(new BoundedSemaphore()).toBeInstanceOf(Semaphore);
  });

  it('checks its arguments under its own name', () => {
    expect(thrown(() => new BoundedSemaphore(-1)).message).toContain('BoundedSemaphore()');
    expect(thrown(() => new BoundedSemaphore().acquire(0 as never)).message).toContain('BoundedSemaphore.acquire()');
    expect(new BoundedSemaphore().acquire(true, { timeout: 1 })).toBe(true);
    expect(thrown(() => new BoundedSemaphore().acquire(true, { n: 1 } as never)).message).toContain('BoundedSemaphore.acquire()');
    expect(thrown(() => new BoundedSemaphore().release(-1)).name).toBe('ValueError');
    expect(thrown(() => BoundedSemaphore.from(new Semaphore().handle)).name).toBe('ValueError');
    expect(thrown(() => Semaphore.from(new BoundedSemaphore().handle)).name).toBe('ValueError');
  });
});

describe.each<Kind>(['Thread', 'worker'])('BoundedSemaphore between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('knows its bound everywhere, also after units passed through waiters', () => {
    const semaphore = new BoundedSemaphore(1);
    semaphore.acquire();
    const calls = [1, 2].map(() => start((s: BoundedSemaphore) => s.with(() => s.acquire(false)), semaphore));
    untilWaiting(semaphore, 2);
    semaphore.release();
    for (const call of calls) expect(call.join()).toBe(false);
    expect(start((s: BoundedSemaphore) => s.release(), semaphore).error()).toBe('ValueError');
    expect(() => semaphore.release()).toThrow('too many times');
  });
});
