/** Timer: a thread that waits, then calls. */
import { Event, Thread, Timer } from 'nogil/threading';

const LIMIT = 60;

function words(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

const put = (into: Int32Array, value: number, options?: { plus: number }): void => {
  into[0] = value + (options?.plus ?? 0);
};

test('calls its function after the interval', () => {
  const into = words();
  const timer = new Timer(0.1, put, [into, 5], { plus: 2 });
  expect(timer).toBeInstanceOf(Thread);
  expect(timer.name).toMatch(/^Thread-\d+$/);
  expect(timer.interval).toBe(0.1);
  const begun = performance.now();
  timer.start();
  expect(into[0]).toBe(0);
  timer.join(LIMIT);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(99);
  expect(into[0]).toBe(7);
  expect(timer.finished.is_set()).toBe(true);
});

test('keywords', () => {
  const into = words();
  const timer = new Timer({ interval: 0, function: put, args: [into, 1] });
  timer.start();
  timer.join(LIMIT);
  expect(into[0]).toBe(1);
});

test('cancelled, it ends without having called', () => {
  const into = words();
  const timer = new Timer(1000, put, [into, 5]);
  timer.start();
  timer.cancel();
  timer.join(LIMIT);
  expect(timer.is_alive()).toBe(false);
  expect(into[0]).toBe(0);
  timer.cancel();
});

test('can be cancelled before its start', () => {
  const into = words();
  const timer = new Timer(1000, put, [into, 5]);
  timer.cancel();
  timer.start();
  timer.join(LIMIT);
  expect(into[0]).toBe(0);
});

test('can be cancelled by the thread that it was handed to', () => {
  const timer = new Timer(1000, () => {});
  timer.start();
  const seen = words();
  const thread = new Thread({
    target: (other: Timer, into: Int32Array) => {
      const { Timer: T } = require('nogil/threading');
      into[0] = other instanceof T ? 1 : 0;
      other.cancel();
    },
    args: [timer, seen],
  });
  thread.start();
  thread.join(LIMIT);
  timer.join(LIMIT);
  expect(seen[0]).toBe(1);
  expect(timer.is_alive()).toBe(false);
});

test('an async function has finished when its promise has', () => {
  const gate = new Event();
  const timer = new Timer(
    0,
    async (e: Event) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      e.set();
    },
    [gate],
  );
  timer.start();
  timer.join(LIMIT);
  expect(gate.is_set()).toBe(true);
  expect(timer.finished.is_set()).toBe(true);
});

test('any promise counts, not only JavaScript’s own', () => {
  const into = words();
  const timer = new Timer(
    0,
    (to: Int32Array) => ({
      then(resolve: () => void) {
        setTimeout(() => {
          to[0] = 1;
          resolve();
        }, 20);
      },
    }),
    [into],
  );
  timer.start();
  timer.join(LIMIT);
  expect(into[0]).toBe(1);
});

test('wrong arguments', () => {
  expect(() => new Timer('1' as never, put)).toThrow(TypeError);
  expect(() => new Timer(1, 5 as never)).toThrow("'function' must be a function");
  expect(() => new Timer(1, put, 5 as never)).toThrow("Timer(): 'args' must be an array or another iterable, not 5");
  expect(() => new Timer(1, put, [], 5 as never)).toThrow("Timer(): 'kwargs' must be an object");
  const captured = 1;
  expect(() => new Timer(1, () => captured)).toThrow(/captures 'captured'/);
});
