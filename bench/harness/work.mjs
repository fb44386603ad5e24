// Work of a known length for critical sections: a chain of dependent multiplications that no compiler can shorten.

/** @param {number} steps */
export function work(steps, seed = 1) {
  let x = seed;
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}

/** How many steps of {@link work} take a microsecond here: the best of many tries, as disturbances only ever add. */
export function calibrate() {
  const steps = 100_000;
  let best = Infinity;
  for (let i = 0; i < 40; i++) {
    const start = process.hrtime.bigint();
    work(steps, i);
    best = Math.min(best, Number(process.hrtime.bigint() - start));
  }
  return (steps / best) * 1000;
}
