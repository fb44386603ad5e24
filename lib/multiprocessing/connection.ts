/**
 * Ends of pipes, and waiting for several of them.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#module-multiprocessing.connection
 * @packageDocumentation
 */
import { type AsyncOptions, describe, isOptions, keywords, waitTimeout } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { typeError, ValueError } from '../internal/errors';
import { firstWord, wordsOf } from '../internal/handles';
import { SHARED_ARENA } from '../internal/native';
import { BaseQueue } from '../queue/base_queue';
import { asyncArguments } from '../threading/lockable';
import { Connection } from './connection_end';
import { type Source, waitFor, waitForAsync } from './readiness';

export type { BytesLike, LengthOptions, OffsetOptions, PartOptions } from './connection_bytes';
export { Connection } from './connection_end';
export { Pipe } from './pipe';

/** What {@link wait} waits for: a connection, `Process.sentinel`, a queue (or its `_reader`). */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Waitable = Connection | number | BaseQueue<any>;

/** Of a cell's words, the one with its class in the low byte. */
const TAG = 13;

function sourceOf(method: string, object: unknown): Source {
  if (object instanceof Connection) return object._reader;
  if (object instanceof BaseQueue) return object;
  if (typeof object !== 'number') {
    throw typeError(`${method}(): a connection, a sentinel or a queue is needed, not ${describe(object)}`);
  }
  const is = Number.isInteger(object) && object >= SHARED_ARENA && object < 2 * SHARED_ARENA;
  if (!is || (wordsOf(object)[firstWord(object) + TAG] & 0xff) !== CellClass.Process) {
    throw new ValueError(`${method}(): ${object} is not the sentinel of a process`);
  }
  return object;
}

function chosen<T>(objects: readonly T[], sources: readonly Source[], those: readonly Source[]): T[] {
  return objects.filter((_, i) => those.includes(sources[i]));
}

/**
 * Waits until some of the objects are ready: a connection or a queue from which something can be taken, or a
 * connection whose other end is closed; a process that has ended.
 *
 * @param timeout - seconds to wait at most; nothing waits for ever
 * @returns those that are ready; none where the time passed first
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.connection.wait
 */
export function wait<T extends Waitable>(
  object_list: Iterable<T>,
  timeout?: number | null | { timeout?: number | null | undefined },
): T[] {
  const [seconds] = isOptions(timeout) ? keywords('wait', ['timeout'], [timeout]) : [timeout];
  const ms = waitTimeout('wait', seconds);
  const objects = [...object_list];
  const sources = objects.map((object) => sourceOf('wait', object));
  return chosen(objects, sources, waitFor(sources, ms));
}

/** {@link wait} without blocking the event loop. */
export async function wait_async<T extends Waitable>(
  object_list: Iterable<T>,
  timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
  options?: AsyncOptions,
): Promise<T[]> {
  const given = options === undefined ? [timeout] : [timeout, options];
  const [[seconds], signal] = asyncArguments('wait_async', ['timeout'], given);
  const ms = waitTimeout('wait_async', seconds);
  const objects = [...object_list];
  const sources = objects.map((object) => sourceOf('wait_async', object));
  return chosen(objects, sources, await waitForAsync(sources, ms, signal));
}
