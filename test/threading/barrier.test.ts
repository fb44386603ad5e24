import { inspect } from 'node:util';
import { Barrier, BrokenBarrierError, Event, ThreadError } from 'nogil/threading';
import { runScript } from '../helpers/script';
import { type Kind, seconds, shared, starter, terminatePeers, thrown, until, untilWaiting } from '../helpers/peers';

afterAll(terminatePeers);

describe('Barrier', () => {
  it('of one is passed at once, again and again', () => {
    let acted = 0;
    const barrier = new Barrier(1, () => acted++);
    expect([barrier.wait(), barrier.wait(0), barrier.wait({ timeout: -1 })]).toEqual([0, 0, 0]);
    expect([acted, barrier.parties, barrier.n_waiting, barrier.broken]).toEqual([3, 1, 0, false]);
    expect(inspect(barrier)).toBe('<Barrier: 0/1>');
    expect(() => new Barrier(2, { timeout: 0 }).wait()).toThrow(BrokenBarrierError);
  });

  it.each<[string, () => unknown]>([
    ['ValueError', () => new Barrier(0)],
    ['ValueError', () => new Barrier(-3)],
    ['TypeError', () => new Barrier(1.5)],
    ['TypeError', () => new Barrier(undefined as never)],
    ['TypeError', () => new Barrier('2' as never)],
    ['OverflowError', () => new Barrier(2 ** 31)],
    ['OverflowError', () => new Barrier(2 ** 32 + 1)],
    ['TypeError', () => new Barrier(2, 'action' as never)],
    ['TypeError', () => new Barrier(2, null, '1' as never)],
    ['ValueError', () => new Barrier(2, null, NaN)],
    ['TypeError', () => new Barrier({ parties: 2, acton: null } as never)],
    ['TypeError', () => new Barrier(1).wait('1' as never)],
    ['OverflowError', () => new Barrier(1).wait(1e10)],
  ])('%s: %p', (name, fn) => expect(thrown(fn).name).toBe(name));

  it('breaks when the time of one passes', () => {
    const barrier = new Barrier(2);
    const passed = seconds(() => {
      const error = thrown(() => barrier.wait(0.05));
      expect(error).toBeInstanceOf(BrokenBarrierError);
      expect(error).toBeInstanceOf(ThreadError);
      expect(error).toMatchObject({ name: 'BrokenBarrierError', code: 'ERR_BROKEN_BARRIER' });
    });
    expect(passed).toBeGreaterThan(0.045);
    expect([barrier.broken, barrier.n_waiting, inspect(barrier)]).toEqual([true, 0, '<Barrier: 0/2 broken>']);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.reset();
    expect(() => barrier.wait(0)).toThrow(BrokenBarrierError);
  });

  it('has a time of its own, which a call may override', () => {
    for (const barrier of [new Barrier(2, null, 0.05), new Barrier({ parties: 2, timeout: 0.05 })]) {
      expect(seconds(() => expect(() => barrier.wait()).toThrow(BrokenBarrierError))).toBeGreaterThan(0.045);
      barrier.reset();
      expect(seconds(() => expect(() => barrier.wait(0.1)).toThrow(BrokenBarrierError))).toBeGreaterThan(0.095);
    }
  });

  it('is broken by an action that throws', () => {
    const barrier = new Barrier(1, () => {
      throw new RangeError('boom');
    });
    expect(() => barrier.wait()).toThrow(RangeError);
    expect(barrier.broken).toBe(true);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    barrier.reset();
    expect(() => barrier.wait()).toThrow('boom');
  });

  it('is broken by an action that returns a promise, for which wait() can not wait', async () => {
    const { code, stdout, stderr } = await runScript(
      `const { Barrier } = require('nogil/threading');
       const barrier = new Barrier(1, async () => { throw new Error('Boom'); });
       for (let n = 0; n < 2; n++) {
         try { barrier.wait(); } catch (error) { console.log(error.name, error.code, error.message, barrier.broken); }
       }
       setTimeout(() => console.log('lives on'), 10);`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      "TypeError ERR_TYPE Barrier.wait(): 'action' must not return a promise; wait_async() awaits it true",
      'BrokenBarrierError ERR_BROKEN_BARRIER the barrier is broken true',
      'lives on',
      '',
    ]);
    let acted = 0;
    const barrier = new Barrier(1, async () => {
      await Promise.resolve();
      acted++;
    });
    expect(await barrier.wait_async()).toBe(0);
    expect(acted).toBe(1);
    const thenable = new Barrier(1, () => ({ then: () => undefined }));
    expect(() => thenable.wait()).toThrow(TypeError);
  });

  it('runs an action that uses the barrier', () => {
    const barrier: Barrier = new Barrier(1, () => expect([barrier.n_waiting, barrier.broken]).toEqual([1, false]));
    expect(barrier.wait()).toBe(0);
    const aborted: Barrier = new Barrier(1, () => aborted.abort());
    expect(() => aborted.wait()).toThrow(BrokenBarrierError);
    expect(aborted.broken).toBe(true);
    const reset: Barrier = new Barrier(1, () => reset.reset());
    expect(() => reset.wait()).toThrow(BrokenBarrierError);
    expect([reset.broken, reset.n_waiting]).toEqual([false, 0]);
  });
});

describe.each<Kind>(['Thread', 'worker'])('Barrier between threads (%s)', (kind) => {
  const start = starter(kind, __filename);
  const wait = (b: Barrier, timeout?: number) => b.wait(timeout);

  it('gives each thread another number, in order of arrival', () => {
    const barrier = new Barrier(4);
    const calls = [0, 1, 2].map((n) => {
      const call = start(wait, barrier);
      until(() => barrier.n_waiting === n + 1);
      return call;
    });
    expect(barrier.wait()).toBe(3);
    expect(calls.map((call) => call.join())).toEqual([0, 1, 2]);
    expect(barrier.n_waiting).toBe(0);
  });

  it('breaks for all when the time of one passes', () => {
    const barrier = new Barrier(3);
    const patient = start(wait, barrier);
    until(() => barrier.n_waiting === 1);
    expect(start(wait, barrier, 0.02).error()).toBe('BrokenBarrierError');
    expect(patient.error()).toBe('BrokenBarrierError');
    expect(barrier.broken).toBe(true);
  });

  it('sends those away who wait when it is reset, and works on', () => {
    const barrier = new Barrier(2);
    const sent = start(wait, barrier);
    until(() => barrier.n_waiting === 1);
    barrier.reset();
    expect(sent.error()).toBe('BrokenBarrierError');
    expect(barrier.broken).toBe(false);
    const passes = start(wait, barrier);
    until(() => barrier.n_waiting === 1);
    expect(barrier.wait()).toBe(1);
    expect(passes.join()).toBe(0);
  });

  // An action runs in any of the threads: it may use names, but nothing of the code around it.
  const atGate = () => {
    const threading = require('nogil/threading') as { Event: typeof Event };
    if (!new threading.Event({ name: 'gate of the barrier tests' }).wait(20)) throw new Error('the gate did not open');
  };

  it('lets nobody pass before the action is over', () => {
    const gate = new Event({ name: 'gate of the barrier tests' });
    gate.clear();
    const barrier = new Barrier(2, atGate);
    const calls = [start(wait, barrier), start(wait, barrier)];
    until(() => barrier.n_waiting === 2);
    untilWaiting(gate, 1);
    expect(calls.map((call) => call.done)).toEqual([false, false]);
    gate.set();
    expect(calls.map((call) => call.join()).sort()).toEqual([0, 1]);
  });

  it('keeps who comes during the action for the next round', () => {
    const gate = new Event({ name: 'gate of the barrier tests' });
    gate.clear();
    const barrier = new Barrier(2, atGate);
    const first = [start(wait, barrier), start(wait, barrier)];
    untilWaiting(gate, 1);
    const second = start(wait, barrier);
    untilWaiting(barrier, 2);
    expect(barrier.n_waiting).toBe(2);
    gate.set();
    expect(first.map((call) => call.join()).sort()).toEqual([0, 1]);
    until(() => barrier.n_waiting === 1);
    expect(second.done).toBe(false);
    expect(barrier.wait()).toBe(1);
    expect(second.join()).toBe(0);
  });

  it.each(['abort', 'reset'] as const)('%s during the action sends all away, whatever the action does then', (how) => {
    const gate = new Event({ name: 'gate of the barrier tests' });
    gate.clear();
    const barrier = new Barrier(2, atGate);
    const calls = [start(wait, barrier), start(wait, barrier)];
    untilWaiting(gate, 1);
    barrier[how]();
    gate.set();
    expect(calls.map((call) => call.error())).toEqual(['BrokenBarrierError', 'BrokenBarrierError']);
    expect(barrier.broken).toBe(how === 'abort');
  });

  it('keeps 200 rounds apart', () => {
    const barrier = new Barrier(3);
    const counts = shared(200);
    const calls = [0, 1, 2].map(() =>
      start(
        (b: Barrier, c: Int32Array) => {
          for (let round = 0; round < 200; round++) {
            Atomics.add(c, round, 1);
            b.wait();
            if (Atomics.load(c, round) !== 3) return round;
          }
          return -1;
        },
        barrier,
        counts,
      ),
    );
    expect(calls.map((call) => call.join())).toEqual([-1, -1, -1]);
  });

  it('runs an exported or self-contained action in whichever thread comes last', () => {
    const barrier = new Barrier(2, () => {
      throw new RangeError('from the action');
    });
    const last = start((b: Barrier) => {
      while (b.n_waiting < 1);
      return b.wait();
    }, barrier);
    expect(() => barrier.wait()).toThrow(BrokenBarrierError);
    expect(last.error()).toBe('RangeError');
  });

  it('sends the others away where the action returns a promise', () => {
    const barrier = new Barrier(2, async () => {
      await Promise.reject(new Error('Boom'));
    });
    const first = start((b: Barrier) => b.wait(), barrier);
    untilWaiting(barrier, 1);
    expect(thrown(() => barrier.wait())).toMatchObject({ name: 'TypeError', message: expect.stringContaining("'action'") });
    expect(first.error()).toBe('BrokenBarrierError');
  });
});

it('a barrier whose action captures a variable can not leave its thread, and says so', () => {
  const captured = shared(1);
  const barrier = new Barrier(1, () => captured[0]);
  expect(thrown(() => barrier.handle)).toMatchObject({
    name: 'TypeError',
    message: expect.stringContaining("it captures 'captured'"),
  });
  untilWaiting(barrier, 0);
  expect(barrier.wait()).toBe(0);
});
