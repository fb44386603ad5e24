/**
 * The Thread objects of this isolate, by cell: a thread that comes in a message, or is found alive, is
 * the object that is here already.
 */
import type { CellId } from '../native';
import { STATE } from '../cell';
import type { Thread } from '../../threading/thread';

/**
 * Threads that were started here, until it is noticed that they have ended; `current_thread()` finds
 * them though nobody else holds them. Not weak references: those keep their target to the end of the
 * turn, and a loop that starts and joins threads has one turn only.
 */
const started = new Map<CellId, Thread>();
/** Threads that came from elsewhere. */
const others = new Map<CellId, WeakRef<Thread>>();

const SWEEP_MIN = 64;
let sweepAt = SWEEP_MIN;

export function findThread(cell: CellId): Thread | undefined {
  return started.get(cell) ?? others.get(cell)?.deref();
}

export function rememberStarted(cell: CellId, thread: Thread): void {
  others.delete(cell);
  started.set(cell, thread);
  if (started.size >= sweepAt) sweep();
}

export function rememberOther(cell: CellId, thread: Thread): void {
  if (started.has(cell)) return;
  others.set(cell, new WeakRef(thread));
  if (others.size >= sweepAt) sweep();
}

export function forget(cell: CellId): void {
  started.delete(cell);
  others.delete(cell);
}

/** Lets go of threads that ended without anybody here asking. */
function sweep(): void {
  for (const thread of started.values()) if (Atomics.load(thread._w, thread._i + STATE) === 1) thread._retire();
  for (const [cell, reference] of others) if (reference.deref() === undefined) others.delete(cell);
  sweepAt = Math.max(SWEEP_MIN, 2 * Math.max(started.size, others.size));
}
