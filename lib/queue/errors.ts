/**
 * The exceptions of the queue module.
 *
 * @see https://docs.python.org/3/library/queue.html
 */
import { registerErrorClass } from '../internal/codec/error-classes';

function named(Class: { prototype: Error }, name: string): void {
  Object.defineProperty(Class.prototype, 'name', { value: name, writable: true, configurable: true });
}

/** Nothing was there to take, or nothing came in time. */
export class Empty extends Error {
  code = 'ERR_QUEUE_EMPTY';
  static {
    named(this, 'Empty');
  }
}

/** There was no room, or none came in time. */
export class Full extends Error {
  code = 'ERR_QUEUE_FULL';
  /** Of `put_many`: how many items, from the first on, are in the queue. */
  done?: number;
  static {
    named(this, 'Full');
  }
}

/** The queue was shut down: nothing can be put any more, and all that was in it has been taken. */
export class ShutDown extends Error {
  code = 'ERR_QUEUE_SHUTDOWN';
  /** Of `put_many`: how many items, from the first on, are in the queue. */
  done?: number;
  static {
    named(this, 'ShutDown');
  }
}

registerErrorClass(Empty, 'queue.Empty', __filename);
registerErrorClass(Full, 'queue.Full', __filename);
registerErrorClass(ShutDown, 'queue.ShutDown', __filename);
