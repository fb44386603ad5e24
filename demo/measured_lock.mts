import { type Lock } from 'nogil/threading';

/** What a thread saw of a lock. */
export interface LockStatistics {
  acquisitions: number;
  /** Those that found the lock held by another thread. */
  contended: number;
  /** Seconds spent on waiting in these. */
  waited: number;
}

/** One thread's view of a lock, which counts. */
export class MeasuredLock implements LockStatistics {
  acquisitions = 0;
  contended = 0;
  waited = 0;
  readonly #lock: Lock;

  constructor(lock: Lock) {
    this.#lock = lock;
  }

  with<R>(action: () => R): R {
    this.acquisitions++;
    if (!this.#lock.acquire(false)) {
      const begun = performance.now();
      this.#lock.acquire();
      this.contended++;
      this.waited += (performance.now() - begun) / 1000;
    }
    try {
      return action();
    } finally {
      this.#lock.release();
    }
  }
}
