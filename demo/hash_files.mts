// What the threads of the demo run, and the memory that they share.
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { Lock } from 'nogil/threading';
import { MeasuredLock } from './measured_lock.mts';
import { path_of, type Paths } from './paths.mts';
import { type Path } from './walk.mts';

export const DIGEST_BYTES = 32;
/** Read at once, so that files of any size need no more memory. */
const CHUNK_BYTES = 1 << 20;

/** Values of {@link Work.outcomes}; a system error number, which is negative, says why a file could not be read. */
const NOT_DONE = 0;
const DONE = 1;

/** What the threads share. Everything but the lock is a view on a SharedArrayBuffer. */
export interface Work {
  paths: Paths;
  /** Guards `progress`. */
  lock: Lock;
  progress: Float64Array;
  /** One place for each file, written by the thread that took it. */
  digests: Uint8Array;
  outcomes: Int32Array;
}

/** Places in {@link Work.progress}. */
const NEXT = 0;
const BYTES = 1;

/** Places in a thread's report. */
export const REPORT_LENGTH = 3;

export function new_work(paths: Paths): Work {
  const count = paths.order.length;
  return {
    paths,
    lock: new Lock(),
    progress: new Float64Array(new SharedArrayBuffer(2 * 8)),
    digests: new Uint8Array(new SharedArrayBuffer(count * DIGEST_BYTES)),
    outcomes: new Int32Array(new SharedArrayBuffer(count * 4)),
  };
}

/** How many bytes have been read so far. */
export function bytes_read({ lock, progress }: Work): number {
  return lock.with(() => progress[BYTES]);
}

/** The error number of a file that could not be read; undefined for one that was. */
export function failure_of({ outcomes }: Work, file: number): number | undefined {
  const outcome = outcomes[file];
  if (outcome === NOT_DONE) throw new Error('a thread ended without finishing its file');
  return outcome === DONE ? undefined : outcome;
}

/** The SHA-256 of a file. */
export function digest(path: Path, chunk: Uint8Array, on_read: (bytes: number) => void): Buffer {
  const hash = createHash('sha256');
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const length = readSync(descriptor, chunk);
      if (length === 0) return hash.digest();
      hash.update(chunk.subarray(0, length));
      on_read(length);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Takes files and hashes them until none is left; the target of each thread. */
export function hash_files(work: Work, report: Float64Array): void {
  const { paths, progress, digests, outcomes } = work;
  const lock = new MeasuredLock(work.lock);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  const on_read = (bytes: number): void => lock.with(() => void (progress[BYTES] += bytes));

  const take = (): number => lock.with(() => progress[NEXT]++);

  for (let taken = take(); taken < paths.order.length; taken = take()) {
    const file = paths.order[taken];
    try {
      digests.set(digest(path_of(paths, file), chunk, on_read), file * DIGEST_BYTES);
      outcomes[file] = DONE;
    } catch (error) {
      const { errno } = error as NodeJS.ErrnoException;
      if (errno === undefined) throw error;
      outcomes[file] = errno;
    }
  }
  report.set([lock.acquisitions, lock.contended, lock.waited]);
}
