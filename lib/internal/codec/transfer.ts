/** Moving buffers instead of copying them: the sender's are detached. */
import { types } from 'node:util';
import * as worker_threads from 'node:worker_threads';
import { describe } from '../arguments';
import { dataCloneError, typeError } from '../errors';

/** Since Node 21; before, such a buffer is copied and stays attached, as in `postMessage`. */
const { isMarkedAsUntransferable } = worker_threads as { isMarkedAsUntransferable?: (value: object) => boolean };

/** @throws DataCloneError where `list` names something that can not be transferred */
export function checkTransfer(list: readonly unknown[]): void {
  if (!Array.isArray(list)) throw typeError(`'transfer' must be an array of ArrayBuffers, not ${describe(list)}`);
  list.forEach((value, i) => {
    const refuse = (why: string) => dataCloneError(`transfer[${i}]: ${why}`);
    if (!types.isArrayBuffer(value)) {
      const what = types.isSharedArrayBuffer(value)
        ? 'a SharedArrayBuffer is shared anyway, and'
        : 'only an ArrayBuffer can be transferred; this';
      throw refuse(`${what} can not be transferred`);
    }
    if (list.indexOf(value) !== i) throw refuse('the same ArrayBuffer is named twice');
    if (isMarkedAsUntransferable?.(value)) throw refuse('this ArrayBuffer is marked as untransferable');
    try {
      new Uint8Array(value);
    } catch {
      throw refuse('a detached ArrayBuffer can not be transferred');
    }
  });
}

/** Detaches all or none. */
export function detach(list: readonly ArrayBuffer[]): void {
  try {
    // The only means that all supported versions have; what it returns is let go.
    structuredClone(undefined, { transfer: [...list] });
  } catch (error) {
    throw dataCloneError(`transfer: ${(error as Error).message}`);
  }
}
