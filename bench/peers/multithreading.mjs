// npm `multithreading`. It reads `navigator.hardwareConcurrency`, which Node has from 21 on, when it is
// loaded; its locks and channels need no more, so Node 20 gets that one property.
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

// Its ends travel by two methods that its own thread pool calls (which Node 20 can not start: it needs
// Promise.withResolvers). They are found by the names of their symbols.
const methodOf = (object, name) => {
  for (let at = object; at; at = Object.getPrototypeOf(at)) {
    const symbol = Object.getOwnPropertySymbols(at).find(({ description }) => description === name);
    if (symbol) return (...args) => object[symbol](...args);
  }
  throw new Error(`multithreading has no ${name} any more`);
};

// What a channel may keep its items' JSON in. With its default, 64 KiB, it runs out of memory at the
// first thousand small objects, and strings arrive torn.
const CHANNEL_BYTES = 64 << 20;

/** Its channel, as something that other threads can be sent. */
export function makeChannel(capacity) {
  const [sender, receiver] = library.channel(capacity, { size: CHANNEL_BYTES });
  return { sender: methodOf(sender, 'Thread.Serialize')()[0], receiver: methodOf(receiver, 'Thread.Serialize')()[0] };
}

export function openChannel({ sender, receiver }) {
  return {
    sender: methodOf(library.Sender, 'Thread.Deserialize')(sender),
    receiver: methodOf(library.Receiver, 'Thread.Deserialize')(receiver),
  };
}
