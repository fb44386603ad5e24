// Queues between threads, behind one face.
//
//   absent                    why it can not take part; undefined where it can
//   noBlocks                  why it can not take blocks of bytes
//   moves                     it gives its items away: each has to be a new one
//   create(folder, maxsize)   what the threads share: { shared, own }, structured-cloneable. `own[i]` goes to
//                             thread i alone; with `lanes`: create(folder, maxsize, n) for n pairs of threads
//   open(shared, own, putter) in a thread that puts or takes: an end. `own` from above
//
// An end has `put(item, i)` or `get()`, and loops of its own, so that none suffers from what another taught
// the compiler: `putAll(make, first, count, step)` and `takeAll(weigh, count)`, which gives the sum of the
// weights. They may return promises.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import * as multithreading from './multithreading.mjs';

const queueOf = (folder) => createRequire(join(folder, 'package.json'))('./dist/queue/index.js');

// A reference in this thread keeps the object alive while its handle travels.
const kept = [];

function nogil(name, ends) {
  return {
    create(folder, maxsize) {
      const queue = new (queueOf(folder)[name])(...(name === 'SimpleQueue' ? [] : [maxsize]));
      kept.push(queue);
      return { shared: { folder, handle: queue.handle } };
    },
    open: ({ folder, handle }) => ends(queueOf(folder)[name].from(handle)),
  };
}

const oneByOne = (queue) => ({
  put: (item) => queue.put(item),
  get: () => queue.get(),
  putAll(make, first, count, step) {
    for (let i = first; i < count; i += step) queue.put(make(i));
  },
  takeAll(weigh, count) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += weigh(queue.get());
    return sum;
  },
});

const BATCH = 64;
const batches = (queue) => ({
  putAll(make, first, count, step) {
    let batch = [];
    for (let i = first; i < count; i += step) {
      batch.push(make(i));
      if (batch.length === BATCH) {
        queue.put_many(batch);
        batch = [];
      }
    }
    queue.put_many(batch);
  },
  takeAll(weigh, count) {
    let sum = 0;
    for (let left = count; left > 0;) {
      const items = queue.get_many(Math.min(BATCH, left));
      for (const item of items) sum += weigh(item);
      left -= items.length;
    }
    return sum;
  },
});

const moved = (queue) => ({
  putAll(make, first, count, step) {
    for (let i = first; i < count; i += step) {
      const item = make(i);
      queue.put(item, { transfer: [item.buffer] });
    }
  },
  takeAll: oneByOne(queue).takeAll,
});

/** One channel for each pair of threads, one message an item. A bound is kept by the taker's answers. */
function messagePort(transfer) {
  return {
    lanes: true,
    moves: transfer,
    create(folder, maxsize, pairs) {
      const channels = Array.from({ length: pairs }, () => new MessageChannel());
      const own = (port) => ({ value: port, transfer: [port] });
      return {
        shared: { maxsize },
        own: [...channels.map(({ port1 }) => own(port1)), ...channels.map(({ port2 }) => own(port2))],
      };
    },
    open({ maxsize }, port, putter) {
      const send = transfer ? (item) => port.postMessage(item, [item.buffer]) : (item) => port.postMessage(item);
      return putter ? portPutter(port, send, maxsize) : portTaker(port, maxsize);
    },
  };
}

function portPutter(port, send, maxsize) {
  let room = maxsize;
  let proceed;
  if (maxsize > 0) {
    port.on('message', (more) => {
      room += more;
      proceed?.();
    });
  }
  return {
    put: send,
    async putAll(make, first, count, step) {
      for (let i = first; i < count; i += step) {
        if (maxsize > 0) {
          if (room === 0) await new Promise((resolve) => (proceed = resolve));
          room--;
        }
        send(make(i));
      }
    },
  };
}

function portTaker(port, maxsize) {
  // Half of the bound at a time: the putter has the other half to go on with.
  const share = maxsize >> 1;
  const waiting = [];
  let took = (item) => waiting.push(item);
  port.on('message', (item) => took(item));
  return {
    get: () =>
      new Promise((resolve) => {
        if (waiting.length > 0) return resolve(waiting.shift());
        took = (item) => {
          took = (next) => waiting.push(next);
          resolve(item);
        };
      }),
    takeAll: (weigh, count) =>
      new Promise((resolve) => {
        let sum = 0;
        let left = count;
        let unanswered = 0;
        took = (item) => {
          sum += weigh(item);
          if (share > 0 && ++unanswered === share) {
            port.postMessage(unanswered);
            unanswered = 0;
          }
          if (--left === 0) {
            if (unanswered > 0) port.postMessage(unanswered);
            took = (next) => waiting.push(next);
            resolve(sum);
          }
        };
        for (const item of waiting.splice(0)) took(item);
      }),
  };
}

// It has no channel without a bound: a large one stands in.
const LARGE = 1000;

const channels = {
  absent: multithreading.absent,
  noBlocks: 'its channel keeps items as JSON, bytes as an object with a key for each',
  create: (folder, maxsize) => ({ shared: multithreading.makeChannel(maxsize || LARGE) }),
  open(shared) {
    const { sender, receiver } = multithreading.openChannel(shared);
    const unwrap = (result) => {
      if (!result.ok) throw result.error;
      return result.value;
    };
    const put = (item) => unwrap(sender.blockingSend(item));
    const get = () => unwrap(receiver.blockingRecv());
    return {
      put,
      get,
      putAll(make, first, count, step) {
        for (let i = first; i < count; i += step) put(make(i));
      },
      takeAll(weigh, count) {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += weigh(get());
        return sum;
      },
    };
  },
};

export const queuePeers = {
  'nogil Queue': nogil('Queue', oneByOne),
  'nogil SimpleQueue': nogil('SimpleQueue', oneByOne),
  'nogil Queue, batches of 64': nogil('Queue', batches),
  'nogil Queue, moving': { ...nogil('Queue', moved), moves: true },
  MessagePort: messagePort(false),
  'MessagePort, moving': messagePort(true),
  multithreading: channels,
};
