// One of several threads that take the same lock until time is up: some work inside, some outside.
import { lockPeers } from '../peers/locks.mjs';
import { work } from '../harness/work.mjs';

// Inside one step counts one up, plainly: at the end the sum tells whether the lock kept others out.
export default function make({ peer, shared, data, section, outside }, index, control) {
  const peerOf = lockPeers[peer];
  const lock = peerOf.open(shared);
  const loop = peerOf.async ? asyncLoop : blockingLoop;
  return async () => {
    const start = performance.now();
    const ops = await loop(lock, data, section, outside, control);
    return { ops, ms: performance.now() - start };
  };
}

function blockingLoop(lock, data, section, outside, control) {
  let ops = 0;
  while (Atomics.load(control, 16) === 0) {
    lock.lock();
    data[0]++;
    if (section > 0) data[1] = work(section, data[1]);
    lock.unlock();
    ops++;
    if (outside > 0) work(outside, ops);
  }
  return ops;
}

async function asyncLoop(lock, data, section, outside, control) {
  let ops = 0;
  while (Atomics.load(control, 16) === 0) {
    await lock.lock();
    data[0]++;
    if (section > 0) data[1] = work(section, data[1]);
    lock.unlock();
    ops++;
    if (outside > 0) work(outside, ops);
    // Lets the other threads' wake-ups in.
    if ((ops & 63) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return ops;
}
