// What other processes do with locks that they share with the benchmark's own.

// Words that two processes contend by: phase (0 warm-up, 1 measured, 2 over), ready ones, the count under the lock,
// then what each did in all and while measured. On cache lines of their own.
export const WORDS = { phase: 0, ready: 16, count: 32, results: 48, each: 16, length: 96 };

export function contend(lock, words, index) {
  Atomics.add(words, WORDS.ready, 1);
  let all = 0;
  let measured = 0;
  for (let phase; (phase = Atomics.load(words, WORDS.phase)) < 2; all++) {
    lock.acquire();
    words[WORDS.count]++;
    lock.release();
    measured += phase;
  }
  const mine = WORDS.results + index * WORDS.each;
  words[mine] = all;
  words[mine + 1] = measured;
}

/** The other side of a ping-pong. */
export function answer(there, back, rounds) {
  for (let i = 0; i < rounds; i++) {
    there.acquire();
    back.release();
  }
}
