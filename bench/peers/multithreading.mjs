// npm `multithreading`. It reads `navigator.hardwareConcurrency`, which Node has from 21 on, when it is
// loaded; its locks need no more, so Node 20 gets that one property.
import { availableParallelism } from 'node:os';

let library;
let reason;
try {
  globalThis.navigator ??= { hardwareConcurrency: availableParallelism() };
  library = await import('multithreading');
} catch (error) {
  reason = `multithreading does not load: ${error.message.split('\n')[0]}`;
}

export const absent = reason;

/** Its mutex on a SharedArrayBuffer of 4 bytes, in any thread. */
export function mutexOn(buffer) {
  return new library.Mutex(undefined, buffer);
}
