import { FOREVER, keywords } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { Attached, fromHandle, type NameOptions, registerClass } from '../internal/handles';
import { BaseQueue } from './base_queue';
import { put } from './items';
import { type PutOptions, refuse } from './options';

/**
 * An unbounded queue between threads, first in, first out: the fastest of the queues. Python's has no
 * `task_done`, `join` and `shutdown`; this one does.
 *
 * @see https://docs.python.org/3/library/queue.html#queue.SimpleQueue
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export class SimpleQueue<T = any> extends BaseQueue<T> {
  /** @param options - `{ name }`: the same name is the same queue in every thread of the process */
  constructor(options?: NameOptions) {
    const name =
      options instanceof Attached || options === undefined
        ? options
        : { name: keywords('SimpleQueue', ['name'], [options])[0] as string };
    super(CellClass.SimpleQueue, 'SimpleQueue', 0, name);
  }

  /**
   * The queue of a handle.
   *
   * @throws ValueError where that queue is gone, or the handle is not one of this class
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  static from<T = any>(handle: unknown): SimpleQueue<T> {
    return fromHandle(handle, 'SimpleQueue') as SimpleQueue<T>;
  }

  /** @internal */
  get _class(): number {
    return CellClass.SimpleQueue;
  }

  /** @internal */
  get _kind(): string {
    return 'SimpleQueue';
  }

  /**
   * Puts an item into the queue. Never waits; `block` and `timeout` are there for the sake of `Queue.put`
   * and ignored.
   *
   * @throws ShutDown where the queue was shut down
   * @throws DataCloneError where the item can not be cloned; the queue is as before
   * @see https://docs.python.org/3/library/queue.html#queue.SimpleQueue.put
   */
  override put(item: T, block?: boolean | PutOptions, timeout?: number | null | PutOptions, options?: PutOptions): void {
    if (block !== undefined || timeout !== undefined || options !== undefined) {
      const { transfer } = options ?? (isObject(timeout) ? timeout : isObject(block) ? block : NO_OPTIONS);
      if (transfer !== undefined) {
        this._putWith('put', item, [true, undefined, { transfer }]);
        return;
      }
    }
    const refusal = put(this._cell || this._promote(), item, FOREVER);
    if (refusal !== undefined) refuse('SimpleQueue.put', refusal);
  }

  /** Never: there is no bound. */
  full(): boolean {
    return false;
  }
}

const NO_OPTIONS: PutOptions = {};

function isObject(value: unknown): value is PutOptions {
  return typeof value === 'object' && value !== null;
}

registerClass(CellClass.SimpleQueue, 'SimpleQueue', SimpleQueue);
