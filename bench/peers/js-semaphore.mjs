// A counting semaphore written in JavaScript alone: the count, and beside it how many may sleep.
//
// Dekker: `release` adds to the count, then reads the sleepers; who sleeps counts itself first, then
// Atomics.wait compares the count once more.

export class JsSemaphore {
  constructor(words) {
    this.words = words;
  }

  acquire() {
    const { words } = this;
    for (let count = Atomics.load(words, 0); ;) {
      if (count === 0) {
        Atomics.add(words, 1, 1);
        Atomics.wait(words, 0, 0);
        Atomics.sub(words, 1, 1);
        count = Atomics.load(words, 0);
        continue;
      }
      const was = Atomics.compareExchange(words, 0, count, count - 1);
      if (was === count) return;
      count = was;
    }
  }

  release() {
    Atomics.add(this.words, 0, 1);
    if (Atomics.load(this.words, 1) !== 0) Atomics.notify(this.words, 0, 1);
  }
}
