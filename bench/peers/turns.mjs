// Ways for two threads to hand a turn to each other.
//
//   create(folder)        what both need, structured-cloneable
//   open(shared, index)   for thread 0 or 1: { give(), take() }; a turn given by one is taken by the other
import { threadingOf } from './nogil.mjs';

const kept = [];
function handles(folder, objects) {
  kept.push(...objects);
  return { folder, handles: objects.map((object) => object.handle), words: new Int32Array(new SharedArrayBuffer(64)) };
}

const Semaphore = {
  create(folder) {
    const threading = threadingOf(folder);
    return handles(folder, [new threading.Semaphore(0), new threading.Semaphore(0)]);
  },
  open(shared, index) {
    const [mine, other] = pick(shared, index, 'Semaphore');
    return { give: () => other.release(), take: () => mine.acquire() };
  },
};

const Event = {
  create(folder) {
    const threading = threadingOf(folder);
    return handles(folder, [new threading.Event(), new threading.Event()]);
  },
  open(shared, index) {
    const [mine, other] = pick(shared, index, 'Event');
    return {
      give: () => other.set(),
      take() {
        mine.wait();
        mine.clear();
      },
    };
  },
};

const Condition = {
  create(folder) {
    const threading = threadingOf(folder);
    return handles(folder, [new threading.Condition(new threading.Lock())]);
  },
  open({ folder, handles: [handle], words }, index) {
    const condition = threadingOf(folder).Condition.from(handle);
    const [mine, other] = [index + 1, 2 - index];
    return {
      give() {
        condition.acquire();
        words[0] = other;
        condition.notify();
        condition.release();
      },
      take() {
        condition.acquire();
        while (words[0] !== mine) condition.wait();
        words[0] = 0;
        condition.release();
      },
    };
  },
};

function pick({ folder, handles: both }, index, name) {
  const objects = both.map((handle) => threadingOf(folder)[name].from(handle));
  return index === 0 ? objects : objects.reverse();
}

export const turnPeers = {
  Semaphore,
  Event,
  Condition,
  'Atomics.wait/notify': {
    create: () => new Int32Array(new SharedArrayBuffer(256)),
    open(words, index) {
      const [mine, other] = index === 0 ? [0, 16] : [16, 0];
      return {
        give() {
          Atomics.store(words, other, 1);
          Atomics.notify(words, other, 1);
        },
        take() {
          while (Atomics.exchange(words, mine, 0) !== 1) Atomics.wait(words, mine, 0);
        },
      };
    },
  },
};
