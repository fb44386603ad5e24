// Every lock that JavaScript can have, behind one face.
//
//   absent          why it can not take part; undefined where it can
//   create(folder)  what its threads need to share, structured-cloneable; `folder`: the checkout of the library
//   open(shared)    in a thread: { lock(), unlock(), pairs(n) }; `async`: lock() and pairs() return promises
//
// `pairs` is a loop of each lock's own, so that none suffers from what another taught the compiler.
import { JsMutex, RecursiveJsMutex, SpinningJsMutex } from './js-mutex.mjs';
import { JsSemaphore } from './js-semaphore.mjs';
import * as multithreading from './multithreading.mjs';
import { threadingOf } from './nogil.mjs';

const words = () => new Int32Array(new SharedArrayBuffer(64));

// A reference in this thread keeps the object alive while its handle travels.
const kept = [];
function handleOf(object, folder) {
  kept.push(object);
  return { handle: object.handle, folder };
}

const nogil = {
  Lock: {
    create: (folder) => handleOf(new (threadingOf(folder).Lock)(), folder),
    open({ handle, folder }) {
      const lock = threadingOf(folder).Lock.from(handle);
      return {
        lock: () => lock.acquire(),
        unlock: () => lock.release(),
        pairs(n) {
          for (let i = 0; i < n; i++) {
            lock.acquire();
            lock.release();
          }
        },
      };
    },
  },
  RLock: {
    create: (folder) => handleOf(new (threadingOf(folder).RLock)(), folder),
    open({ handle, folder }) {
      const lock = threadingOf(folder).RLock.from(handle);
      return {
        lock: () => lock.acquire(),
        unlock: () => lock.release(),
        pairs(n) {
          for (let i = 0; i < n; i++) {
            lock.acquire();
            lock.release();
          }
        },
      };
    },
  },
  Semaphore: {
    create: (folder) => handleOf(new (threadingOf(folder).Semaphore)(1), folder),
    open({ handle, folder }) {
      const semaphore = threadingOf(folder).Semaphore.from(handle);
      return {
        lock: () => semaphore.acquire(),
        unlock: () => semaphore.release(),
        pairs(n) {
          for (let i = 0; i < n; i++) {
            semaphore.acquire();
            semaphore.release();
          }
        },
      };
    },
  },
};

function javaScript(Mutex) {
  return {
    create: () => words(),
    open(shared) {
      const mutex = new Mutex(shared);
      return {
        lock: () => mutex.lock(),
        unlock: () => mutex.unlock(),
        pairs(n) {
          for (let i = 0; i < n; i++) {
            mutex.lock();
            mutex.unlock();
          }
        },
      };
    },
  };
}

export const lockPeers = {
  'nogil Lock': nogil.Lock,
  'nogil RLock': nogil.RLock,
  'nogil Semaphore': nogil.Semaphore,
  'raw Atomics pair': {
    create: () => words(),
    open(shared) {
      return {
        pairs(n) {
          for (let i = 0; i < n; i++) {
            Atomics.compareExchange(shared, 0, 0, 1);
            Atomics.exchange(shared, 0, 0);
          }
        },
      };
    },
  },
  'JS mutex': javaScript(JsMutex),
  'JS mutex, spinning': javaScript(SpinningJsMutex),
  'JS mutex, recursive': javaScript(RecursiveJsMutex),
  'JS semaphore': {
    create() {
      const shared = words();
      shared[0] = 1;
      return shared;
    },
    open(shared) {
      const semaphore = new JsSemaphore(shared);
      return {
        pairs(n) {
          for (let i = 0; i < n; i++) {
            semaphore.acquire();
            semaphore.release();
          }
        },
      };
    },
  },
  multithreading: {
    absent: multithreading.absent,
    create: () => new SharedArrayBuffer(4),
    open(shared) {
      const mutex = multithreading.mutexOn(shared);
      let guard;
      return {
        lock() {
          guard = mutex.blockingLock();
        },
        unlock: () => guard.dispose(),
        pairs(n) {
          for (let i = 0; i < n; i++) mutex.blockingLock().dispose();
        },
      };
    },
  },
  'multithreading, async': {
    absent: multithreading.absent,
    async: true,
    create: () => new SharedArrayBuffer(4),
    open(shared) {
      const mutex = multithreading.mutexOn(shared);
      let guard;
      return {
        async lock() {
          guard = await mutex.lock();
        },
        unlock: () => guard.dispose(),
        async pairs(n) {
          for (let i = 0; i < n; i++) (await mutex.lock()).dispose();
        },
      };
    },
  },
  'Web Locks': {
    absent: globalThis.navigator?.locks ? undefined : `Node ${process.versions.node} has no navigator.locks (24 has)`,
    async: true,
    create: () => `nogil-bench-${Math.random()}`,
    open(name) {
      let unlock;
      return {
        lock: () =>
          new Promise((resolve) => {
            void navigator.locks.request(name, () => new Promise((release) => resolve((unlock = release))));
          }),
        unlock: () => unlock(),
        async pairs(n) {
          for (let i = 0; i < n; i++) await navigator.locks.request(name, () => {});
        },
      };
    },
  },
};
