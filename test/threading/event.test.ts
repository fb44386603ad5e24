import { inspect } from 'node:util';
import { Event } from 'nogil/threading';
import { type Kind, seconds, shared, starter, terminatePeers, thrown, until, untilWaiting, waiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('Event', () => {
  it('is a flag', () => {
    const event = new Event();
    expect([event.is_set(), event.isSet(), event.wait(0), event.wait(-3)]).toEqual([false, false, false, false]);
    expect(inspect(event)).toBe('<Event: unset>');
    event.set();
    event.set();
    expect([event.is_set(), event.wait(), event.wait(0), event.wait({ timeout: 3 }), event.wait(null)]).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect(inspect(event)).toBe('<Event: set>');
    event.clear();
    event.clear();
    expect(event.is_set()).toBe(false);
  });

  it('waits for its time', () => {
    const event = new Event();
    expect(seconds(() => expect(event.wait(0.05)).toBe(false))).toBeGreaterThan(0.045);
    expect(waiting(event)).toBe(0);
  });

  it('checks its arguments', () => {
    const event = new Event();
    event.set();
    expect(() => event.wait('1' as never)).toThrow(TypeError);
    expect(() => event.wait({ time: 1 } as never)).toThrow(TypeError);
    expect(thrown(() => event.wait(NaN)).name).toBe('ValueError');
    expect(thrown(() => event.wait(1e10)).name).toBe('OverflowError');
  });
});

describe.each<Kind>(['Thread', 'worker'])('Event between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('wakes all who wait, also when it is cleared at once', () => {
    const event = new Event();
    const calls = Array.from({ length: 5 }, (_, n) =>
      start((e: Event, timeout?: number) => e.wait(timeout), event, n % 2 ? 20 : undefined),
    );
    untilWaiting(event, 5);
    event.set();
    event.clear();
    for (const call of calls) expect(call.join()).toBe(true);
    expect([event.is_set(), waiting(event)]).toEqual([false, 0]);
  });

  it('is seen set by who comes later', () => {
    const event = new Event();
    event.set();
    expect(start((e: Event) => [e.is_set(), e.wait()], event).join()).toEqual([true, true]);
  });

  it('hands over to and fro', () => {
    const [ping, pong] = [new Event(), new Event()];
    const answers = start(
      (a: Event, b: Event) => {
        for (let i = 0; i < 500; i++) {
          a.wait();
          a.clear();
          b.set();
        }
      },
      ping,
      pong,
    );
    for (let i = 0; i < 500; i++) {
      ping.set();
      expect(pong.wait(20)).toBe(true);
      pong.clear();
    }
    answers.join();
  });

  it('loses none of many that come and go while it is set and cleared', () => {
    const event = new Event();
    const stop = shared(1);
    const flips = start(
      (e: Event, s: Int32Array) => {
        while (!Atomics.load(s, 0)) {
          e.set();
          e.clear();
        }
        e.set();
      },
      event,
      stop,
    );
    const waiters = [1, 2].map(() =>
      start((e: Event) => {
        for (let i = 0; i < 1000; i++) if (!e.wait(20)) return i;
        return -1;
      }, event),
    );
    for (const waiter of waiters) expect(waiter.join()).toBe(-1);
    Atomics.store(stop, 0, 1);
    flips.join();
    until(() => event.is_set());
  });
});
