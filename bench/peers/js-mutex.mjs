// Mutexes written in JavaScript alone, as well as they can be: Ulrich Drepper's third mutex ("Futexes
// are tricky", 2011) on Atomics.wait and notify. The second one spins a little before it sleeps.
//
//   0 free    1 held    2 held, and somebody may sleep

export class JsMutex {
  constructor(words, index = 0) {
    this.words = words;
    this.index = index;
  }

  lock() {
    if (Atomics.compareExchange(this.words, this.index, 0, 1) !== 0) this.wait();
  }

  wait() {
    const { words, index } = this;
    while (Atomics.exchange(words, index, 2) !== 0) Atomics.wait(words, index, 2);
  }

  unlock() {
    if (Atomics.exchange(this.words, this.index, 0) === 2) Atomics.notify(this.words, this.index, 1);
  }
}

export class SpinningJsMutex extends JsMutex {
  wait() {
    const { words, index } = this;
    for (let pause = 4; pause <= 1024; pause *= 2) {
      for (let i = 0; i < pause; i++) {
        // Nothing: JavaScript has no pause instruction before Atomics.pause.
      }
      const state = Atomics.load(words, index);
      if (state === 0 && Atomics.compareExchange(words, index, 0, 1) === 0) return;
      if (state === 2) break;
    }
    super.wait();
  }
}

// Its holder's number and how often it is held stand beside the state, and are its holder's alone.
export class RecursiveJsMutex extends JsMutex {
  constructor(words, me = 1) {
    super(words);
    this.me = me;
  }

  lock() {
    const { words } = this;
    if (words[1] === this.me) {
      words[2]++;
      return;
    }
    super.lock();
    words[1] = this.me;
    words[2] = 1;
  }

  unlock() {
    const { words } = this;
    if (words[1] !== this.me) throw new Error('not the holder');
    if (--words[2] > 0) return;
    words[1] = 0;
    super.unlock();
  }
}
