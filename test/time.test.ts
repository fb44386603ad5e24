/** Clocks and sleeping. */
import { OverflowError, time as timeNamespace, ValueError } from 'nogil';
import { ctime, monotonic, perf_counter, process_time, sleep, sleep_async, thread_time, time } from 'nogil/time';
import { Thread } from 'nogil/threading';

const LIMIT = 60;

test('is in the package’s own entry', () => expect(timeNamespace.sleep).toBe(sleep));

test('sleep blocks, without using CPU', () => {
  const begun = performance.now();
  const cpu = thread_time();
  sleep(0.1);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(99);
  expect(thread_time() - cpu).toBeLessThan(0.05);
  sleep(0);
});

test('sleep checks its argument', () => {
  expect(() => sleep(-1)).toThrow(ValueError);
  expect(() => sleep(-1)).toThrow("sleep(): 'secs': sleep length must be non-negative, not -1");
  expect(() => sleep(NaN)).toThrow(ValueError);
  expect(() => sleep(Infinity)).toThrow(OverflowError);
  expect(() => sleep('1' as never)).toThrow(TypeError);
});

test('sleep_async', async () => {
  const begun = performance.now();
  let turned = false;
  setTimeout(() => (turned = true), 10);
  await sleep_async(0.05);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(49);
  expect(turned).toBe(true);
  await sleep_async(0);
  await expect(sleep_async(-1)).rejects.toThrow(ValueError);
  await expect(sleep_async(-1)).rejects.toThrow("sleep_async(): 'secs': sleep length must be non-negative, not -1");
  const controller = new AbortController();
  const sleeping = sleep_async(100, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(sleep_async(1, { signal: AbortSignal.abort('before') })).rejects.toBe('before');
});

test('clocks', () => {
  expect(Math.abs(time() - Date.now() / 1000)).toBeLessThan(1);
  const a = monotonic();
  const b = perf_counter();
  sleep(0.01);
  expect(monotonic() - a).toBeGreaterThanOrEqual(0.01);
  expect(perf_counter() - b).toBeGreaterThanOrEqual(0.01);
  expect(process_time()).toBeGreaterThan(0);
});

test('monotonic is one clock for all threads, thread_time each thread’s own', () => {
  const seen = new Float64Array(new SharedArrayBuffer(16));
  const before = monotonic();
  const thread = new Thread({
    target: (into: Float64Array) => {
      const t = require('nogil/time');
      into[0] = t.monotonic();
      into[1] = t.thread_time();
    },
    args: [seen],
  });
  thread.start();
  thread.join(LIMIT);
  expect(seen[0]).toBeGreaterThan(before);
  expect(seen[0]).toBeLessThan(monotonic());
  expect(seen[1]).toBeGreaterThan(0);
});

test('ctime', () => {
  const at = new Date(2026, 10, 2, 15, 4, 5).getTime() / 1000;
  expect(ctime(at)).toBe('Mon Nov  2 15:04:05 2026');
  expect(ctime(at + 0.9)).toBe('Mon Nov  2 15:04:05 2026');
  expect(ctime(new Date(1999, 11, 31, 23, 59, 59).getTime() / 1000)).toBe('Fri Dec 31 23:59:59 1999');
  expect(ctime()).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
  expect(() => ctime(1e300)).toThrow(OverflowError);
  expect(() => ctime('1' as never)).toThrow(TypeError);
});
