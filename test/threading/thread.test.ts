/** Thread: life cycle, join, arguments. Behaviour 13 of the contract's samples. */
import { AssertionError, RuntimeError, ValueError } from 'nogil';
import { active_count, current_thread, enumerate, Event, main_thread, Thread, TIMEOUT_MAX } from 'nogil/threading';
import { count, waitFor } from './fixtures/threads.cjs';
import { thrown } from '../helpers/peers';
import { runScript } from '../helpers/script';

const LIMIT = 60;

function started(): { thread: Thread; go: Event } {
  const begun = new Event();
  const go = new Event();
  const thread = new Thread({ target: waitFor, args: [begun, go] });
  thread.start();
  expect(begun.wait(LIMIT)).toBe(true);
  return { thread, go };
}

describe('Thread', () => {
  test('is nothing yet before its start', () => {
    const thread = new Thread({ target: () => {} });
    expect(() => thread.join()).toThrow(RuntimeError);
    expect(() => thread.join()).toThrow('cannot join thread before it is started');
    expect(thread.is_alive()).toBe(false);
    expect(thread.ident).toBeUndefined();
    expect(thread.native_id).toBeUndefined();
    expect(enumerate()).not.toContain(thread);
    thread.daemon = true;
    expect(thread.daemon).toBe(true);
    thread.daemon = false;
    expect(thread.daemon).toBe(false);
  });

  test('is alive between start and end', () => {
    const { thread, go } = started();
    const before = active_count();
    expect(thread.is_alive()).toBe(true);
    const { ident, native_id } = thread;
    expect(typeof ident).toBe('number');
    expect(typeof native_id).toBe('number');
    expect(native_id).not.toBe(current_thread().native_id);
    expect(enumerate()).toContain(thread);
    expect(() => thread.start()).toThrow(RuntimeError);
    expect(() => thread.start()).toThrow('threads can only be started once');
    expect(() => (thread.daemon = true)).toThrow('cannot set daemon status of active thread');
    go.set();
    thread.join();
    expect(active_count()).toBe(before - 1);
    expect(thread.is_alive()).toBe(false);
    expect(thread.ident).toBe(ident);
    expect(thread.native_id).toBe(native_id);
    expect(enumerate()).not.toContain(thread);
    expect(() => thread.start()).toThrow('threads can only be started once');
    expect(() => (thread.daemon = true)).toThrow(RuntimeError);
    thread.join();
  });

  test('of two starts at the same time one is refused', () => {
    let begun = 0;
    const runs = new Int32Array(new SharedArrayBuffer(4));
    const whileItIsCopied = {
      get field() {
        if (++begun === 1) thread.start();
        return 1;
      },
    };
    const thread: Thread = new Thread({ target: count, args: [runs, whileItIsCopied] });
    expect(() => thread.start()).toThrow('threads can only be started once');
    thread.join();
    expect(begun).toBe(2);
    expect(runs[0]).toBe(1);
  });

  test('join with a timeout gives up in silence', () => {
    const { thread, go } = started();
    const begun = performance.now();
    thread.join(0.15);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(149);
    expect(thread.is_alive()).toBe(true);
    for (const timeout of [0, -7, { timeout: 0 }]) {
      thread.join(timeout);
      expect(thread.is_alive()).toBe(true);
    }
    expect(() => thread.join(NaN)).toThrow(ValueError);
    expect(() => thread.join(TIMEOUT_MAX + 1)).toThrow(RangeError);
    expect(() => thread.join('1' as never)).toThrow(TypeError);
    go.set();
    thread.join(LIMIT);
    expect(thread.is_alive()).toBe(false);
  });

  test('several threads join the same one', () => {
    const { thread, go } = started();
    const target = (joined: Thread): void => {
      joined.join(20);
      if (joined.is_alive()) throw new Error('joined too early');
    };
    const helpers = Array.from({ length: 3 }, () => new Thread({ target, args: [thread] }));
    for (const helper of helpers) helper.start();
    go.set();
    for (const helper of helpers) helper.join(LIMIT);
    expect(helpers.map((helper) => helper.is_alive())).toEqual([false, false, false]);
    thread.join();
  });

  test('cannot join itself', () => {
    expect(() => current_thread().join()).toThrow('cannot join current thread');
    const words = new Int32Array(new SharedArrayBuffer(4));
    const thread = new Thread({
      target: (answer: Int32Array) => {
        const { current_thread: current } = require('nogil/threading');
        try {
          current().join();
        } catch (error) {
          answer[0] = (error as Error).message === 'cannot join current thread' ? 1 : -1;
        }
      },
      args: [words],
    });
    thread.start();
    thread.join(LIMIT);
    expect(words[0]).toBe(1);
  });

  test('200 times: ended is ended', () => {
    for (let i = 0; i < 200; i++) {
      const thread = new Thread({ target: () => {} });
      thread.start();
      thread.join(LIMIT);
      expect(thread.is_alive()).toBe(false);
      expect(enumerate()).not.toContain(thread);
    }
  });

  test('join_async leaves the event loop alone', async () => {
    const { thread, go } = started();
    await expect(thread.join_async(0.02)).resolves.toBeUndefined();
    expect(thread.is_alive()).toBe(true);
    const controller = new AbortController();
    const aborted = thread.join_async({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(thread.join_async(5, { signal: AbortSignal.abort(new Error('at once')) })).rejects.toThrow('at once');
    const joins = [thread.join_async(), thread.join_async({ timeout: LIMIT })];
    setTimeout(() => go.set(), 20);
    await Promise.all(joins);
    expect(thread.is_alive()).toBe(false);
    await thread.join_async();
    await expect(new Thread().join_async()).rejects.toThrow(RuntimeError);
  });

  test('a thread without a target ends at once', () => {
    const thread = new Thread();
    thread.start();
    thread.join(LIMIT);
    expect(thread.is_alive()).toBe(false);
  });

  test('run() lets go of the target, as in Python', () => {
    const error = expect.objectContaining({ name: 'AttributeError', message: "'Thread' object has no attribute '_target'" });
    const thread = new Thread({ target: (n: number) => n + 1, args: [1] });
    expect(thread.run()).toBe(2);
    expect(() => thread.run()).toThrow(error);
    const failing = new Thread({
      target: () => {
        throw new RangeError('once');
      },
    });
    expect(() => failing.run()).toThrow(RangeError);
    expect(() => failing.run()).toThrow(error);
  });

  test('start() after run() has nothing to run, and says so', async () => {
    const { stdout, stderr } = await runScript(`
      const { Thread } = require('nogil/threading');
      const thread = new Thread({ target: () => console.log('ran') });
      thread.run();
      thread.start();
      thread.join();
    `);
    expect(stdout).toBe('ran\n');
    expect(stderr).toMatch(
      /^Exception in thread Thread-1 \(target\):\nAttributeError: 'Thread' object has no attribute '_target'/,
    );
  });

  test('run() runs the target where it is called', () => {
    const words = new Int32Array(2);
    const thread = new Thread({
      target: (into: Int32Array, x: number, { y }: { y: number }) => {
        into[0] = x;
        into[1] = y;
        return 'result';
      },
      args: [words, 1],
      kwargs: { y: 2 },
    });
    expect(thread.run()).toBe('result');
    expect([...words]).toEqual([1, 2]);
    expect(thread.is_alive()).toBe(false);
  });

  test('the main thread', () => {
    expect(current_thread()).toBe(main_thread());
    expect(main_thread().name).toBe('MainThread');
    expect(main_thread().daemon).toBe(false);
    expect(main_thread().is_alive()).toBe(true);
    expect(typeof main_thread().ident).toBe('number');
    expect(enumerate()[0]).toBe(main_thread());
  });

  test('wrong arguments', () => {
    expect(() => new Thread({ group: {} as never })).toThrow(AssertionError);
    expect(() => new Thread({ group: {} as never })).toThrow('group argument must be None for now');
    expect(() => new Thread({ target: 5 as never })).toThrow(TypeError);
    expect(() => new Thread({ args: 5 as never })).toThrow("'args' must be an array");
    expect(thrown(() => new Thread({ args: { [Symbol.iterator]: 5 } as never }))).toMatchObject({
      code: 'ERR_TYPE',
      message: "Thread(): 'args' must be an array or another iterable, not an instance of Object",
    });
    expect(() => new Thread({ kwargs: [1] as never })).toThrow("'kwargs' must be an object");
    expect(() => new Thread({ daemon: 1 as never })).toThrow(TypeError);
    expect(() => new Thread({ targets: () => {} } as never)).toThrow("unexpected option 'targets'");
    const captured = 5;
    expect(() => new Thread({ target: () => captured })).toThrow(/captures 'captured'/);
    const thread = new Thread({ target: () => {}, args: [() => captured] });
    expect(() => thread.start()).toThrow(expect.objectContaining({ name: 'DataCloneError' }));
    expect(thread.is_alive()).toBe(false);
    expect(enumerate()).not.toContain(thread);
  });
});
