/** Several items at a time. */
import { describe, isIterable } from '../internal/arguments';
import { encodingFor, inCall, named } from '../internal/codec';
import { typeError } from '../internal/errors';
import { native } from '../internal/native';
import { putAsync, takeAsync } from './async';
import type { AnyQueue } from './base_queue';
import { BatchWriter, takeMany } from './batch';
import { BATCH, NOTHING, putDone, settled, SHUT_DOWN, wrote } from './items';
import { none, refuse } from './options';

/** Why an item could not be read that came behind others which could: thrown when the queue is asked next. */
const failures = new WeakMap<object, unknown>();

function batchOf(queue: AnyQueue, items: Iterable<unknown>): BatchWriter {
  const writer = new BatchWriter(encodingFor(queue._promote()));
  try {
    for (const item of items) queue._write(writer, item);
  } catch (error) {
    writer.discard(0);
    throw inCall(error, `${queue._kind}.put_many`, named(`items[${writer.count}]`));
  }
  return writer;
}

function checkItems(method: string, queue: AnyQueue, items: unknown): void {
  if (isIterable(items)) return;
  throw typeError(`${queue._kind}.${method}(): 'items' must be an array or another iterable, not ${describe(items)}`);
}

export function putMany(queue: AnyQueue, items: Iterable<unknown>, ms: number): void {
  checkItems('put_many', queue, items);
  const writer = batchOf(queue, items);
  if (writer.count === 0) return;
  const { bytes, length, count } = writer;
  const refusal = native.queuePutMany(queue._promote(), bytes, length, count, ms, queue._key !== undefined);
  if (refusal === undefined) {
    wrote(length);
    return;
  }
  const done = putDone();
  writer.discard(done);
  settled(refusal);
  refuse(`${queue._kind}.put_many`, refusal, done);
}

export async function putManyAsync(
  queue: AnyQueue,
  items: Iterable<unknown>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  checkItems('put_many_async', queue, items);
  const all = [...items];
  // All of them or none at all can be cloned, as in `putMany`.
  batchOf(queue, all).discard(0);
  const end = performance.now() + ms;
  for (let done = 0; done < all.length; done++) {
    const left = ms <= 0 ? ms : Math.max(end - performance.now(), 0);
    const refusal = await putAsync(queue, all[done], left, signal);
    if (refusal !== undefined) refuse(`${queue._kind}.put_many_async`, refusal, done);
  }
}

function checkFailure(queue: object): void {
  if (!failures.has(queue)) return;
  const failure = failures.get(queue);
  failures.delete(queue);
  throw failure;
}

export function getMany(queue: AnyQueue, max: number, ms: number): unknown[] {
  checkFailure(queue);
  const { items, failure } = takeMany(queue._promote(), max, ms);
  if (items === NOTHING || items === SHUT_DOWN) none(`${queue._kind}.get_many`, items);
  if (failure) {
    if (items.length === 0) throw failure.error;
    failures.set(queue, failure.error);
  }
  return failure ? items : more(queue, items, items.length, max);
}

export async function getManyAsync(
  queue: AnyQueue,
  max: number,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  checkFailure(queue);
  const { item } = await takeAsync(queue, ms, signal);
  if (item === NOTHING || item === SHUT_DOWN) none(`${queue._kind}.get_many_async`, item);
  return more(queue, [item], BATCH, max);
}

/** Adds what else is there. A native call takes a batch at most, and one that was not full was the last. */
function more(queue: AnyQueue, all: unknown[], last: number, max: number): unknown[] {
  while (last === BATCH && all.length < max) {
    const { items, failure } = takeMany(queue._promote(), max - all.length, 0);
    if (items === NOTHING || items === SHUT_DOWN) break;
    for (const item of items) all.push(item);
    last = items.length;
    if (failure) {
      failures.set(queue, failure.error);
      break;
    }
  }
  return all;
}
