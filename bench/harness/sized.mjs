// How much work a measurement should be: competitors differ by factors of a thousand, so each finds the
// amount that fills the time on its own, and keeps it.

export const rate = (count, ms) => (count / ms) * 1000;
export const nanoseconds = (count, ms) => (ms * 1e6) / count;

/**
 * @param {(count: number, ...rest: any[]) => number | Promise<number>} run - does `count` pieces of work; the milliseconds that they took
 * @param {object} options
 * @param {number} options.ms - what a measurement should take
 * @param {number} options.first - how many pieces to try first
 * @param {number} options.most - how many it may be at most, where they need memory
 * @param {number} [options.step] - the number of pieces is a multiple of this
 * @param {(count: number, ms: number) => number} [options.value] - the row's figure; default pieces a second
 */
export function sized(run, { ms, first, most, step = 1, value = rate }) {
  const whole = (count) => Math.max(step, Math.round(Math.min(count, most) / step) * step);
  let count;
  return async (...rest) => {
    if (count === undefined) {
      count = whole(first);
      for (let took; (took = await run(count, ...rest)) < ms / 2 && count < whole(most);) {
        count = whole(count * Math.min(10, Math.max(2, ms / took)));
      }
    }
    return value(count, await run(count, ...rest));
  };
}
