/** What the `_async` twins wait with. */
import { pendingWait } from '../internal/async_waits';
import { discard, encodeToScratch, encodingFor } from '../internal/codec';
import { native, Outcome } from '../internal/native';
import type { AnyQueue } from './base_queue';
import { hasReferences, NOTHING, received, Refusal, settled, SHUT_DOWN, take } from './items';

/** What became of a pending put, by {@link Outcome}: `Queue::put_result` in `native/queue`. */
const OUTCOMES: Record<number, Refusal | undefined> = {
  [Outcome.granted]: undefined,
  [Outcome.broken]: Refusal.SHUT_DOWN,
  [Outcome.inherited]: Refusal.INCOMPARABLE,
  [Outcome.again]: Refusal.NO_MEMORY,
};

/** @returns undefined: it is in the queue */
export async function putAsync(
  queue: AnyQueue,
  item: unknown,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<Refusal | undefined> {
  const refusal = queue._put(item, 0);
  if (refusal !== Refusal.FULL || ms === 0) return refusal;
  // The key first, and a copy of it: the program's own function may have messages of its own, and getters
  // within the item may put into a priority queue.
  const key = queue._key?.(item);
  const order = key?.bytes.slice(0, key.length);
  const { bytes, length } = encodeToScratch(item, encodingFor(queue._promote()));
  // For as long as it waits, the native side has the message. Here a copy is kept to give back what it
  // refers to if it is not put.
  const copy = hasReferences(bytes) ? bytes.slice(0, length) : undefined;
  let put = false;
  try {
    const token = native.queuePutAsync(queue._promote(), copy ?? bytes, length, order, order?.length);
    if (token !== undefined && token < 0) return settled(-token);
    // An item that came in at the very moment of the abort stays, with what it refers to: others may have it.
    const wait = token === undefined ? { outcome: Outcome.granted } : await pendingWait(queue, token, ms, signal, undefined);
    if (wait === undefined) return Refusal.FULL;
    put = wait.outcome === Outcome.granted;
    return settled(OUTCOMES[wait.outcome]);
  } finally {
    if (!put && copy) discard(copy);
  }
}

/** So many items that were there already are given before the event loop turns: else, where others put fast enough, it never would. */
const ITEMS_PER_TURN = 256;
let sinceTurn = 0;

/**
 * An item, {@link NOTHING} or {@link SHUT_DOWN}, within an object: an item with a `then` of its own must
 * not be taken for a promise on the way.
 */
export async function takeAsync(queue: AnyQueue, ms: number, signal: AbortSignal | undefined): Promise<{ item: unknown }> {
  const cell = queue._promote();
  const item = take(cell, 0);
  if (item !== NOTHING || ms === 0) {
    // With the item in hand: who asks later must not get it.
    if (item !== NOTHING && ++sinceTurn >= ITEMS_PER_TURN) {
      sinceTurn = 0;
      await new Promise(setImmediate);
    }
    return { item };
  }
  const token = native.queueGetAsync(cell);
  if (token === undefined) return { item: granted() };
  if (token < 0) return { item: SHUT_DOWN };
  const wait = await pendingWait(
    queue,
    token,
    ms,
    signal,
    () => {
      native.queueUngrant();
    },
    ({ outcome }) => ({ item: outcome === Outcome.granted ? granted() : SHUT_DOWN }),
  );
  return wait === undefined ? { item: NOTHING } : (wait.value as { item: unknown });
}

function granted(): unknown {
  const item = native.queueGranted();
  return item === undefined ? received() : item;
}

/** Waits until every item has been taken and done. */
export async function joinAsync(queue: AnyQueue, signal: AbortSignal | undefined): Promise<void> {
  const token = native.queueJoinAsync(queue._promote());
  if (token !== 0) await pendingWait(queue, token, -1, signal, () => {});
}
