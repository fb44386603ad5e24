import { inspect } from 'node:util';
import { Semaphore } from 'nogil/threading';
import { type Kind, seconds, shared, starter, terminatePeers, thrown, until, untilWaiting, waiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('Semaphore', () => {
  it('counts', () => {
    const semaphore = new Semaphore(2);
    expect([semaphore.acquire(), semaphore.acquire(false), semaphore.acquire(false)]).toEqual([true, true, false]);
    semaphore.release();
    semaphore.release({ n: 3 });
    expect(inspect(semaphore)).toBe('<Semaphore: 4>');
    expect(inspect(new Semaphore())).toBe('<Semaphore: 1>');
    expect(new Semaphore({ value: 0 }).acquire(false)).toBe(false);
  });

  it('takes any time: none, too little, or over already', () => {
    const semaphore = new Semaphore(0);
    expect([semaphore.acquire(true, 0), semaphore.acquire(true, -1), semaphore.acquire({ timeout: -0.5 })]).toEqual([
      false,
      false,
      false,
    ]);
    expect(seconds(() => expect(semaphore.acquire({ timeout: 0.05 })).toBe(false))).toBeGreaterThan(0.045);
    expect([semaphore.acquire(true, { timeout: 0 }), semaphore.acquire(false, {})]).toEqual([false, false]);
    expect(waiting(semaphore)).toBe(0);
    semaphore.release();
    expect(semaphore.acquire(true, 0)).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['ValueError', () => new Semaphore(-1)],
    ['ValueError', () => new Semaphore(Infinity)],
    ['OverflowError', () => new Semaphore(2 ** 31)],
    ['TypeError', () => new Semaphore('1' as never)],
    ['TypeError', () => new Semaphore(1.5)],
    ['TypeError', () => new Semaphore({ valu: 1 } as never)],
    ['ValueError', () => new Semaphore(1).acquire(false, 1)],
    ['ValueError', () => new Semaphore(1).acquire(false, 0)],
    ['ValueError', () => new Semaphore(1).acquire({ blocking: false, timeout: 3 })],
    ['ValueError', () => new Semaphore(1).acquire(false, { timeout: 3 })],
    ['TypeError', () => new Semaphore(1).acquire(true, { blocking: true } as never)],
    ['ValueError', () => new Semaphore(1).acquire(true, NaN)],
    ['OverflowError', () => new Semaphore(1).acquire(true, 1e10)],
    ['TypeError', () => new Semaphore(1).acquire(1 as never)],
    ['ValueError', () => new Semaphore(1).release(0)],
    ['ValueError', () => new Semaphore(1).release(-2)],
    ['TypeError', () => new Semaphore(1).release(0.5)],
    ['OverflowError', () => new Semaphore(1).release(2 ** 31 - 1)],
    ['OverflowError', () => new Semaphore(1).release(2 ** 40)],
  ])('%s: %p', (name, fn) => expect(thrown(fn).name).toBe(name));

  it('is unchanged by a release that fails', () => {
    const semaphore = new Semaphore(2);
    expect(() => semaphore.release(2 ** 31 - 1)).toThrow('over 2147483647');
    expect(() => semaphore.release(0)).toThrow("'n' must be one or more, not 0");
    expect(inspect(semaphore)).toBe('<Semaphore: 2>');
  });

  it('is released at the end of `with` and `enter`', async () => {
    const semaphore = new Semaphore(1);
    expect(semaphore.with(() => semaphore.acquire(false))).toBe(false);
    using held = semaphore.enter();
    expect(semaphore.acquire(false)).toBe(false);
    held[Symbol.dispose]();
    await semaphore.with(async () => expect(semaphore.acquire(false)).toBe(false));
    expect(semaphore.acquire(false)).toBe(true);
    semaphore.release();
  });
});

describe.each<Kind>(['Thread', 'worker'])('Semaphore between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('lets exactly as many pass as it has units', () => {
    const semaphore = new Semaphore(0);
    const calls = Array.from({ length: 5 }, (_, n) =>
      start((s: Semaphore, timed: boolean) => (timed ? s.acquire(true, 20) : s.acquire()), semaphore, n % 2 === 0),
    );
    untilWaiting(semaphore, 5);
    semaphore.release(2);
    until(() => calls.filter((call) => call.done).length === 2);
    untilWaiting(semaphore, 3);
    expect(semaphore.acquire(false)).toBe(false);
    semaphore.release(5);
    for (const call of calls) expect(call.join()).toBe(true);
    expect([semaphore.acquire(false), semaphore.acquire(false), semaphore.acquire(false)]).toEqual([true, true, false]);
  });

  it('never has more inside than its value', () => {
    const semaphore = new Semaphore(2);
    const inside = shared(2); // now, most
    const calls = Array.from({ length: 4 }, () =>
      start(
        (s: Semaphore, words: Int32Array) => {
          for (let i = 0; i < 1500; i++) {
            s.acquire();
            const now = Atomics.add(words, 0, 1) + 1;
            if (now > Atomics.load(words, 1)) Atomics.store(words, 1, now);
            Atomics.sub(words, 0, 1);
            s.release();
          }
        },
        semaphore,
        inside,
      ),
    );
    for (const call of calls) call.join();
    expect(inside[1]).toBeLessThanOrEqual(2);
    expect([semaphore.acquire(false), semaphore.acquire(false), semaphore.acquire(false)]).toEqual([true, true, false]);
  });

  it('hands over to and fro', () => {
    const [there, back] = [new Semaphore(0), new Semaphore(0)];
    const answers = start(
      (a: Semaphore, b: Semaphore) => {
        for (let i = 0; i < 1000; i++) {
          a.acquire();
          b.release();
        }
      },
      there,
      back,
    );
    for (let i = 0; i < 1000; i++) {
      there.release();
      expect(back.acquire(true, 20)).toBe(true);
    }
    answers.join();
  });
});
