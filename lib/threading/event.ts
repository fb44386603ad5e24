import { type AsyncOptions, isOptions, keywords, waitTimeout } from '../internal/arguments';
import { nothingToUndo, pendingWait } from '../internal/async_waits';
import { CellClass, WAITERS } from '../internal/cell';
import { fromHandle, type NameOptions, Primitive, registerClass } from '../internal/handles';
import { stopHere } from '../internal/interruption';
import { LOOKS } from '../internal/looks';
import { Answer, native } from '../internal/native';
import { asyncArguments } from './lockable';

/**
 * A flag that threads wait for.
 *
 * @see https://docs.python.org/3/library/threading.html#event-objects
 */
export class Event extends Primitive {
  /** @param options - `{ name }`: the same name is the same event in every thread of the process */
  constructor(options?: NameOptions) {
    super(CellClass.Event, 'Event', options);
  }

  /**
   * The event of a handle.
   *
   * @throws ValueError where that event is gone, or the handle is not one of an Event
   */
  static from(handle: unknown): Event {
    return fromHandle(handle, 'Event') as Event;
  }

  /** @internal */
  get _class(): number {
    return CellClass.Event;
  }

  /** Whether the flag is set. */
  is_set(): boolean {
    return Atomics.load(this._w, this._i) === 1;
  }

  /** @deprecated Python's old name of {@link is_set}. */
  isSet(): boolean {
    return this.is_set();
  }

  /** Sets the flag and wakes all threads that wait for it. */
  set(): void {
    // As `Event::set` (native/sync/event.h), which says why there are two ways to wake.
    if (Atomics.load(this._w, this._i + WAITERS) !== 0) {
      native.eventSetAndWake(this._cell);
      return;
    }
    // Store, then look for waiters; a waiter counts itself, then looks at the flag (native/park/park.h).
    Atomics.store(this._w, this._i, 1);
    if (Atomics.load(this._w, this._i + WAITERS) !== 0) native.eventWakeIfSet(this._cell);
  }

  /** Clears the flag. */
  clear(): void {
    Atomics.store(this._w, this._i, 0);
  }

  /**
   * Waits until the flag is set. A thread that waited when it was set returns `true`, even if it has
   * been cleared since.
   *
   * @param timeout - seconds to wait at most; nothing waits for ever
   * @returns `false` where the time passed first
   * @see https://docs.python.org/3/library/threading.html#threading.Event.wait
   */
  wait(timeout?: number | null | { timeout?: number | null | undefined }): boolean {
    const [seconds] = isOptions(timeout) ? keywords('Event.wait', ['timeout'], [timeout]) : [timeout];
    const ms = waitTimeout('Event.wait', seconds);
    if (this.is_set()) return true;
    if (ms === 0) return false;
    for (let n = 0; n < LOOKS; n++) if (this.is_set()) return true;
    const answer = native.eventWait(this._promote(), ms);
    if (answer === Answer.interrupted) stopHere();
    return answer === Answer.yes;
  }

  /** {@link wait} without blocking the event loop. */
  wait_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<boolean>;
  async wait_async(...args: unknown[]): Promise<boolean> {
    const [[timeout], signal] = asyncArguments('Event.wait_async', ['timeout'], args);
    const ms = waitTimeout('Event.wait_async', timeout);
    signal?.throwIfAborted();
    if (this.is_set()) return true;
    if (ms === 0) return false;
    const token = native.eventWaitAsync(this._promote());
    if (token === 0) return true;
    return (await pendingWait(this, token, ms, signal, nothingToUndo)) !== undefined;
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `<Event${this.name === undefined ? '' : ` '${this.name}'`}: ${this.is_set() ? 'set' : 'unset'}>`;
  }
}

registerClass(CellClass.Event, 'Event', Event);
